"""Previews report what libvirt rejects, and accept names that libvirt looks up only at a real start.

Each row of the tables in `virtinstall.accepted` has a case here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import virtinstall
from tests.live.machine import Connection, finish, start_virt_install
from virtinstall.accepted import REJECTIONS, STAND_INS, check_accepted, check_change_accepted, rejection_of
from virtinstall.libvirt_host.connection import LibvirtHost
from virtinstall.request import Checks

pytestmark = pytest.mark.live

BASE = """<domain type="qemu"><name>preview-base</name><memory unit="MiB">64</memory>{sections}
<os><type arch="x86_64" machine="q35">hvm</type></os>
<devices><controller type="scsi" model="virtio-scsi"/>{devices}</devices></domain>"""
ADDRESS = "<source><address domain='0' bus='0x7f' slot='1' function='0'/></source>"

# things that may exist when the guest is started
NOT_THERE_YET = {
    "hostdev-interface": "<interface type='hostdev' managed='yes'>"
    "<source><address type='pci' domain='0' bus='0x7f' slot='1' function='0'/></source></interface>",
    "volume": "<disk type='volume' device='disk'><source pool='none' volume='new'/><target dev='vda'/></disk>"
    "<disk type='volume' device='lun'><source pool='none' volume='l'/><target dev='sda' bus='scsi'/></disk>",
    "pci-hostdev": f"<hostdev mode='subsystem' type='pci' managed='yes'>{ADDRESS}</hostdev>",
    "usb-hostdev": "<hostdev mode='subsystem' type='usb'>"
    "<source><vendor id='0x1234'/><product id='0x4321'/></source></hostdev>",
    "network": "<interface type='network'><source network='none'/></interface>",
    "bridge": "<interface type='bridge'><source bridge='none'/></interface>",
    "direct": "<interface type='direct'><source dev='none'/></interface>",
    "disk": "<disk type='file'><driver name='qemu' type='qcow2'/><source file='/none'/><target dev='vda'/></disk>",
    "block": "<disk type='block'><source dev='/dev/none'/><target dev='vda'/></disk>",
}
# documents that libvirt defines, but does not start
START_ONLY = {
    "secret": (
        "",
        "<disk type='file'><driver name='qemu' type='raw'/><source file='/none'><encryption format='luks'>"
        "<secret type='passphrase' uuid='c1f11a6d-8c5d-4a3e-ac7a-4e171c5e0d4a'/></encryption></source>"
        "<target dev='vda'/></disk>",
    ),
    "hugepages": ("<memoryBacking><hugepages/></memoryBacking>", ""),
    "numa-node": ("<numatune><memory mode='strict' nodeset='7'/></numatune>", ""),
    "tpm-device": (
        "",
        "<tpm model='tpm-tis'><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>",
    ),
    "scsi-device": (
        "",
        "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host9'/>"
        "<address bus='0' target='0' unit='0'/></source></hostdev>",
    ),
}
VIRTIOFS = "<filesystem type='mount'><driver type='virtiofs'/><source dir='/tmp'/><target dir='x'/></filesystem>"
REJECTED = {
    "shared-memory": BASE.format(sections="", devices=VIRTIOFS),
    "passt": BASE.format(sections="", devices="<interface type='user'><backend type='passt'/></interface>"),
    "unknown-value": BASE.format(sections="", devices="<sound model='ac99'/>"),
    "unknown-machine": "<domain type='qemu'><name>preview-base</name><memory>65536</memory>"
    "<os><type arch='x86_64' machine='pc-none'>hvm</type></os></domain>",
    "qemu-lacks-it": BASE.format(
        sections="",
        devices="<hostdev mode='subsystem' type='mdev' model='vfio-ccw'><source>"
        "<address uuid='c1f11a6d-8c5d-4a3e-ac7a-4e171c5e0d4a'/></source></hostdev>",
    ),
    "emulator": BASE.format(sections="", devices="<emulator>/none</emulator>"),
    "vcpus": BASE.format(sections="<vcpu>5000</vcpu>", devices=""),
    "many-vcpus": BASE.format(sections="<vcpu>280</vcpu>", devices=""),
    "spice-module": BASE.format(sections="", devices="<graphics type='spice'/>"),
    "spice-tls": BASE.format(sections="", devices="<graphics type='spice' port='-1' tlsPort='5999'/>"),
    "no-spice": BASE.format(sections="", devices="<redirdev bus='usb' type='spicevmc'/><controller type='usb'/>"),
    "shared-format": BASE.format(
        sections="",
        devices="<disk type='file'><driver name='qemu' type='qcow2'/><source file='/none'/><target dev='vda'/>"
        "<shareable/></disk>",
    ),
    "image-format": BASE.format(
        sections="",
        devices="<disk type='file'><driver name='qemu' type='img'/><source file='/none'/><target dev='vda'/></disk>",
    ),
    "guest-node": BASE.format(
        sections="<memoryBacking><hugepages><page size='2048' unit='KiB' nodeset='3'/></hugepages></memoryBacking>",
        devices="",
    ),
    "bus-of-drive": BASE.format(
        sections="", devices="<disk type='file' device='cdrom'><target dev='vda' bus='virtio'/></disk>"
    ),
}
# the first version of libvirt that accepts the case; libvirt 11 adds the IOMMU that many vCPUs need
SUPPORTED_SINCE = {"passt": 9_002_000, "many-vcpus": 11_000_000}


@pytest.fixture
def host(system: Connection) -> Iterator[LibvirtHost]:
    """The system's libvirtd."""
    with virtinstall.connect(system.uri) as hypervisor:
        yield hypervisor.host


def test_each_row_has_a_case() -> None:
    """A new row without a case is an error."""
    assert {each.name for each in STAND_INS} <= set(NOT_THERE_YET)
    assert {each.name for each in REJECTIONS if each.start_only} == set(START_ONLY)
    assert {each.name for each in REJECTIONS if not each.start_only} == set(REJECTED)


@pytest.mark.parametrize("name", NOT_THERE_YET)
def test_missing_host_resource_is_accepted(host: LibvirtHost, name: str) -> None:
    """libvirt looks for it only at a real start."""
    assert rejection_of(BASE.format(sections="", devices=NOT_THERE_YET[name]), host) is None
    assert host.is_alive()


@pytest.mark.parametrize("name", START_ONLY)
def test_error_at_the_start_is_a_warning_for_a_definition(host: LibvirtHost, name: str) -> None:
    """libvirt defines the guest; for a guest that is also started, it is an error."""
    sections, devices = START_ONLY[name]
    document = BASE.format(sections=sections, devices=devices)
    host.define_guest(document).undefine()
    row = next(each for each in REJECTIONS if each.name == name)
    warnings = check_change_accepted(BASE.format(sections="", devices=""), document, host, Checks())
    assert len(warnings) == 1
    assert row.hint in warnings[0]
    with pytest.raises(virtinstall.HypervisorError) as caught:
        check_accepted([document], host, Checks())
    assert caught.value.hint == row.hint


def expected_row(host: LibvirtHost, name: str) -> str | None:
    """Return the row of a case with this libvirt and this QEMU; None where they accept it."""
    if host.libvirt_version() >= SUPPORTED_SINCE.get(name, math.inf):
        return None
    capabilities = host.domain_capabilities_xml(None, "x86_64", "q35", "qemu")
    has_spice = capabilities is not None and "<value>spice</value>" in capabilities
    if name == "spice-module" and has_spice:
        return None
    return "spice-module" if name == "spice-tls" and not has_spice else name


@pytest.mark.parametrize("name", REJECTED)
def test_rejected_document_is_an_error_with_a_hint(host: LibvirtHost, name: str) -> None:
    """The definition fails with the same message."""
    document, row = REJECTED[name], expected_row(host, name)
    if row is None:
        host.define_guest(document).undefine()
        assert check_change_accepted(None, document, host, Checks()) == []
        return
    with pytest.raises(virtinstall.HypervisorError) as defined:
        host.define_guest(document).undefine()
    with pytest.raises(virtinstall.HypervisorError) as caught:
        check_change_accepted(None, document, host, Checks())
    assert caught.value.hint == next(each.hint for each in REJECTIONS if each.name == row)
    assert caught.value.message.partition(": ")[2] == defined.value.message.partition(": ")[2]
    assert check_change_accepted(document, document, host, Checks()) == [], "the change is not what is wrong"
    (warning,) = check_change_accepted(None, document, host, Checks(xml=False))
    assert re.search(r"libvirt rejects the guest's XML", warning)


@pytest.mark.parametrize("preview", ["--dry-run", "--print-xml", "--print-xml=1"])
def test_preview_of_a_rejected_guest_fails(system: Connection, preview: str) -> None:
    """The exit status is 1; `--check xml=off` changes the error to a warning."""
    args = [
        *("--connect", system.uri, "--virt-type", "qemu", "--name", "preview-cpus", "--memory", "256"),
        *("--osinfo", "generic", "--disk", "none", "--network", "none", "--import", "--vcpus", "999", preview),
    ]
    failed = finish(start_virt_install(*args))
    assert failed.status == 1
    assert "Maximum CPUs greater than" in failed.output
    assert "hint: reduce --vcpus" in failed.output
    passed = finish(start_virt_install(*args, "--check", "xml=off"))
    assert passed.status == 0, passed.output
    assert "WARNING  libvirt rejects" in passed.output


def test_missing_volume_is_an_error(system: Connection, work: Path) -> None:
    """It is specified with `source.volume=` or with `vol=`."""
    pool = f"preview-{work.name}"
    system.virsh("pool-create-as", pool, "dir", "--target", str(work))
    args = ("--connect", system.uri, "--virt-type", "qemu", "--name", "preview-volume", "--memory", "256")
    try:
        for disk in (f"source.pool={pool},source.volume=none", f"vol={pool}/none"):
            done = finish(start_virt_install(*args, "--osinfo", "generic", "--import", "--disk", disk, "--print-xml"))
            assert done.status == 1, done.output
            assert f"vol={pool}/none: no such volume" in done.output
    finally:
        system.virsh("pool-destroy", pool)
