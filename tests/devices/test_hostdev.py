"""--hostdev: the wish for a device of the host, before the host is asked which one it is."""

from __future__ import annotations

import pytest

from tests.devices.asked import asked, line
from virtinstall.devices.hostdev import Hostdev
from virtinstall.errors import RequestError


@pytest.mark.parametrize("name", ["pci_0000_00_19_0", "0:15:0.1", "001.003", "0x0781:0x5567", "usb_usb5_hub"])
def test_name_is_kept_for_the_host(name: str) -> None:
    """The bare word names the device; nothing of it is in the XML until the host has been asked."""
    hostdev = asked(Hostdev, name)
    assert hostdev.name == name
    assert line(hostdev) == "<hostdev/>"


def test_the_rest_is_set_at_once() -> None:
    """Boot order, driver and ROM don't depend on the host; their old words do as well."""
    text = "pci_0000_00_19_0,boot.order=2,driver.name=vfio,rom.bar=off"
    expected = '<hostdev><driver name="vfio"/><rom bar="off"/><boot order="2"/></hostdev>'
    assert line(asked(Hostdev, text)) == expected
    assert (
        line(asked(Hostdev, text.replace("boot.", "boot_").replace("r.n", "r_n").replace("rom.", "rom_"))) == expected
    )


def test_nodes_with_commas() -> None:
    """A set of NUMA nodes holds commas, up to the next sub-option."""
    hostdev = asked(Hostdev, "x,acpi.nodeset=0,2-3,driver.iommufd=yes")
    assert (hostdev.acpi_nodeset, hostdev.driver_iommufd) == ("0,2-3", True)


def test_boot_order_must_be_a_number() -> None:
    """A word is refused, with the sub-option named."""
    with pytest.raises(RequestError, match=r"--hostdev boot\.order=first: must be a whole number"):
        asked(Hostdev, "x,boot.order=first")
