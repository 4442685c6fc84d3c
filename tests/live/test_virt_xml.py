"""virt-xml with a running guest: an attached device is present immediately, and after the next start."""

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
    """A running guest."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    xml = work / "guest.xml"
    xml.write_text(GUEST.format(name=name))
    system.virsh("define", str(xml))
    system.virsh("start", name)
    yield name
    system.remove(name)


def virt_xml(connection: Connection, *args: str) -> str:
    """Run virt-xml; return its output. Raises: CalledProcessError."""
    program = "from virtinstall.cli.main import xml_main; raise SystemExit(xml_main())"
    command = [sys.executable, "-c", program, "--connect", connection.uri, *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def disks(connection: Connection, name: str, *, live: bool) -> list[str]:
    """Return the paths of the guest's disks, of the running guest or its definition."""
    args = ["dumpxml", name] if live else ["dumpxml", "--inactive", name]
    root = etree.fromstring(connection.virsh(*args))
    return [source.get("file", "") for source in root.iterfind("devices/disk/source")]


def test_new_disk_is_attached_and_detached(system: Connection, guest: str, work: Path) -> None:
    """--update changes the running guest."""
    path = str(work / "new.qcow2")

    output = virt_xml(system, guest, "--add-device", "--update", "--disk", f"path={path},size=0.1,bus=scsi")

    assert "Device hotplug successful." in output
    assert disks(system, guest, live=True) == disks(system, guest, live=False) == [path]

    virt_xml(system, guest, "--remove-device", "--update", "--disk", f"path={path}")

    assert disks(system, guest, live=True) == disks(system, guest, live=False) == []


def test_guest_that_does_not_release_a_device_causes_a_warning(system: Connection, guest: str, work: Path) -> None:
    """Firmware never releases a PCI device, which is still attached."""
    path = str(work / "kept.qcow2")
    virt_xml(system, guest, "--add-device", "--update", "--disk", f"path={path},size=0.1,bus=virtio")

    output = virt_xml(system, guest, "--remove-device", "--update", "--disk", f"path={path}")

    assert f"guest '{guest}' has not released the device yet" in output
    assert "successful" not in output.splitlines()[0]
    assert disks(system, guest, live=True) == [path]


def test_medium_of_a_running_guest_is_changed(system: Connection, guest: str, work: Path) -> None:
    """--edit --update changes the medium of a drive."""
    for name in ("a.iso", "b.iso"):
        (work / name).write_bytes(bytes(2048))
    system.virsh("destroy", guest)
    virt_xml(system, guest, "--add-device", "--disk", f"{work}/a.iso,device=cdrom,bus=scsi")
    system.virsh("start", guest)

    virt_xml(system, guest, "--edit", "device=cdrom", "--update", "--disk", f"path={work}/b.iso")

    assert disks(system, guest, live=True) == disks(system, guest, live=False) == [f"{work}/b.iso"]


def test_rejected_device_leaves_no_image(system: Connection, guest: str, work: Path) -> None:
    """libvirt rejects the device; the new image is removed, and the guest is unchanged."""
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
def test_scsi_disk_adds_a_controller(system: Connection, guest: str, work: Path, bus: str, added: int) -> None:
    """As for a new guest, its model is one that the OS supports; an existing controller is used."""
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
