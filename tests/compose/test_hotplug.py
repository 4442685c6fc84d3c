"""A disk for a running guest gets a bus that supports hot-plug."""

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


def bus_of(disk: Disk, os: str, running: Domain | None) -> str | None:
    """Return the bus of a disk for a guest that is off (`running` is None) or running."""
    domain = Domain(devices=[disk])
    facts = HOST.facts(os_named(os))
    draft = Draft(Request(domain=domain), facts, domain, facts.platform, Random(bytes(32)))
    draft.running = running
    resolve_targets(draft, domain.devices_of(Disk), [] if running is None else running.devices_of(Disk))
    return domain.devices_of(Disk)[0].target_bus


def guest(bus: str, usb: str = "qemu-xhci") -> Domain:
    """Return a running guest with one disk and a USB controller."""
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
    """Preferred are the default bus of a new guest, the bus of the guest's other disks, and USB."""
    assert bus_of(Disk(device=device, source_file="/images/x.img"), os, running) in expected


@pytest.mark.parametrize(
    ("disk", "expected"),
    [
        (Disk(source_file="/images/x.img", target_bus="sata"), "sata"),
        (Disk(source_file="/images/x.img", target_dev="hda"), "ide"),
    ],
)
def test_requested_bus_or_target_is_kept(disk: Disk, expected: str) -> None:
    """libvirt reports the error if the bus does not support hot-plug."""
    assert bus_of(disk.clone(), "generic", guest("virtio")) == expected


def test_empty_drive_for_a_running_guest_is_an_error() -> None:
    """QEMU cannot hot-plug an empty drive on any bus."""
    with pytest.raises(RequestError, match="empty CD-ROM drive"):
        bus_of(Disk(device="cdrom"), "generic", guest("sata"))
