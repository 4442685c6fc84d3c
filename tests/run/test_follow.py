"""After the start of a guest: its console, and the wait for its installation. The guest runs in any case."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

import pytest

from virtinstall.cli.follow import InstallWatcher
from virtinstall.cli.status import Status
from virtinstall.devices.console import Console
from virtinstall.devices.serial import Serial
from virtinstall.domain.domain import Domain
from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host import console_stream as console
from virtinstall.plan import Plan
from virtinstall.request import RunOptions


class FakeHost:
    """A connection to QEMU on which every wait ends after one check."""

    uri = "qemu:///system"

    def wait_until(self, done: Callable[[], bool], timeout_seconds: float | None) -> bool:
        """Return whether the condition is true now."""
        return done()

    def driver(self) -> str:
        """Return the name of libvirt's driver."""
        return "qemu"


class PausedGuest:
    """A guest that was started paused, so that its console can be opened first."""

    name = "web"

    def __init__(self) -> None:
        self.now = "paused"

    def state(self) -> str:
        """Return the state as libvirt reports it."""
        return self.now

    def is_active(self) -> bool:
        """Return True."""
        return True

    def resume_if_paused(self) -> None:
        """Let it run."""
        self.now = "running"


def watcher_of(*devices: Any, **run: Any) -> InstallWatcher:
    """Return a watcher for a guest with these devices and run options."""
    final = Domain(name="web")
    for device in devices:
        final.add(device)
    plan = Plan(name="web", final=final, install=final, run=RunOptions(**run))
    host: Any = FakeHost()
    return InstallWatcher(plan, host, lambda text: None)


def test_wait_0_opens_no_console() -> None:
    """`--wait 0` implies `--noautoconsole`, so the guest is not started paused."""
    assert watcher_of(Serial(type="pty"), wait_minutes=0).console_kind() == "none"
    assert watcher_of(Serial(type="pty"), wait_minutes=0, autoconsole="text").console_kind() == "none"


class Terminal(io.StringIO):
    """Standard input that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.mark.parametrize("device", [Serial(type="pty"), Console(type="pty")])
def test_guest_without_graphics_opens_its_text_console(device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest without a text console opens none."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert watcher_of(device).console_kind() == "text"
    assert watcher_of().console_kind() == "none"


def test_guest_is_resumed_if_its_console_cannot_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was started paused for the console."""

    class NoConsole:
        def __init__(self, *ignored: object) -> None:
            raise HypervisorError("the console of 'web' does not open")

    monkeypatch.setattr(console, "ConsoleStream", NoConsole)
    paused: Any = PausedGuest()
    with pytest.raises(HypervisorError):
        watcher_of(autoconsole="text").follow(paused)
    assert paused.state() == "running"


@pytest.mark.parametrize(("left", "after"), [(True, "login: \n"), (False, "login: ")])
def test_newline_is_printed_after_leaving_a_console(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], left: bool, after: str
) -> None:
    """After Ctrl-] the shell's prompt starts on a new line; the end of the guest needs no newline."""

    class OpenConsole:
        def __init__(self, *ignored: object) -> None: ...

        def run(self, terminal: int, write: Callable[[bytes], object]) -> bool:
            write(b"login: ")
            return not left

    class TerminalInput(Terminal):
        def fileno(self) -> int:
            return 0

    monkeypatch.setattr(console, "ConsoleStream", OpenConsole)
    monkeypatch.setattr("virtinstall.cli.follow.raw_terminal", lambda terminal: lambda: None)
    monkeypatch.setattr(sys, "stdin", TerminalInput())
    guest: Any = PausedGuest()
    assert watcher_of(Serial(type="pty"), autoconsole="text")._open_console(guest, "text")
    assert capfd.readouterr().out == after


def test_no_console_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script could not close the console; it is opened only on request."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert watcher_of(Serial(type="pty")).console_kind() == "none"
    assert watcher_of(Serial(type="pty"), autoconsole="text").console_kind() == "text"


class DestroyedGuest(PausedGuest):
    """A guest that somebody destroyed."""

    def is_active(self) -> bool:
        """Return False."""
        return False

    def end(self) -> str:
        """Return the reason for its end."""
        return "destroyed"


def test_destroyed_guest_is_not_an_installed_one() -> None:
    """Its disk is incompletely installed: the guest is not started, and the exit status is an error."""
    messages: list[str] = []
    guest: Any = DestroyedGuest()
    guest.now = "shut off"
    following = watcher_of(wait_minutes=-1, autoconsole="none")
    following.report = messages.append
    assert following.follow(guest) == Status.ERROR
    assert any("powered off before its installation finished" in text for text in messages)
    assert not following.installed


def test_message_after_a_timeout_contains_commands() -> None:
    """They open the console, and finish the installation later."""
    messages: list[str] = []
    guest: Any = PausedGuest()
    following = watcher_of(wait_minutes=1, autoconsole="none")
    following.report = messages.append
    assert following.follow(guest) == Status.TIMED_OUT
    assert "--finish web" in messages[-1] and "console web" in messages[-1]
