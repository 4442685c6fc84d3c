"""Placeholders of seeds: who creates them, and who removes them."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import cast

import pytest

from virtinstall.domain.domain import Domain
from virtinstall.libvirt_host.host import Host
from virtinstall.plan import Plan, SeedFile
from virtinstall.run.placeholders import leave_placeholders, placeholder_sizes, remove_placeholders

GUEST = str(uuid.UUID(int=7))


class FakeGuest:
    """A guest that may be restored, or is off permanently."""

    def __init__(self, restorable: bool) -> None:
        self.restorable = restorable

    def may_be_restored(self) -> bool:
        """Return the file as it was created."""
        return self.restorable


class FakeHost:
    """A connection to QEMU with one guest, or none."""

    def __init__(self, guest: FakeGuest | None = None) -> None:
        self.guest = guest

    def driver(self) -> str:
        """As libvirt calls it."""
        return "qemu"

    def is_local(self) -> bool:
        """It is this machine."""
        return True

    def guest_by_uuid(self, uuid: str) -> FakeGuest | None:
        """The guest."""
        return self.guest if uuid == GUEST else None


def plan(path: Path) -> Plan:
    """A guest whose seed is at `path`."""
    seed = SeedFile(path=str(path), label="ignition", files=(), placeholder=True)
    return Plan(name="guest", final=Domain(name="guest"), install=None, seeds=(seed,))


def host(guest: FakeGuest | None = None) -> Host:
    """The host with `guest`."""
    return cast(Host, FakeHost(guest))


def placeholder(folder: Path) -> Path:
    """Create one as a run does."""
    path = folder / f"virtinst-token-{GUEST}-config.ign"
    path.write_bytes(b"secret" * 1000)
    sizes = placeholder_sizes(plan(path))
    path.unlink()
    assert leave_placeholders(plan(path), host(), sizes) == []
    return path


def test_a_placeholder_has_the_size_and_nothing_of_the_content(tmp_path: Path) -> None:
    """Only its owner can read it."""
    path = placeholder(tmp_path)
    assert path.read_bytes() == bytes(6000) and path.stat().st_mode & 0o077 == 0


def test_a_file_that_took_its_name_is_not_replaced(tmp_path: Path) -> None:
    """A warning describes what does not work without the placeholder."""
    path = tmp_path / "seed"
    path.write_text("mine")
    (warning,) = leave_placeholders(plan(path), host(), {str(path): 10})
    assert path.read_text() == "mine" and str(path) in warning and "restored" in warning


@pytest.mark.parametrize(
    ("guest", "stays"), [(None, False), (FakeGuest(restorable=False), False), (FakeGuest(restorable=True), True)]
)
def test_a_later_run_removes_it_when_the_guest_is_off(tmp_path: Path, guest: FakeGuest | None, stays: bool) -> None:
    """A saved guest needs it; so does a running one."""
    path = placeholder(tmp_path)
    remove_placeholders(plan(tmp_path / "other"), host(guest))
    assert path.exists() == stays


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"virtinst-token-{GUEST}-config.ign", b"the seed of a run that is about to start its guest"),
        (f"virtinst-token-{GUEST}-config.ign", b""),
        ("empty-disk.img", bytes(10)),
        (f"virtinst-token-{GUEST}-other", bytes(10)),
    ],
)
def test_other_files_stay(tmp_path: Path, name: str, content: bytes) -> None:
    """Only a file of that name without content is a placeholder."""
    (tmp_path / name).write_bytes(content)
    remove_placeholders(plan(tmp_path / "other"), host())
    assert (tmp_path / name).read_bytes() == content
