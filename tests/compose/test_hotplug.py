"""A disk that is plugged into a running guest gets a bus on which QEMU can do that."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, HostFiles, os_named
from virtinstall.compose.disk_targets import resolve_targets
from virtinstall.compose.draft import Draft
from virtinstall.devices.controller import Controller
from virtinstall.devices.disk import Disk
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.naming import Random
from virtinstall.request import Request

HOST = HostFiles((DATA / "capabilities-debian12.xml").read_text())


def plugged_in(disk: Disk, os: str, running: Domain | None) -> str | None:
    """The bus that the disk gets."""
    domain = Domain(devices=[disk])
    facts = HOST.facts(os_named(os))
    draft = Draft(Request(domain=domain), facts, domain, facts.platform, Random(bytes(32)))
    draft.running = running
    resolve_targets(draft, domain.devices_of(Disk), [] if running is None else running.devices_of(Disk))
    return domain.devices_of(Disk)[0].target_bus


def guest(bus: str, usb: str = "qemu-xhci") -> Domain:
    """A guest that runs, with one disk and a USB controller."""
    return Domain(devices=[Disk(target_bus=bus, target_dev="sda"), Controller(type="usb", model=usb)])


@pytest.mark.parametrize(
    ("os", "device", "running", "expected"),
    [
        ("generic", "disk", None, ("sata", "ide")),
        ("generic", "disk", guest("sata"), ("usb",)),
        ("generic", "cdrom", guest("sata"), ("usb",)),
        ("generic", "disk", guest("sata", usb="none"), ("scsi",)),
        ("generic", "disk", guest("virtio"), ("virtio",)),
        ("generic", "disk", guest("scsi"), ("scsi",)),
        ("generic", "cdrom", guest("scsi"), ("scsi",)),
        ("generic", "cdrom", guest("virtio"), ("usb",)),
        ("debian11", "disk", None, ("virtio",)),
        ("debian11", "disk", guest("sata"), ("virtio",)),
        ("debian11", "cdrom", guest("virtio"), ("usb",)),
    ],
)
def test_disk_for_a_running_guest_gets_a_bus_with_hotplug(
    os: str, device: str, running: Domain | None, expected: tuple[str, ...]
) -> None:
    """That of creation where it has hotplug, else that of the guest's other disks, else USB."""
    assert plugged_in(Disk(device=device, source_file="/images/x.img"), os, running) in expected


@pytest.mark.parametrize(
    ("disk", "expected"),
    [
        (Disk(source_file="/images/x.img", target_bus="sata"), "sata"),
        (Disk(source_file="/images/x.img", target_dev="hda"), "ide"),
    ],
)
def test_requested_bus_or_target_is_kept(disk: Disk, expected: str) -> None:
    """libvirt reports that it cannot plug in the disk."""
    assert plugged_in(disk.clone(), "generic", guest("virtio")) == expected


def test_empty_drive_for_a_running_guest_is_an_error() -> None:
    """QEMU cannot plug it in on any bus."""
    with pytest.raises(RequestError, match="empty CD-ROM drive"):
        plugged_in(Disk(device="cdrom"), "generic", guest("sata"))
