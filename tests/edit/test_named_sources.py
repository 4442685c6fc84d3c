"""Edits that name a source on the host: volumes and host devices."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edit.conftest import GUEST, VirtXml

NAME = "11111111-0000-0000-0000-000000000001"
USB = (
    "<device><name>usb_device_1234_5678_x</name><parent>computer</parent><capability type='usb_device'><bus>1</bus>"
    "<device>4</device><product id='0x5678'>p</product><vendor id='0x1234'>v</vendor></capability></device>"
)
POOL = (
    "<pool type='dir'><name>images</name><target><path>/images</path></target>"
    "<volume type='file'><name>two.qcow2</name><capacity>1000</capacity><target><format type='qcow2'/></target>"
    "</volume></pool>"
    "<pool type='logical'><name>vg</name><source><name>vg</name></source><target><path>/dev/vg</path></target>"
    "<volume type='block'><name>lv</name><capacity>1000</capacity></volume></pool>"
)
HOSTDEV = (
    "<hostdev mode='subsystem' type='usb' managed='yes'><source><vendor id='0x1234'/><product id='0x5678'/></source>"
    "</hostdev>"
)


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """A test driver with pools and a USB device."""
    guest = GUEST.format(name="off", uuid=NAME, state="").replace("</devices>", HOSTDEV + "</devices>")
    path = tmp_path / "node.xml"
    path.write_text(f"<node>{POOL}{USB}{guest}</node>")
    return f"test://{path}"


@pytest.mark.parametrize("vol", ["vol=images/two.qcow2", "path=/images/two.qcow2"])
def test_volume_of_a_directory_pool_is_a_file(virt_xml: VirtXml, vol: str) -> None:
    """The path of the volume is looked up in its pool."""
    run = virt_xml("off", "--print-diff", "--edit", "--disk", vol)

    assert '<source file="/images/two.qcow2"/>' in run.new
    assert not any("<disk" in line for line in run.new)


@pytest.mark.parametrize("vol", ["vol=vg/lv", "path=/dev/vg/lv"])
def test_a_logical_volume_is_a_block_device(virt_xml: VirtXml, vol: str) -> None:
    """The type of the disk changes to block."""
    run = virt_xml("off", "--print-diff", "--edit", "--disk", vol)

    assert '<disk type="block" device="disk">' in run.new
    assert '<source dev="/dev/vg/lv"/>' in run.new


def test_a_missing_volume_is_an_error(virt_xml: VirtXml) -> None:
    """The guest is not changed."""
    run = virt_xml("off", "--edit", "--disk", "vol=images/none")

    assert (run.status != 0, run.new) == (True, [])
    assert "no such volume" in run.err


@pytest.mark.parametrize("name", ["usb_device_1234_5678_x", "1234:5678", "0x1234:0x5678"])
def test_host_device_is_selected_by_name_or_id(virt_xml: VirtXml, name: str) -> None:
    """The value is its node device name or its vendor and product IDs."""
    run = virt_xml("off", "--print-diff", "--edit", name, "--hostdev", "boot.order=3")

    assert run.new == ['<boot order="3"/>']


def test_host_device_that_the_guest_lacks_is_an_error(virt_xml: VirtXml) -> None:
    """No device of the guest has these IDs."""
    assert virt_xml("off", "--edit", "1111:2222", "--hostdev", "boot.order=3").status != 0
