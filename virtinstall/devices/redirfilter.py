"""`--redirfilter`: a filter for USB devices that can be redirected.

Source: https://libvirt.org/formatdomain.html#redirected-devices
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT, YES_NO


class UsbRule(Element):
    """<usbdev>: one rule for USB devices; the first rule that matches a device applies."""

    tag = "usbdev"

    class_: XmlField[str] = XmlField("./@class", TEXT, "USB class, such as `0x08` for storage, or `-1` for any.")
    vendor: XmlField[str] = XmlField("./@vendor", TEXT, "USB vendor ID, or `-1` for any.")
    product: XmlField[str] = XmlField("./@product", TEXT, "USB product ID, or `-1` for any.")
    version: XmlField[str] = XmlField("./@version", TEXT, "Version of the device, or `-1` for any.")
    allow: XmlField[bool] = XmlField("./@allow", YES_NO, "Whether such a device may be redirected.")


class Redirfilter(Device):
    """<redirfilter>: the rules for the redirection of USB devices, in order."""

    tag = "redirfilter"

    rules: Children[UsbRule] = Children("./usbdev", UsbRule, "Rules for USB devices.")
