"""A guests file against libvirtd: changes of a running guest."""

from __future__ import annotations

import os

import pytest

import virtinstall
from virtinstall import Disk, Hypervisor, Interface, Lab

pytestmark = pytest.mark.live


def lab(name: str, vcpus: int, disks: str, network: str) -> Lab:
    """A guest that can grow."""
    return Lab.parse(
        f"version: 1\nproject: {name}\nguests:\n  {name}: {{memory: 128, vcpus: {{vcpus: {vcpus}, maxvcpus: 2}}, "
        f"virt-type: qemu, import: true, osinfo: linux2022, graphics: none, disk: {disks}, network: {network}}}\n"
    )


def test_running_guest_gets_vcpus_a_disk_and_an_interface(hypervisor: Hypervisor, name: str) -> None:
    """Without a restart; the new disk is deleted with the guest."""
    (created,) = lab(name, 1, "[{size: 0.1}]", "none").apply(hypervisor)
    assert created.message is None
    guest = hypervisor.guest(name)
    number = guest.handle.domain.ID()  # type: ignore[attr-defined]
    grown = lab(name, 2, "[{size: 0.1}, {size: 0.1}]", "user")
    (outcome,) = grown.apply(hypervisor)
    assert (outcome.status, outcome.message, outcome.pending) == ("done", None, False)
    assert guest.handle.domain.ID() == number  # type: ignore[attr-defined]
    running = virtinstall.Domain.parse(guest.xml)
    assert len(running.devices_of(Disk)) == 2 and len(running.devices_of(Interface)) == 1
    paths = [str(disk.source_file) for disk in running.devices_of(Disk)]
    (after,) = grown.diff(hypervisor)
    assert not after.is_different and after.drift == ()
    guest.delete(force=True)
    assert [path for path in paths if os.path.exists(path)] == []
