"""--cloud-init: the seed at the first boot and afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compose.hosts import DATA, HostFiles, compose
from virtinstall.devices.disk import Disk
from virtinstall.domain.domain import Domain
from virtinstall.facts import SeedFacts
from virtinstall.options.command import parse_request
from virtinstall.plan import Plan, actions_of
from virtinstall.seed.cloud_init import CloudInitRequest

HOST = HostFiles(
    (DATA / "capabilities-debian12.xml").read_text(), (DATA / "domain-capabilities-kvm-q35.xml").read_text()
)


def plan(*args: str, keep: bool, **facts: Any) -> Plan:
    """Return the plan of a guest with a seed, which the guest keeps if `keep` is true."""
    request = parse_request(
        ["--name", "guest", "--memory", "2048", "--disk", "/images/disk.qcow2,size=10", "--cloud-init", *args]
    )
    facts.setdefault("seeds", SeedFacts(cloud_init=CloudInitRequest(keep=keep)))
    return compose(request, HOST.facts(**facts))


def has_seed(domain: Domain | None) -> bool:
    """Return whether a drive of the guest has the seed and SMBIOS refers to it."""
    assert domain is not None
    attached = any("cloudinit" in (disk.source_file or "") for disk in domain.devices_of(Disk))
    assert attached == ("ds=nocloud" in [block.system_serial for block in domain.sysinfos])
    return attached


@pytest.mark.parametrize("args", [("--import",), ("--pxe",), ()])
def test_seed_is_ejected_after_the_first_boot(args: tuple[str, ...]) -> None:
    """By default, the finished guest has an empty drive."""
    created = plan(*args, keep=False)
    assert has_seed(created.install) and not has_seed(created.final)


@pytest.mark.parametrize("args", [("--import",), ("--import", "--boot", "uefi"), ()])
def test_only_the_seed_differs_at_the_first_boot(args: tuple[str, ...]) -> None:
    """The guest can reboot, and can be restored without its seed; its devices and boot order are final."""
    created = plan(*args, keep=False)
    assert created.first_boot is not None
    first, final = created.first_boot, created.final
    assert first.on_reboot == final.on_reboot != "destroy"
    assert [disk.source_startup_policy for disk in first.devices_of(Disk)] == [None, "optional"]
    assert [device.tag for device in first.devices] == [device.tag for device in final.devices]
    orders = [[disk.boot_order for disk in domain.devices_of(Disk)] for domain in (first, final)]
    assert orders[0] == orders[1] == [1, None]


@pytest.mark.parametrize("args", [("--import", "--noreboot"), ("--pxe",)])
def test_first_boot_of_an_installation_ends_at_its_reboot(args: tuple[str, ...]) -> None:
    """--noreboot requests the same without an installation."""
    created = plan(*args, keep=False)
    assert created.first_boot is None and created.started.on_reboot == "destroy"


@pytest.mark.parametrize("args", [("--import",), ()])
def test_a_kept_seed_needs_no_first_boot_phase(args: tuple[str, ...]) -> None:
    """The guest is defined in its final form before it starts, and can reboot during its first boot."""
    created = plan(*args, keep=True)
    assert created.install is None and not created.seeded and has_seed(created.final)
    assert created.final.on_reboot != "destroy"
    path = "/var/lib/libvirt/images/guest-cloudinit.iso"
    assert f"create the seed image {path} (label cidata: meta-data, user-data) and keep it with the guest" in [
        action.text for action in actions_of(created)
    ]


def test_a_kept_seed_remains_after_an_installation() -> None:
    """An OS that is installed from a medium reads the seed at its first boot."""
    created = plan("--pxe", keep=True)
    assert has_seed(created.install) and has_seed(created.final)


def test_a_kept_seed_is_named_after_its_guest() -> None:
    """If the file exists, a number is appended to the name."""
    created = plan("--import", keep=True, image_names=frozenset({"guest-cloudinit.iso"}))
    assert [seed.path for seed in created.seeds] == ["/var/lib/libvirt/images/guest-cloudinit-1.iso"]


def test_a_seed_in_a_cdrom_drive_needs_no_placeholder() -> None:
    """libvirt ignores the missing medium of a CD-ROM drive, but not that of a disk."""
    assert [seed.placeholder for seed in plan("--import", keep=False).seeds] == [False]


def test_a_seed_on_a_disk_needs_a_placeholder() -> None:
    """The disk cannot be removed while the guest runs; it is not part of the final definition."""
    created = plan("--import", keep=False, seeds=SeedFacts(cloud_init=CloudInitRequest(bus="virtio")))
    assert [seed.placeholder for seed in created.seeds] == [True]
    assert [len(domain.devices_of(Disk)) for domain in (created.started, created.final)] == [2, 1]
    assert {disk.source_startup_policy for disk in created.started.devices_of(Disk)} == {None}
