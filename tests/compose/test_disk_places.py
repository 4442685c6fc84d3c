"""New volumes by name, contradictory locations of a disk, and drives with which QEMU does not start."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, GuestKind, HostFiles, compose, os_named
from virtinstall.compose.validate import resolve_methods
from virtinstall.devices.controller import Controller
from virtinstall.devices.disk import Disk
from virtinstall.devices.graphics import Graphics
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, PoolFacts
from virtinstall.options.command import parse_request
from virtinstall.plan import Plan
from virtinstall.units import GIB

PC = HostFiles((DATA / "capabilities-debian12.xml").read_text(), (DATA / "domain-capabilities-kvm-q35.xml").read_text())
POOL = PoolFacts(name="lab", type="dir", target="/lab", active=True)
KVM = GuestKind("hvm", "x86_64", "kvm")


def plan(*args: str, found: DiskFacts | None = None) -> Plan:
    """Return the plan of a KVM guest with these disk options; `found` are the facts about the first disk."""
    args = ("--name", "guest", "--memory", "2048", "--virt-type", "kvm", "--import", *args)
    request = resolve_methods(parse_request(list(args)))
    count = len(request.domain.devices_of(Disk))
    disks = (found or DiskFacts(), *[DiskFacts()] * (count - 1))
    return compose(request, PC.facts(os_named("debian11"), disks=disks))


def test_volume_by_name_is_created() -> None:
    """`vol=POOL/NEW,size=1` creates the volume with exactly this name."""
    planned = plan("--disk", "vol=lab/new.qcow2,size=1", found=DiskFacts(pool=POOL))

    assert [(volume.pool, volume.name, volume.capacity_bytes) for volume in planned.volumes] == [
        ("lab", "new.qcow2", GIB)
    ]
    assert planned.final.devices_of(Disk)[0].source_file == "/lab/new.qcow2"
    assert "lab/new.qcow2" not in planned.generated


def test_volume_by_source_pool_and_source_volume_is_created() -> None:
    """The XML refers to the volume by pool and name."""
    planned = plan("--disk", "source.pool=lab,source.volume=new.qcow2,size=1", found=DiskFacts(pool=POOL))
    (disk,) = planned.final.devices_of(Disk)

    assert [(volume.pool, volume.name) for volume in planned.volumes] == [("lab", "new.qcow2")]
    assert (disk.type, disk.source_pool, disk.source_volume) == ("volume", "lab", "new.qcow2")
    assert (disk.source_file, disk.driver_type) == (None, "qcow2")


def test_nvme_disks_share_one_controller() -> None:
    """They are namespaces of one controller, whose serial number libvirt requires."""
    final = plan("--disk", "/a.img,bus=nvme", "--disk", "/b.img,bus=nvme").final
    controllers = [each for each in final.devices_of(Controller) if each.type == "nvme"]

    assert [disk.target_dev for disk in final.devices_of(Disk)] == ["nvme0n1", "nvme0n2"]
    assert [controller.serial for controller in controllers] == ["guest"]


def test_specified_nvme_controller_is_used() -> None:
    """No second controller is added."""
    final = plan("--disk", "/a.img,bus=nvme", "--controller", "nvme,serial=x").final

    assert [each.serial for each in final.devices_of(Controller) if each.type == "nvme"] == ["x"]


def test_empty_usb_drive_is_an_error() -> None:
    """QEMU cannot start with it: "drive property not set"."""
    with pytest.raises(RequestError, match="empty CD-ROM drive on the USB bus"):
        plan("--disk", "/a.img", "--disk", "device=cdrom,bus=usb")


@pytest.mark.parametrize("args", ["device=cdrom,bus=usb,path=/x.iso", "device=cdrom,bus=sata", "device=cdrom"])
def test_other_cdrom_drives_are_accepted(args: str) -> None:
    """A USB drive needs a medium; drives on other buses may be empty."""
    assert len(plan("--disk", "/a.img", "--disk", args).final.devices_of(Disk)) == 2


def test_graphics_socket_sets_the_listen_element() -> None:
    """`socket=PATH` is sufficient, and there is no port."""
    (graphics,) = plan("--disk", "/a.img", "--graphics", "vnc,socket=/run/vnc.sock").final.devices_of(Graphics)

    assert [(listen.type, listen.socket) for listen in graphics.listens] == [("socket", "/run/vnc.sock")]
    assert graphics.port is None
