"""`--crypto`: a crypto accelerator.

Source: https://libvirt.org/formatdomain.html#crypto
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT


class Crypto(Device):
    """<crypto>: a crypto accelerator."""

    tag = "crypto"
    bare = ("model",)

    model: XmlField[str] = XmlField("./@model", TEXT, "Model: `virtio`.")
    type: XmlField[str] = XmlField("./@type", TEXT, "Type: `qemu`.")
    backend_model: XmlField[str] = XmlField("./backend/@model", TEXT, "Backend: `builtin`, `lkcf`.")
    backend_queues: XmlField[int] = XmlField("./backend/@queues", INTEGER, "Number of queues.")
