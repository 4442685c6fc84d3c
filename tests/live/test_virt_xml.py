"""virt-xml on a running guest: an attached device is present immediately, and at the next start."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.live.machine import Connection

pytestmark = pytest.mark.live
GUEST = """<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features><devices>
<controller type='scsi' model='virtio-scsi'/><video><model type='none'/></video></devices></domain>"""


@pytest.fixture
def guest(system: Connection, work: Path) -> Iterator[str]:
    """A guest that runs."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    xml = work / "guest.xml"
    xml.write_text(GUEST.format(name=name))
    system.virsh("define", str(xml))
    system.virsh("start", name)
    yield name
    system.remove(name)


def virt_xml(connection: Connection, *args: str) -> str:
    """What virt-xml prints. Raises: CalledProcessError."""
    program = "from virtinstall.cli.main import xml_main; raise SystemExit(xml_main())"
    command = [sys.executable, "-c", program, "--connect", connection.uri, *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def disks(connection: Connection, name: str, *, live: bool) -> list[str]:
    """Paths of the guest's disks, now or at its next start."""
    args = ["dumpxml", name] if live else ["dumpxml", "--inactive", name]
    root = etree.fromstring(connection.virsh(*args))
    return [source.get("file", "") for source in root.iterfind("devices/disk/source")]


def test_disk_plugged_in_and_out(system: Connection, guest: str, work: Path) -> None:
    """--update creates a new disk, attaches it to the running guest and detaches it again."""
    path = str(work / "new.qcow2")

    output = virt_xml(system, guest, "--add-device", "--update", "--disk", f"path={path},size=0.1,bus=scsi")

    assert "Device hotplug successful." in output
    assert disks(system, guest, live=True) == disks(system, guest, live=False) == [path]

    virt_xml(system, guest, "--remove-device", "--update", "--disk", f"path={path}")

    assert disks(system, guest, live=True) == disks(system, guest, live=False) == []


def test_a_guest_that_does_not_answer(system: Connection, guest: str, work: Path) -> None:
    """A guest in its firmware never releases a PCI device: a warning reports that the device is still attached."""
    path = str(work / "kept.qcow2")
    virt_xml(system, guest, "--add-device", "--update", "--disk", f"path={path},size=0.1,bus=virtio")

    output = virt_xml(system, guest, "--remove-device", "--update", "--disk", f"path={path}")

    assert f"guest '{guest}' has not released the device yet" in output
    assert "successful" not in output.splitlines()[0]
    assert disks(system, guest, live=True) == [path]


def test_medium_changed(system: Connection, guest: str, work: Path) -> None:
    """--edit --update changes a device of the running guest: the medium of a drive."""
    for name in ("a.iso", "b.iso"):
        (work / name).write_bytes(bytes(2048))
    system.virsh("destroy", guest)
    virt_xml(system, guest, "--add-device", "--disk", f"{work}/a.iso,device=cdrom,bus=scsi")
    system.virsh("start", guest)

    virt_xml(system, guest, "--edit", "device=cdrom", "--update", "--disk", f"path={work}/b.iso")

    assert disks(system, guest, live=True) == disks(system, guest, live=False) == [f"{work}/b.iso"]


def test_refused_change_leaves_nothing(system: Connection, guest: str, work: Path) -> None:
    """libvirt rejects the device: the disk that was created for it is removed, the guest unchanged."""
    path = work / "new.qcow2"
    program = "from virtinstall.cli.main import xml_main; raise SystemExit(xml_main())"
    args = ["--add-device", "--disk", f"path={path},size=0.1,bus=scsi,xpath.set=./target/@bus=nobus"]

    done = subprocess.run(
        [sys.executable, "-c", program, "--connect", system.uri, guest, *args], capture_output=True, text=True
    )

    assert done.returncode == 1
    assert not path.exists()
    assert disks(system, guest, live=False) == []


@pytest.mark.parametrize(("bus", "added"), [("scsi", 1), ("virtio", 0)])
def test_a_scsi_disk_brings_its_controller(system: Connection, guest: str, work: Path, bus: str, added: int) -> None:
    """As for a new guest: the model that the operating system has a driver for, unless the guest has a controller."""
    xml = work / "bare.xml"
    xml.write_text(GUEST.format(name=f"{guest}-bare").replace("<controller type='scsi' model='virtio-scsi'/>", ""))
    system.virsh("define", str(xml))
    try:
        args = ["--add-device", "--print-diff", "--os-variant", "debian11", "--disk"]
        bare = virt_xml(system, f"{guest}-bare", *args, f"path={work}/new.qcow2,size=0.1,bus={bus}")
        complete = virt_xml(system, guest, *args, f"path={work}/new.qcow2,size=0.1,bus={bus}")
    finally:
        system.remove(f"{guest}-bare")

    assert bare.count('+    <controller type="scsi" model="virtio-scsi"/>') == added
    assert "<controller" not in "".join(line for line in complete.splitlines() if line.startswith("+"))
