"""Conversion of libvirt's errors to errors of this package.

Source: https://libvirt.org/html/libvirt-virterror.html
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import libvirt

from virtinstall.errors import HostError, HypervisorError
from virtinstall.libvirt_host.plain_errors import message_hint, plain_message
from virtinstall.libvirt_host.qemu_errors import qemu_error

P = ParamSpec("P")
R = TypeVar("R")

UNSUPPORTED = (libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_ERR_CONFIG_UNSUPPORTED, libvirt.VIR_ERR_INVALID_ARG)

UNCHECKED = (libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_ERR_ACCESS_DENIED, libvirt.VIR_ERR_OPERATION_DENIED)
"""Errors if the driver does not support a call, or if the user may not use it."""


@contextmanager
def translated(what: str, kind: type[HostError] = HypervisorError) -> Iterator[None]:
    """Within the `with` block, convert errors from libvirt to errors of the class `kind`.

    The message of the new error is "`what`: LIBVIRT'S MESSAGE".
    """
    try:
        yield
    except libvirt.libvirtError as error:
        message, hint = qemu_error(error_text(error))
        raise kind(
            f"{what}: {plain_message(message)}", hint=hint or message_hint(message), code=error.get_error_code()
        ) from error


def error_text(error: libvirt.libvirtError) -> str:
    """Return the message of a libvirt error on one line."""
    text = str(error.get_error_message() or error)
    return " ".join(text.split())


@contextmanager
def none_if(*codes: int) -> Iterator[None]:
    """Within the `with` block, suppress errors from libvirt that have one of these codes, such as VIR_ERR_NO_DOMAIN.

    After such an error, execution continues after the `with` block.
    """
    try:
        yield
    except libvirt.libvirtError as error:
        if error.get_error_code() not in codes:
            raise


def translate_errors(what: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that converts the libvirt errors of a method to HypervisorError.

    The message is "cannot query `what`: LIBVIRT'S MESSAGE", so the method should only query libvirt. In `what`, `{0}`
    is replaced with the method's first argument after `self`, and `{1}` with the second.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            with translated(f"cannot query {what.format(*args[1:], *kwargs.values())}"):
                return function(*args, **kwargs)

        return wrapper

    return decorate
