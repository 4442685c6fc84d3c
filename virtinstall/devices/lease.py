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

    lockspace: XmlField[str] = XmlField("./lockspace", TEXT, "Name of the lockspace.")
    key: XmlField[str] = XmlField("./key", TEXT, "Key of the lease in the lockspace.")
    target_path: XmlField[str] = XmlField("./target/@path", TEXT, "Path of the lease file.")
    target_offset: XmlField[int] = XmlField("./target/@offset", INTEGER, "Offset of the lease in the file.")
