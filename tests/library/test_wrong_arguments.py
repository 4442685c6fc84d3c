"""Methods of the library reject arguments of the wrong type; the error names the method and the parameter."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import virtinstall
from virtinstall import Domain, Guest, GuestSpec, Hypervisor, Interface
from virtinstall.errors import FieldError


class Other:
    """A value that no parameter accepts."""


def parameters(cls: type[Hypervisor] | type[Guest]) -> list[tuple[str, str]]:
    """Return (method, parameter) of all public methods of a class."""
    return [
        (name, parameter)
        for name, method in vars(cls).items()
        if inspect.isfunction(method) and not name.startswith("_")
        for parameter in list(inspect.signature(method).parameters)[1:]
    ]


def call(method: Callable[..., Any], wrong: str) -> None:
    """Call a method with a wrong value for one parameter and without the others; expect an error."""
    with pytest.raises(FieldError, match=rf"^{method.__name__}: '{wrong}' must be "):
        method(**{wrong: Other()})


@pytest.mark.parametrize(("method", "parameter"), parameters(Hypervisor))
def test_hypervisor_rejects_an_argument_of_the_wrong_type(hypervisor: Hypervisor, method: str, parameter: str) -> None:
    """Each parameter of each method is tested; the error comes before any action."""
    call(getattr(hypervisor, method), parameter)


@pytest.mark.parametrize(("method", "parameter"), parameters(Guest))
def test_guest_rejects_an_argument_of_the_wrong_type(hypervisor: Hypervisor, method: str, parameter: str) -> None:
    """Each parameter of each method is tested; the error comes before any action."""
    call(getattr(hypervisor.guest("test"), method), parameter)


def test_connect_rejects_an_argument_of_the_wrong_type() -> None:
    """The URI must be text."""
    call(virtinstall.connect, "uri")


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "text for a spec": (lambda hypervisor: hypervisor.plan("web"), "plan: 'spec' must be GuestSpec or Request"),
    "domain for a spec": (lambda hypervisor: hypervisor.plan(Domain(name="x")), "plan: 'spec' must be"),
    "text for a number": (lambda hypervisor: hypervisor.guest("test").wait_for("running", timeout="9"), "timeout"),
    "an unknown goal": (
        lambda hypervisor: hypervisor.guest("test").wait_for("up"),
        "one of: installed, running, shutdown, ip",
    ),
    "unknown storage": (lambda hypervisor: hypervisor.guest("test").delete("everything"), "one of: own, all, none"),
    "text for a command": (
        lambda hypervisor: hypervisor.guest("test").execute("ls", stdout=print, stderr=print),
        "execute: 'command' must be Sequence",
    ),
    "tag for a device": (lambda hypervisor: hypervisor.guest("test").attach("disk"), "attach: 'device' must be"),
    "section for a device": (lambda hypervisor: hypervisor.guest("test").attach(Domain()), "attach: 'device' must be"),
    "class for a device": (lambda hypervisor: hypervisor.guest("test").detach(Interface), "detach: 'device' must be"),
    "function for progress": (
        lambda hypervisor: hypervisor.create(GuestSpec(Domain(name="x")), progress=print),
        "create: 'progress' must be",
    ),
    "text for a function": (
        lambda hypervisor: hypervisor.create(GuestSpec(Domain(name="x")), on_warning="log"),
        "create: 'on_warning' must be",
    ),
    "text for a stream": (lambda hypervisor: hypervisor.guest("test").console("out"), "console: 'stream' must be"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_frequent_mistakes_are_explained(hypervisor: Hypervisor, mistake: str) -> None:
    """The message describes the accepted values, and nothing is changed."""
    use, expected = WRONG[mistake]
    before = hypervisor.guest("test").xml
    with pytest.raises(FieldError, match=expected):
        use(hypervisor)
    assert hypervisor.guest("test").xml == before
    assert [guest.name for guest in hypervisor.guests()] == ["test"]
