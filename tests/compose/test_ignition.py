"""--ignition: fw_cfg if the machine has it, otherwise a disk; the finished guest has neither."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, HostFiles, compose
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, PathFacts, SeedFacts
from virtinstall.options.command import parse_request
from virtinstall.plan import Plan

HOST = HostFiles((DATA / "capabilities-debian12.xml").read_text())
CONFIG = b'{"ignition": {"version": "3.4.0"}}'


def plan(*args: str) -> Plan:
    """Return the plan of an imported guest with an Ignition configuration."""
    request = parse_request(
        [
            *("--name", "guest", "--memory", "2048", "--import", "--disk", "/images/disk.qcow2,size=10"),
            *("--virt-type", "qemu", "--ignition", "x.ign", *args),
        ]
    )
    return compose(request, HOST.facts(seeds=SeedFacts(ignition=CONFIG)))


@pytest.mark.parametrize("args", [("--arch", "x86_64"), ("--arch", "i686"), ("--arch", "aarch64")])
def test_fw_cfg_is_used_at_the_first_boot_only(args: tuple[str, ...]) -> None:
    """PCs and `virt` boards have fw_cfg; the final definition does not refer to the removed file."""
    planned = plan(*args)
    assert planned.install is not None
    entries = [entry for block in planned.install.sysinfos if block.type == "fwcfg" for entry in block.entries]
    assert [(entry.name, entry.file) for entry in entries] == [("opt/com.coreos/config", planned.seeds[0].path)]
    assert (
        list(planned.final.sysinfos) == []
        and len(planned.install.devices_of(Disk)) == len(planned.final.devices_of(Disk)) == 1
    )


def test_machine_without_fw_cfg_gets_a_disk() -> None:
    """The disk is read-only, is found by its serial number, follows the system's disk, and is removed afterwards."""
    planned = plan("--arch", "aarch64", "--machine", "sbsa-ref")
    assert planned.install is not None and list(planned.install.sysinfos) == []
    disk = planned.install.devices_of(Disk)[-1]
    assert (disk.serial, disk.target_bus, disk.readonly) == ("ignition", "virtio", True)
    assert (disk.source_file, disk.driver_type) == (planned.seeds[0].path, "raw")
    assert [disk.serial for disk in planned.final.devices_of(Disk)] == [None]


@pytest.mark.parametrize("machine", ["sbsa-ref", "virt"])
def test_reinstall_passes_the_configuration_again(machine: str) -> None:
    """The definition of the guest does not change."""
    first = plan("--arch", "aarch64", "--machine", machine).final
    request = parse_request(["--reinstall", "guest", "--import", "--ignition", "x.ign"])
    again = compose(request.replace(domain=first), HOST.facts(seeds=SeedFacts(ignition=CONFIG)))
    assert again.install is not None
    assert [disk.serial for disk in again.final.devices_of(Disk)] == [None]
    assert len(again.install.devices_of(Disk)) + len(list(again.install.sysinfos)) == 2


def test_seed_is_the_plain_configuration_file() -> None:
    """No image is created for it."""
    seed = plan().seeds[0]
    assert seed.bare and [content for _, content in seed.files] == [CONFIG]


@pytest.mark.parametrize(
    ("disk", "folder"),
    [
        ("/images/disk.qcow2,size=10", "/images"),
        ("size=10", "/var/lib/libvirt/images"),
        ("/dev/vg/disk", "/var/lib/libvirt/boot"),
        ("none", "/var/lib/libvirt/boot"),
    ],
)
def test_seed_is_next_to_the_disk(disk: str, folder: str) -> None:
    """A migrated guest needs the placeholder, and its disk is on shared storage."""
    args = ["--name", "guest", "--memory", "2048", "--import", "--virt-type", "qemu", "--ignition", "x.ign"]
    request = parse_request([*args, "--disk", disk])
    found = DiskFacts(path=PathFacts(path=disk, kind="block")) if disk.startswith("/dev") else DiskFacts()
    facts = HOST.facts(seeds=SeedFacts(ignition=CONFIG), disks=() if disk == "none" else (found,))
    (seed,) = compose(request, facts).seeds
    assert seed.placeholder and seed.path.rpartition("/")[0] == folder


def test_fw_cfg_entries_of_the_user_are_kept() -> None:
    """They are merged into one block of --sysinfo type=fwcfg, because libvirt accepts only one."""
    planned = plan("--sysinfo", "type=fwcfg,entry0.name=opt/com.example/own,entry0.file=/own")
    assert planned.install is not None
    blocks = [[entry.name for entry in block.entries] for block in planned.install.sysinfos]
    assert blocks == [["opt/com.example/own", "opt/com.coreos/config"]]
    assert [[entry.name for entry in block.entries] for block in planned.final.sysinfos] == [["opt/com.example/own"]]


def test_guest_can_reboot_during_its_first_boot() -> None:
    """CoreOS reboots to apply kernel arguments, and then reads the configuration again."""
    planned = plan()
    assert planned.install is not None and planned.install.on_reboot != "destroy"


@pytest.mark.parametrize("args", [("--cloud-init",), ("--install", "no_install=yes")])
def test_contradictory_options_are_errors(args: tuple[str, ...]) -> None:
    """--ignition cannot be combined with --cloud-init, or with no first boot."""
    from virtinstall.compose.validate import validate_request

    request = parse_request(["--name", "guest", "--disk", "none", "--ignition", "x.ign", *args])
    with pytest.raises(RequestError, match="--ignition"):
        validate_request(request)
