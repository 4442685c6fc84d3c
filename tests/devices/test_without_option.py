"""Devices without an option (crypto, lease, hub, nvram, redirfilter), and the sources of host devices."""

from __future__ import annotations

from tests.devices.parsed import line
from virtinstall.devices.crypto import Crypto
from virtinstall.devices.hostdev import Hostdev
from virtinstall.devices.hub import Hub
from virtinstall.devices.lease import Lease
from virtinstall.devices.nvram import Nvram
from virtinstall.devices.redirfilter import Redirfilter


def test_device_is_created_with_its_fields() -> None:
    """Scripts use these devices through the library."""
    crypto = Crypto(model="virtio", type="qemu", backend_model="builtin", backend_queues=2)
    assert line(crypto) == '<crypto model="virtio" type="qemu"><backend model="builtin" queues="2"/></crypto>'
    lease = Lease(lockspace="space", key="k", target_path="/locks", target_offset=1024)
    assert line(lease) == (
        '<lease><lockspace>space</lockspace><key>k</key><target path="/locks" offset="1024"/></lease>'
    )
    assert line(Hub(type="usb")) == '<hub type="usb"/>'
    nvram = Nvram()
    nvram.address.type, nvram.address.reg = "spapr-vio", "0x3000"
    assert line(nvram) == '<nvram><address type="spapr-vio" reg="0x3000"/></nvram>'


def test_redirection_rules_keep_their_order() -> None:
    """The first matching rule is applied."""
    rules = '<usbdev class="0x08" vendor="0x1234" allow="yes"/><usbdev allow="no"/>'
    parsed = Redirfilter.parse(f"<redirfilter>{rules}</redirfilter>")
    assert [(rule.class_, rule.vendor, rule.allow) for rule in parsed.rules] == [
        ("0x08", "0x1234", True),
        (None, None, False),
    ]


def test_host_devices_have_the_elements_of_their_kind() -> None:
    """The kinds are PCI, USB and mediated devices."""
    pci = Hostdev(type="pci", source_address_domain=0, source_address_bus=0, source_address_slot=25)
    assert line(pci) == '<hostdev type="pci"><source><address domain="0" bus="0" slot="25"/></source></hostdev>'
    usb = Hostdev(type="usb", source_vendor_id="0x0781", source_product_id="0x5567")
    assert line(usb) == '<hostdev type="usb"><source><vendor id="0x0781"/><product id="0x5567"/></source></hostdev>'
    mdev = Hostdev(type="mdev", model="vfio-pci", source_address_uuid="8e37ee90")
    assert line(mdev) == ('<hostdev type="mdev" model="vfio-pci"><source><address uuid="8e37ee90"/></source></hostdev>')
