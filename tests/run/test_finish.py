"""--finish of a guest whose run was killed before the guest was resumed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import pytest

from virtinstall.errors import RequestError
from virtinstall.libvirt_host.host import Host
from virtinstall.rollback.journal import Journal, journal_folder
from virtinstall.run.finish import finish

UUID = "00000000-1111-2222-3333-444444444444"
XML = f"<domain type='qemu'><name>web</name><uuid>{UUID}</uuid><on_reboot>{{}}</on_reboot></domain>"


class FakeGuest:
    """A paused guest; `live` and `later` are its actions at a reboot, now and after its next start."""

    name, uuid = "web", UUID

    def __init__(self, live: str, later: str, now: str = "paused") -> None:
        self.live, self.later, self.now = live, later, now
        self.persistent = True

    def xml(self, *, inactive: bool = False) -> str:
        """Return the XML of the running guest or its definition."""
        return XML.format(self.later if inactive else self.live)

    def is_persistent(self) -> bool:
        """Return whether it is defined."""
        return self.persistent

    def is_active(self) -> bool:
        """Return whether it is running or paused."""
        return self.now != "shut off"

    def state(self) -> str:
        """Return the state as libvirt reports it."""
        return self.now

    def resume_if_paused(self) -> None:
        """Let it run."""
        self.now = "running"


class FakeHost:
    """A connection with one guest."""

    uri = "qemu:///system"

    def __init__(self, guest: FakeGuest) -> None:
        self.guest = guest

    def guest_named(self, name: str) -> FakeGuest:
        """Return the guest."""
        return self.guest

    def define_guest(self, xml: str) -> FakeGuest:
        """Make the guest persistent."""
        self.guest.persistent = True
        return self.guest


@pytest.fixture
def killed_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal of a run that was killed after it started the guest paused."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    journal = Journal.begin("web", journal_folder(os.environ, 1000), "qemu:///system")
    journal.record_final(XML.format("restart"))
    os.close(journal._fd)


@pytest.mark.parametrize("persistent", [True, False])
@pytest.mark.usefixtures("killed_run")
def test_guest_of_an_image_is_defined_and_resumed(persistent: bool) -> None:
    """It was started paused; nothing is installed, so --finish does not wait."""
    guest = FakeGuest("restart", "restart")
    guest.persistent = persistent
    finish("web", cast(Host, FakeHost(guest)), lambda text: None)
    assert guest.now == "running" and guest.persistent


def test_guest_without_a_killed_run_is_not_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else paused the guest."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    guest = FakeGuest("restart", "restart")
    with pytest.raises(RequestError, match=r"the guest '.*' is not being installed"):
        finish("web", cast(Host, FakeHost(guest)), lambda text: None)
    assert guest.now == "paused"
