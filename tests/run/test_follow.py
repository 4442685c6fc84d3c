"""What follows a guest's start: the console that is shown, and that the guest runs on in any case."""

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
        """Whether it is so now."""
        return done()

    def driver(self) -> str:
        """As libvirt calls it."""
        return "qemu"


class PausedGuest:
    """A guest that was started paused, for its console to be opened first."""

    name = "web"

    def __init__(self) -> None:
        self.now = "paused"

    def state(self) -> str:
        """State as libvirt reports it."""
        return self.now

    def is_active(self) -> bool:
        """It is there, paused or not."""
        return True

    def resume_if_paused(self) -> None:
        """Let it run."""
        self.now = "running"


def follower(*devices: Any, **run: Any) -> InstallWatcher:
    """A follower of a guest with these devices, run with these options."""
    final = Domain(name="web")
    for device in devices:
        final.add(device)
    plan = Plan(name="web", final=final, install=final, run=RunOptions(**run))
    host: Any = FakeHost()
    return InstallWatcher(plan, host, lambda text: None)


def test_what_is_not_waited_for_has_no_console() -> None:
    """`--wait 0` is as `--noautoconsole`, so the guest is not started paused for a console."""
    assert follower(Serial(type="pty"), wait_minutes=0).console_kind() == "none"
    assert follower(Serial(type="pty"), wait_minutes=0, autoconsole="text").console_kind() == "none"


class Terminal(io.StringIO):
    """Standard input of somebody who sits there."""

    def isatty(self) -> bool:
        """Return a constant."""
        return True


@pytest.mark.parametrize("device", [Serial(type="pty"), Console(type="pty")])
def test_a_guest_without_a_screen_shows_its_text_console(device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no text console either, there is none to show."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert follower(device).console_kind() == "text"
    assert follower().console_kind() == "none"


def test_a_guest_whose_console_does_not_open_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It had been started paused for the console; the error must not leave it standing for ever."""

    class NoConsole:
        def __init__(self, *ignored: object) -> None:
            raise HypervisorError("the console of 'web' does not open")

    monkeypatch.setattr(console, "ConsoleStream", NoConsole)
    paused: Any = PausedGuest()
    with pytest.raises(HypervisorError):
        follower(autoconsole="text").follow(paused)
    assert paused.state() == "running"


@pytest.mark.parametrize(("left", "after"), [(True, "login: \n"), (False, "login: ")])
def test_a_newline_follows_a_console_that_the_user_left(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], left: bool, after: str
) -> None:
    """After Ctrl-] the shell's prompt starts on a new line, with --quiet, too; a console that ended needs none."""

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
    assert follower(Serial(type="pty"), autoconsole="text")._open_console(guest, "text")
    assert capfd.readouterr().out == after


def test_a_script_is_not_held_by_a_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal the console could not be closed, so it only opens on request."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert follower(Serial(type="pty")).console_kind() == "none"
    assert follower(Serial(type="pty"), autoconsole="text").console_kind() == "text"


class DestroyedGuest(PausedGuest):
    """A guest that somebody powered off."""

    def is_active(self) -> bool:
        """No longer."""
        return False

    def end(self) -> str:
        """From outside."""
        return "destroyed"


def test_an_installation_that_is_cut_off_is_not_called_complete() -> None:
    """The guest is not started from an incompletely installed disk, and the exit status is an error."""
    messages: list[str] = []
    guest: Any = DestroyedGuest()
    guest.now = "shut off"
    following = follower(wait_minutes=-1, autoconsole="none")
    following.report = messages.append
    assert following.follow(guest) == Status.ERROR
    assert any("powered off before its installation finished" in text for text in messages)
    assert not following.installed


def test_a_timeout_shows_how_to_continue() -> None:
    """By looking at the guest, and by finishing later."""
    messages: list[str] = []
    guest: Any = PausedGuest()
    following = follower(wait_minutes=1, autoconsole="none")
    following.report = messages.append
    assert following.follow(guest) == Status.TIMED_OUT
    assert "--finish web" in messages[-1] and "console web" in messages[-1]
