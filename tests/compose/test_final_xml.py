"""The final definition: the composed one, completed with the values that libvirt chose at the first boot."""

from __future__ import annotations

import pytest
from lxml import etree

from virtinstall.compose.final_xml import completed
from virtinstall.domain.domain import Domain

FINAL = """<domain type="kvm"><name>g</name>
<os firmware="efi"><type arch="x86_64" machine="q35">hvm</type>
<firmware><feature enabled="no" name="secure-boot"/></firmware></os>
<genid/>
<on_reboot>restart</on_reboot>
<devices><emulator>/usr/bin/qemu</emulator>
<disk type="file" device="disk"><source file="/d"/><target dev="vda" bus="virtio"/><boot order="1"/></disk>
<disk type="file" device="cdrom"><target dev="sda" bus="sata"/></disk>
<controller type="pci" model="pcie-root"/><controller type="pci" model="pcie-root-port"/>
<interface type="network"><source network="default"/><mac address="52:54:00:AA:00:01"/></interface>
<interface type="user"/>
<rng model="virtio"/>
</devices></domain>"""

HELD = """<domain type="kvm"><name>g</name>
<os firmware="efi"><type arch="x86_64" machine="pc-q35-7.2">hvm</type>
<firmware><feature enabled="no" name="secure-boot"/></firmware>
<loader readonly="yes" type="pflash">/OVMF.fd</loader><nvram>/g_VARS.fd</nvram></os>
<genid>43dc0cf8-809b-4adb-9bea-a9abb5f3d90e</genid>
<on_reboot>destroy</on_reboot>
<devices><emulator>/usr/bin/qemu</emulator>
<disk type="file" device="cdrom"><source file="/seed"/><target dev="sda" bus="sata"/>
<address type="drive" unit="0"/></disk>
<disk type="file" device="disk"><source file="/d"/><target dev="vda" bus="virtio"/>
<address type="pci" bus="0x03"/></disk>
<controller type="pci" index="0" model="pcie-root"><alias name="pcie.0"/></controller>
<controller type="pci" index="1" model="pcie-root-port"><address type="pci" slot="0x02"/></controller>
<controller type="sata" index="0"><address type="pci" slot="0x1f"/></controller>
<interface type="user"><mac address="52:54:00:00:00:02"/><address type="pci" bus="0x02"/></interface>
<interface type="network"><source network="default"/><mac address="52:54:00:aa:00:01"/>
<address type="pci" bus="0x01"/></interface>
<rng model="virtio"><alias name="rng0"/><address type="pci" bus="0x04"/></rng>
<memballoon model="virtio"><alias name="balloon0"/><address type="pci" bus="0x05"/></memballoon>
</devices></domain>"""


def final_xml(final: str = FINAL, held: str = HELD, first_boot: str | None = None) -> etree._Element:
    """Return the completed document; `first_boot` is the XML of the first boot, if it differs from `final`."""
    done = completed(Domain.parse(final), Domain.parse(first_boot or final), Domain.parse(held))
    return etree.fromstring(done.to_xml().encode())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("os/type/@machine", "pc-q35-7.2"),
        ("genid/text()", "43dc0cf8-809b-4adb-9bea-a9abb5f3d90e"),
        ("devices/disk[target/@dev='vda']/address/@bus", "0x03"),
        ("devices/disk[target/@dev='sda']/address/@type", "drive"),
        ("devices/interface[@type='network']/address/@bus", "0x01"),
        ("devices/interface[@type='user']/address/@bus", "0x02"),
        ("devices/interface[@type='user']/mac/@address", "52:54:00:00:00:02"),
        ("devices/rng/address/@bus", "0x04"),
        ("devices/memballoon/address/@bus", "0x05"),
        ("devices/controller[@type='sata']/address/@slot", "0x1f"),
        ("devices/controller[@model='pcie-root-port']/@index", "1"),
    ],
)
def test_values_that_libvirt_chose_are_copied(path: str, value: str) -> None:
    """Each value occurs once, in the device that it belongs to."""
    assert final_xml().xpath(path) == [value]


@pytest.mark.parametrize(
    "path", ["os/loader", "os/nvram", ".//alias", "devices/disk[target/@dev='sda']/source", "devices/*[2][@index='1']"]
)
def test_values_of_the_first_boot_are_not_copied(path: str) -> None:
    """libvirt rejects a loader together with firmware features, and the seed no longer exists."""
    assert final_xml().xpath(path) == []


def test_other_values_are_those_of_the_composed_document() -> None:
    """Examples are actions at a reboot, boot order and firmware features."""
    done = final_xml()
    assert done.findtext("on_reboot") == "restart" and done.find("os/firmware/feature") is not None
    assert done.xpath("devices/disk[boot]/target/@dev") == ["vda"]


def test_specified_address_is_kept() -> None:
    """Only missing addresses are added."""
    final = FINAL.replace('<rng model="virtio"/>', '<rng model="virtio"><address type="pci" bus="0x09"/></rng>')
    assert final_xml(final).xpath("devices/rng/address/@bus") == ["0x09"]


def test_disk_of_the_first_boot_is_not_in_the_final_xml() -> None:
    """The seed was a virtio disk at the first boot only."""
    seed = '<disk type="file" device="disk"><source file="/seed"/><target dev="vdb" bus="virtio"/></disk>'
    first_boot = FINAL.replace("<controller", f"{seed}<controller", 1)
    held = HELD.replace("<controller", f"{seed}<controller", 1)
    assert final_xml(FINAL, held, first_boot).xpath("devices/disk/target/@dev") == ["vda", "sda"]


def test_device_that_the_first_boot_lacked_is_kept() -> None:
    """If the numbers of devices differ, no addresses are copied."""
    first_boot = FINAL.replace('<rng model="virtio"/>', "")
    held = HELD.replace('<rng model="virtio"><alias name="rng0"/><address type="pci" bus="0x04"/></rng>', "")
    done = final_xml(FINAL, held, first_boot)
    assert len(done.findall("devices/rng")) == 1 and done.find("devices/rng/address") is None


def test_input_documents_are_not_changed() -> None:
    """The plan's domains may be printed afterwards."""
    final, held = Domain.parse(FINAL), Domain.parse(HELD)
    before = final.to_xml(), held.to_xml()
    completed(final, final, held)
    assert (final.to_xml(), held.to_xml()) == before
