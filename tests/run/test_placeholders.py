"""Placeholders of seeds: their creation and removal."""

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
        """Return the value of the constructor."""
        return self.restorable


class FakeHost:
    """A connection to QEMU with one guest, or none."""

    def __init__(self, guest: FakeGuest | None = None) -> None:
        self.guest = guest

    def driver(self) -> str:
        """Return the name of libvirt's driver."""
        return "qemu"

    def is_local(self) -> bool:
        """Return True."""
        return True

    def guest_by_uuid(self, uuid: str) -> FakeGuest | None:
        """Return the guest with this UUID."""
        return self.guest if uuid == GUEST else None


def plan(path: Path) -> Plan:
    """Return the plan of a guest with a seed at `path`."""
    seed = SeedFile(path=str(path), label="ignition", files=(), placeholder=True)
    return Plan(name="guest", final=Domain(name="guest"), install=None, seeds=(seed,))


def host(guest: FakeGuest | None = None) -> Host:
    """Return the host with this guest."""
    return cast(Host, FakeHost(guest))


def placeholder(folder: Path) -> Path:
    """Create a placeholder as a run does."""
    path = folder / f"virtinst-token-{GUEST}-config.ign"
    path.write_bytes(b"secret" * 1000)
    sizes = placeholder_sizes(plan(path))
    path.unlink()
    assert leave_placeholders(plan(path), host(), sizes) == []
    return path


def test_placeholder_has_the_size_of_the_seed_and_zeros(tmp_path: Path) -> None:
    """Only its owner can read it."""
    path = placeholder(tmp_path)
    assert path.read_bytes() == bytes(6000) and path.stat().st_mode & 0o077 == 0


def test_existing_file_is_not_replaced_by_a_placeholder(tmp_path: Path) -> None:
    """A warning describes what does not work without the placeholder."""
    path = tmp_path / "seed"
    path.write_text("mine")
    (warning,) = leave_placeholders(plan(path), host(), {str(path): 10})
    assert path.read_text() == "mine" and str(path) in warning and "restored" in warning


@pytest.mark.parametrize(
    ("guest", "stays"), [(None, False), (FakeGuest(restorable=False), False), (FakeGuest(restorable=True), True)]
)
def test_placeholder_is_removed_if_the_guest_cannot_need_it(
    tmp_path: Path, guest: FakeGuest | None, stays: bool
) -> None:
    """A running or saved guest still needs it."""
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
def test_other_files_are_not_removed(tmp_path: Path, name: str, content: bytes) -> None:
    """A placeholder is identified by its name and consists of zeros."""
    (tmp_path / name).write_bytes(content)
    remove_placeholders(plan(tmp_path / "other"), host())
    assert (tmp_path / name).read_bytes() == content
