"""Common parts of all devices: address and alias.

Source: https://libvirt.org/formatdomain.html#devices
"""

from __future__ import annotations

from typing import ClassVar

from virtinstall.xml.children import Child
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, TEXT, parse_integer


def _port(text: str) -> str:
    """Return a port number, or port numbers along USB hubs, separated by dots."""
    if "." in text and text.replace(".", "0").isdigit():
        return text
    return str(parse_integer(text))


class Address(Element):
    """<address>: the device's address on a bus in the guest.

    Source: https://libvirt.org/formatdomain.html#device-addresses
    """

    tag = "address"

    type: XmlField[str] = XmlField("./@type", TEXT, "Kind of address: `pci`, `drive`, `usb`, `virtio-serial`, ...")
    domain: XmlField[int] = XmlField("./@domain", INTEGER, "PCI domain, usually 0.")
    bus: XmlField[int] = XmlField("./@bus", INTEGER, "Bus number.")
    slot: XmlField[int] = XmlField("./@slot", INTEGER, "PCI slot, such as `0x4`.")
    multifunction: XmlField[bool] = XmlField("./@multifunction", ON_OFF, "Whether other functions share the PCI slot.")
    function: XmlField[int] = XmlField("./@function", INTEGER, "PCI function, 0 to 7.")
    controller: XmlField[int] = XmlField("./@controller", INTEGER, "Index of the device's controller.")
    unit: XmlField[int] = XmlField("./@unit", INTEGER, "Unit on the controller's bus.")
    port: XmlField[str] = XmlField(
        "./@port", TEXT, "Port of a USB or virtio-serial bus; `1.2` is a port of a USB hub.", convert=_port
    )
    target: XmlField[int] = XmlField("./@target", INTEGER, "SCSI target.")
    reg: XmlField[str] = XmlField("./@reg", TEXT, "Register of a spapr-vio device, such as `0x500`.")
    cssid: XmlField[str] = XmlField("./@cssid", TEXT, "Channel subsystem of a ccw device (s390).")
    ssid: XmlField[str] = XmlField("./@ssid", TEXT, "Subchannel set of a ccw device (s390).")
    devno: XmlField[str] = XmlField("./@devno", TEXT, "Device number of a ccw device (s390).")
    iobase: XmlField[str] = XmlField("./@iobase", TEXT, "I/O port of an ISA device, such as `0x505`.")
    irq: XmlField[str] = XmlField("./@irq", TEXT, "Interrupt of an ISA device.")
    base: XmlField[str] = XmlField("./@base", TEXT, "Base address of a memory device.")
    zpci_uid: XmlField[str] = XmlField("./zpci/@uid", TEXT, "User-defined ID of a zPCI device (s390).")
    zpci_fid: XmlField[str] = XmlField("./zpci/@fid", TEXT, "Function ID of a zPCI device (s390).")


class Device(Element):
    """The base class of all devices."""

    above: ClassVar[tuple[str, ...] | None] = ("devices",)
    trailing: ClassVar[tuple[str, ...]] = ("boot", "alias", "address")

    address: Child[Address] = Child("./address", Address)
    alias_name: XmlField[str] = XmlField(
        "./alias/@name", TEXT, "Alias of the device; aliases chosen by users begin with `ua-`."
    )


def unless_default(text: str) -> str | None:
    """Return `text`; for `default`, return None, so that a value is chosen when the domain is composed."""
    return None if text == "default" else text
