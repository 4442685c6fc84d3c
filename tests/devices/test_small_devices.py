"""Devices with a few sub-options each: sound, balloon, vsock, panic, watchdog, IOMMU, pstore, audio, shared memory."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.audio import Audio
from virtinstall.devices.device import Device
from virtinstall.devices.input import Input
from virtinstall.devices.iommu import Iommu
from virtinstall.devices.memballoon import Memballoon
from virtinstall.devices.panic import Panic
from virtinstall.devices.pstore import Pstore
from virtinstall.devices.shmem import Shmem
from virtinstall.devices.sound import Sound
from virtinstall.devices.vsock import Vsock
from virtinstall.devices.watchdog import Watchdog
from virtinstall.errors import RequestError


@pytest.mark.parametrize(
    ("cls", "text", "xml"),
    [
        (
            Sound,
            "ich6,codec0.type=micro,codec1.type=duplex",
            "model='ich6'><codec type='micro'/><codec type='duplex'/>",
        ),
        (Sound, "usb,multichannel=on,audio.id=1", "model='usb' multichannel='yes'><audio id='1'/>"),
        (Audio, "type=spice,id=1", "type='spice' id='1'"),
        (Memballoon, "virtio,autodeflate=yes,stats.period=10,freePageReporting=0", None),
        (Watchdog, "ib700,action=pause", "model='ib700' action='pause'"),
        (Iommu, "intel,driver.aw_bits=48,driver.intremap=yes", "model='intel'><driver aw_bits='48' intremap='on'/>"),
        (Pstore, "backend=acpi-erst,path=/a,size=8", "backend='acpi-erst'><path>/a</path><size>8</size>"),
        (Vsock, "virtio,cid=17", "model='virtio'><cid address='17'/>"),
        (Vsock, "auto_cid=on", "><cid auto='yes'/>"),
        (Vsock, "none", "model='none'"),
    ],
)
def test_option_creates_the_expected_xml(cls: type[Device], text: str, xml: str | None) -> None:
    """Values are in libvirt's elements, and switches are written as libvirt does."""
    if xml is None:
        xml = "model='virtio' autodeflate='on' freePageReporting='off'><stats period='10'/>"
    start = f"<{cls.tag}{xml}" if xml.startswith(">") else f"<{cls.tag} {xml}"
    whole = f"{start}</{cls.tag}>" if ">" in xml else f"{start}/>"
    assert line(parsed(cls, text)) == whole.replace("'", '"')


@pytest.mark.parametrize("cls", [Sound, Memballoon, Watchdog, Vsock, Panic])
def test_default_leaves_the_choice_open(cls: type[Device]) -> None:
    """The value `default` requests the device and sets nothing else."""
    assert line(parsed(cls, "default")) == f"<{cls.tag}/>"


@pytest.mark.parametrize(
    ("cls", "none_word"),
    [
        (Sound, "suppress"),
        (Memballoon, "value"),
        (Vsock, "value"),
        (Watchdog, "no-op"),
        (Panic, "no-op"),
    ],
)
def test_none_removes_the_default_or_is_a_value(cls: type[Device], none_word: str) -> None:
    """For some devices it has no effect."""
    assert cls.none_word == none_word


class TestPanic:
    """--panic: the value without a key is a model or an ISA port."""

    @pytest.mark.parametrize("text", ["0x505", "iobase=0x505", "address.type=isa,address.iobase=0x505"])
    def test_port_is_an_isa_address(self, text: str) -> None:
        """Any spelling of the port is accepted."""
        assert line(parsed(Panic, text)) == '<panic><address type="isa" iobase="0x505"/></panic>'

    def test_other_values_are_the_model(self) -> None:
        """The device has no address then."""
        assert line(parsed(Panic, "hyperv")) == '<panic model="hyperv"/>'


def test_shmem_without_a_key_is_the_name() -> None:
    """The size has a separate unit."""
    text = "my_shmem0,role=peer,model.type=ivshmem-plain,size=8,size.unit=M,msi.vectors=2,msi.ioeventfd=no"
    assert line(parsed(Shmem, text)) == (
        '<shmem name="my_shmem0" role="peer"><model type="ivshmem-plain"/><size unit="M">8</size>'
        '<msi vectors="2" ioeventfd="off"/></shmem>'
    )


@pytest.mark.parametrize(("text", "port"), [("2", "2"), ("0x2", "2"), ("1.2", "1.2"), ("1.2.3", "1.2.3")])
def test_usb_port_may_be_below_a_hub(text: str, port: str) -> None:
    """It is a number, or port numbers along hubs."""
    assert parsed(Input, f"tablet,address.type=usb,address.port={text}").address.port == port


def test_invalid_port_is_rejected() -> None:
    """A USB port that is not a number is rejected."""
    with pytest.raises(RequestError, match=r"--input address\.port=front: must be a whole number"):
        parsed(Input, "tablet,address.port=front")
