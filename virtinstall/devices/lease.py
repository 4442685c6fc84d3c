"""`--lease`: a lock on a resource that several hosts share.

Source: https://libvirt.org/formatdomain.html#device-leases
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT


class Lease(Device):
    """<lease>: a lock on a resource that several hosts share."""

    tag = "lease"

    lockspace: XmlField[str] = XmlField("./lockspace", TEXT, "Name of the lock space.")
    key: XmlField[str] = XmlField("./key", TEXT, "Key of the lock.")
    target_path: XmlField[str] = XmlField("./target/@path", TEXT, "File with the locks.")
    target_offset: XmlField[int] = XmlField("./target/@offset", INTEGER, "Offset of the lock in that file.")
