"""--controller: sets, short addresses, the number of free ports."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.controller import Controller
from virtinstall.errors import RequestError


@pytest.mark.parametrize("word", ["usb2", "usb3"])
def test_sets_are_resolved_by_the_composer(word: str) -> None:
    """A set is a request: the composer creates its controllers."""
    controller = parsed(Controller, word)
    assert controller.set_of == word
    assert line(controller) == "<controller/>"
    assert parsed(Controller, "type=scsi", controller).set_of is None


@pytest.mark.parametrize(
    ("text", "domain", "bus", "slot", "function"),
    [("0:0:4.7", 0, 0, 4, 7), ("1:4.0", 0, 1, 4, 0), ("2:1:9.1", 2, 1, 9, 1)],
)
def test_short_address_is_a_pci_address(text: str, domain: int, bus: int, slot: int, function: int) -> None:
    """The form is [DOMAIN:]BUS:SLOT.FUNCTION; the domain is written even when it is 0."""
    address = parsed(Controller, f"usb,address={text}").address
    assert (address.type, address.domain, address.bus, address.slot, address.function) == (
        "pci",
        domain,
        bus,
        slot,
        function,
    )


@pytest.mark.parametrize("text", ["4.7", "0:4", "a", "0:0:0:4.7", "x:y.z"])
def test_other_addresses_are_errors(text: str) -> None:
    """The error shows the form."""
    with pytest.raises(RequestError, match=r"must be a PCI address in the form \[DOMAIN:\]BUS:SLOT\.FUNCTION"):
        parsed(Controller, f"usb,address={text}")


def test_parts_of_the_address_are_sub_options() -> None:
    """They are an alternative to the short address."""
    assert line(parsed(Controller, "usb,address.type=pci,address.slot=0x4,address.multifunction=on")) == (
        '<controller type="usb"><address type="pci" slot="4" multifunction="on"/></controller>'
    )


def test_companions_and_queues_have_short_names() -> None:
    """The dotted names are `master.startport` and `driver.queues`."""
    assert line(parsed(Controller, "usb,master=2,driver_queues=4")) == (
        '<controller type="usb"><master startport="2"/><driver queues="4"/></controller>'
    )


def test_root_port_has_a_slot_and_hotplug() -> None:
    """The switch is written as on or off."""
    assert line(parsed(Controller, "pci,model=pcie-root-port,target.port=0x8,target.hotplug=no")) == (
        '<controller type="pci" model="pcie-root-port"><target port="8" hotplug="off"/></controller>'
    )


def test_free_ports_are_a_request() -> None:
    """The number of free ports is not a controller; it must be a number."""
    controller = parsed(Controller, "num_pcie_root_ports=3")
    assert controller.num_pcie_root_ports == 3
    assert line(controller) == "<controller/>"
    with pytest.raises(RequestError, match="must be a whole number"):
        parsed(Controller, "num_pcie_root_ports=few")


def test_short_address_is_decimal() -> None:
    """Digits have the same meaning as in `address.slot`; hexadecimal has the prefix 0x."""
    assert parsed(Controller, "usb,address=0:10.0").address.slot == 10
    assert parsed(Controller, "usb,address=0:0x1f.0").address.slot == 31
