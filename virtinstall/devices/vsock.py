"""`--vsock`: a device for sockets between host and guest.

Source: https://libvirt.org/formatdomain.html#vsock
"""

from __future__ import annotations

from virtinstall.devices.device import Device, unless_default
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT, YES_NO


class Vsock(Device, VirtioDriver):
    """<vsock>: a device for AF_VSOCK sockets between host and guest."""

    tag = "vsock"
    none_word = "value"
    bare = ("model",)

    model: XmlField[str] = XmlField("./@model", TEXT, "Model: `virtio`.", convert=unless_default)
    cid_auto: XmlField[bool] = XmlField(
        "./cid/@auto", YES_NO, "Whether libvirt chooses the guest's CID.", aliases=("auto_cid",)
    )
    cid_address: XmlField[int] = XmlField("./cid/@address", INTEGER, "The guest's CID, 3 or higher.", aliases=("cid",))
