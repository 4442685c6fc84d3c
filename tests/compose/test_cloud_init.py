"""--cloud-init: where the seed is, in the first boot and after it."""

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
    """A guest with a seed, which it keeps or not."""
    request = parse_request(
        ["--name", "guest", "--memory", "2048", "--disk", "/images/disk.qcow2,size=10", "--cloud-init", *args]
    )
    facts.setdefault("seeds", SeedFacts(cloud_init=CloudInitRequest(keep=keep)))
    return compose(request, HOST.facts(**facts))


def has_seed(domain: Domain | None) -> bool:
    """Whether the guest has the seed in a drive, and SMBIOS points to it."""
    assert domain is not None
    attached = any("cloudinit" in (disk.source_file or "") for disk in domain.devices_of(Disk))
    assert attached == ("ds=nocloud" in [block.system_serial for block in domain.sysinfos])
    return attached


@pytest.mark.parametrize("args", [("--import",), ("--pxe",), ()])
def test_by_default_it_is_gone_after_the_first_boot(args: tuple[str, ...]) -> None:
    """The finished guest has an empty drive in its place."""
    created = plan(*args, keep=False)
    assert has_seed(created.install) and not has_seed(created.final)


@pytest.mark.parametrize("args", [("--import",), ("--import", "--boot", "uefi"), ()])
def test_first_boot_differs_from_later_ones_in_the_seed_alone(args: tuple[str, ...]) -> None:
    """A cloud guest reboots, is restored without its seed, and has the boot order and devices that it keeps."""
    created = plan(*args, keep=False)
    assert created.first_boot is not None
    first, final = created.first_boot, created.final
    assert first.on_reboot == final.on_reboot != "destroy"
    assert [disk.source_startup_policy for disk in first.devices_of(Disk)] == [None, "optional"]
    assert [device.tag for device in first.devices] == [device.tag for device in final.devices]
    orders = [[disk.boot_order for disk in domain.devices_of(Disk)] for domain in (first, final)]
    assert orders[0] == orders[1] == [1, None]


@pytest.mark.parametrize("args", [("--import", "--noreboot"), ("--pxe",)])
def test_first_boot_that_ends_at_its_reboot(args: tuple[str, ...]) -> None:
    """--noreboot asks for it, and an installation that also has a seed needs it."""
    created = plan(*args, keep=False)
    assert created.first_boot is None and created.started.on_reboot == "destroy"


@pytest.mark.parametrize("args", [("--import",), ()])
def test_a_kept_seed_needs_no_first_boot_phase(args: tuple[str, ...]) -> None:
    """The guest is defined and started as it will be, and can reboot during its first boot."""
    created = plan(*args, keep=True)
    assert created.install is None and not created.seeded and has_seed(created.final)
    assert created.final.on_reboot != "destroy"
    path = "/var/lib/libvirt/images/guest-cloudinit.iso"
    assert f"create the image {path} labeled cidata with meta-data, user-data, which the guest keeps" in [
        action.text for action in actions_of(created)
    ]


def test_a_kept_seed_remains_after_an_installation() -> None:
    """An OS that is installed from a medium finds the seed at its first boot."""
    created = plan("--pxe", keep=True)
    assert has_seed(created.install) and has_seed(created.final)


def test_a_kept_seed_is_named_after_its_guest() -> None:
    """A file of that name that exists already is left alone."""
    created = plan("--import", keep=True, image_names=frozenset({"guest-cloudinit.iso"}))
    assert [seed.path for seed in created.seeds] == ["/var/lib/libvirt/images/guest-cloudinit-1.iso"]


def test_a_seed_in_a_drive_leaves_no_placeholder() -> None:
    """libvirt drops the medium of a CD-ROM drive when it is gone, but not a disk."""
    assert [seed.placeholder for seed in plan("--import", keep=False).seeds] == [False]


def test_a_seed_on_a_disk_leaves_a_placeholder() -> None:
    """The running guest can't lose the disk; later boots have none."""
    created = plan("--import", keep=False, seeds=SeedFacts(cloud_init=CloudInitRequest(bus="virtio")))
    assert [seed.placeholder for seed in created.seeds] == [True]
    assert [len(domain.devices_of(Disk)) for domain in (created.started, created.final)] == [2, 1]
    assert {disk.source_startup_policy for disk in created.started.devices_of(Disk)} == {None}
