"""What follows a guest's start: the console that is shown, and that the guest runs on in any case."""

from __future__ import annotations

from typing import Any

import pytest

from virtinstall.devices.console import Console
from virtinstall.devices.serial import Serial
from virtinstall.domain.domain import Domain
from virtinstall.errors import HypervisorError
from virtinstall.host import console
from virtinstall.host.follow import Follower
from virtinstall.plan import Plan
from virtinstall.request import RunOptions


class FakeHost:
    """A connection to QEMU."""

    uri = "qemu:///system"

    def driver(self) -> str:
        """As libvirt calls it."""
        return "qemu"


class PausedGuest:
    """A guest that was started paused, for its console to be opened first."""

    name = "web"

    def __init__(self) -> None:
        self.now = "paused"

    def state(self) -> str:
        """As libvirt tells it."""
        return self.now

    def is_active(self) -> bool:
        """It is there, paused or not."""
        return True

    def resume_if_paused(self) -> None:
        """Let it run."""
        self.now = "running"


def follower(*devices: Any, **run: Any) -> Follower:
    """A follower of a guest with these devices, run with these options."""
    final = Domain(name="web")
    for device in devices:
        final.add(device)
    plan = Plan(name="web", final=final, install=final, run=RunOptions(**run))
    host: Any = FakeHost()
    return Follower(plan, host, lambda text: None)


def test_what_is_not_waited_for_has_no_console() -> None:
    """`--wait 0` is as `--noautoconsole`, so the guest needn't be started paused for a console's sake."""
    assert follower(Serial(type="pty"), wait_minutes=0).console_kind() == "none"
    assert follower(Serial(type="pty"), wait_minutes=0, autoconsole="text").console_kind() == "none"


@pytest.mark.parametrize("device", [Serial(type="pty"), Console(type="pty")])
def test_a_guest_without_a_screen_shows_its_text_console(device: Any) -> None:
    """Where there is no text console either, there is none to show."""
    assert follower(device).console_kind() == "text"
    assert follower().console_kind() == "none"


def test_a_guest_whose_console_does_not_open_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It had been started paused for the console; the error must not leave it standing for ever."""

    class NoConsole:
        def __init__(self, *ignored: object) -> None:
            raise HypervisorError("the console of 'web' does not open")

    monkeypatch.setattr(console, "Console", NoConsole)
    paused: Any = PausedGuest()
    with pytest.raises(HypervisorError):
        follower(autoconsole="text").follow(paused)
    assert paused.state() == "running"
