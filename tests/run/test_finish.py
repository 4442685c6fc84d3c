"""--finish on a guest whose run was killed before the guest ran."""

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
    """A guest that is paused; `live` and `later` are what it does at a reboot now and after its next start."""

    name, uuid = "web", UUID

    def __init__(self, live: str, later: str, now: str = "paused") -> None:
        self.live, self.later, self.now = live, later, now
        self.persistent = True

    def xml(self, *, inactive: bool = False) -> str:
        """As libvirt has it."""
        return XML.format(self.later if inactive else self.live)

    def is_persistent(self) -> bool:
        """Whether it is defined."""
        return self.persistent

    def is_active(self) -> bool:
        """It runs, or is paused."""
        return self.now != "shut off"

    def state(self) -> str:
        """As libvirt has it."""
        return self.now

    def resume_if_paused(self) -> None:
        """It runs from now on."""
        self.now = "running"


class FakeHost:
    """A connection with one guest."""

    uri = "qemu:///system"

    def __init__(self, guest: FakeGuest) -> None:
        self.guest = guest

    def guest_named(self, name: str) -> FakeGuest:
        """The guest."""
        return self.guest

    def define_guest(self, xml: str) -> FakeGuest:
        """It is defined."""
        self.guest.persistent = True
        return self.guest


@pytest.fixture
def killed_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal of a run that was killed after it had started the guest, paused."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    journal = Journal.begin("web", journal_folder(os.environ, 1000), "qemu:///system")
    journal.record_final(XML.format("restart"))
    os.close(journal._fd)


@pytest.mark.parametrize("persistent", [True, False])
@pytest.mark.usefixtures("killed_run")
def test_an_image_guest_is_resumed_and_not_waited_for(persistent: bool) -> None:
    """It was started paused, so that it is defined before it runs; nothing is installed."""
    guest = FakeGuest("restart", "restart")
    guest.persistent = persistent
    finish("web", cast(Host, FakeHost(guest)), lambda text: None)
    assert guest.now == "running" and guest.persistent


def test_a_guest_that_somebody_paused_stays_paused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No killed run exists."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    guest = FakeGuest("restart", "restart")
    with pytest.raises(RequestError, match="no installation in progress"):
        finish("web", cast(Host, FakeHost(guest)), lambda text: None)
    assert guest.now == "paused"
