"""`--hub`: a USB hub.

Source: https://libvirt.org/formatdomain.html#hub-devices
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT


class Hub(Device):
    """<hub>: a USB hub."""

    tag = "hub"
    bare = ("type",)

    type: XmlField[str] = XmlField("./@type", TEXT, "Kind: `usb`.")
