"""Calls from scripts, with checked arguments and errors in the terms of a script.

An argument of the wrong type raises FieldError, which names the method and the parameter, as a record names its fields.
Commands call the same methods without the check and with errors in the terms of options.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from virtinstall.errors import GuestNotFound, HypervisorError
from virtinstall.record import Parameter
from virtinstall.script_terms import script_terms


class Client(Protocol):
    """An object whose methods commands and scripts call; `for_commands` is true if a command created the object."""

    for_commands: bool


class Writer(Protocol):
    """An object that bytes can be written to, such as a binary file."""

    def write(self, data: bytes, /) -> object:
        """Write `data`."""


_NO_DOMAIN = 42  # libvirt's VIR_ERR_NO_DOMAIN
C = TypeVar("C", bound=Client)
P = ParamSpec("P")
R = TypeVar("R")


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that calls `function`, but raises FieldError if an argument has the wrong type."""
    check = _Check(function)

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        check(args, kwargs)
        return function(*args, **kwargs)

    return called


def for_scripts(method: Callable[Concatenate[C, P], R]) -> Callable[Concatenate[C, P], R]:
    """Return a method that calls `method` with checked arguments, and with errors in the terms of a script.

    The returned method raises FieldError if an argument has the wrong type, and GuestNotFound if the guest no longer
    exists. If `for_commands` of the object is true, `method` is called without these changes.
    """
    check = _Check(method)

    @wraps(method)
    def called(client: C, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if client.for_commands:
            return method(client, *args, **kwargs)
        check((client, *args), kwargs)
        with script_terms(), _gone_guest_not_found(client):
            return method(client, *args, **kwargs)

    return called


def checked_for_scripts(method: Callable[Concatenate[C, P], R]) -> Callable[Concatenate[C, P], R]:
    """Return a method that calls `method`, but raises FieldError if an argument has the wrong type.

    If `for_commands` of the object is true, the arguments are not checked.
    """
    check = _Check(method)

    @wraps(method)
    def called(client: C, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not client.for_commands:
            check((client, *args), kwargs)
        return method(client, *args, **kwargs)

    return called


@contextmanager
def _gone_guest_not_found(client: Client) -> Iterator[None]:
    """Raise GuestNotFound if libvirt no longer has the guest."""
    try:
        yield
    except HypervisorError as error:
        if error.code != _NO_DOMAIN:
            raise
        name = getattr(client, "name", None)
        guest = "the guest" if name is None else f"the guest '{name}'"
        raise GuestNotFound(f"{guest} no longer exists") from error


class _Check:
    """A check of the arguments of one function, prepared when the function is called for the first time."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._parameters: Mapping[str, Parameter] | None = None

    def __call__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        code = self._function.__code__
        names = code.co_varnames[: code.co_argcount]
        if self._parameters is None:
            self._parameters = _parameters(self._function)
        for name, value in [*zip(names, args, strict=False), *kwargs.items()]:
            if name in self._parameters:
                self._parameters[name].accept(self._function.__name__, value)


def _parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    defaults = function.__kwdefaults__ or {}
    return {
        name: Parameter(name, annotation, function.__module__, default=defaults.get(name, ...), resolve=_public)
        for name, annotation in function.__annotations__.items()
        if name != "return"
    }


def _public(name: str) -> Any:
    """Return the public class or type with that name.

    Raises: AttributeError, if there is none.
    """
    import virtinstall

    if name == "Device":
        from virtinstall.devices.device import Device

        return Device
    if name == "BinaryIO":
        return Writer
    return getattr(virtinstall, name)
