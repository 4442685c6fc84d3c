"""--hostdev: the request for a device of the host, before the host is queried."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.hostdev import Hostdev
from virtinstall.errors import RequestError


@pytest.mark.parametrize("name", ["pci_0000_00_19_0", "0:15:0.1", "001.003", "0x0781:0x5567", "usb_usb5_hub"])
def test_name_is_a_request(name: str) -> None:
    """The XML does not contain the device until the host has been queried."""
    hostdev = parsed(Hostdev, name)
    assert hostdev.name == name
    assert line(hostdev) == "<hostdev/>"


def test_other_values_are_set_immediately() -> None:
    """Boot order, driver and ROM do not depend on the host; old spellings are accepted."""
    text = "pci_0000_00_19_0,boot.order=2,driver.name=vfio,rom.bar=off"
    expected = '<hostdev><driver name="vfio"/><rom bar="off"/><boot order="2"/></hostdev>'
    assert line(parsed(Hostdev, text)) == expected
    assert (
        line(parsed(Hostdev, text.replace("boot.", "boot_").replace("r.n", "r_n").replace("rom.", "rom_"))) == expected
    )


def test_numa_nodes_may_contain_commas() -> None:
    """The value ends at the next sub-option."""
    hostdev = parsed(Hostdev, "x,acpi.nodeset=0,2-3,driver.iommufd=yes")
    assert (hostdev.acpi_nodeset, hostdev.driver_iommufd) == ("0,2-3", True)


def test_boot_order_must_be_a_number() -> None:
    """A value that is not a number is rejected; the error names the sub-option."""
    with pytest.raises(RequestError, match=r"--hostdev boot\.order=first: must be a whole number"):
        parsed(Hostdev, "x,boot.order=first")
