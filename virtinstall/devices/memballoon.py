"""`--memballoon`: a device through which the host reclaims memory from the guest.

Source: https://libvirt.org/formatdomain.html#memory-balloon-device
"""

from __future__ import annotations

from virtinstall.devices.device import Device, unless_default
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, TEXT


class Memballoon(Device, VirtioDriver):
    """<memballoon>: the memory balloon; the model `none` removes it."""

    tag = "memballoon"
    none_word = "value"
    bare = ("model",)

    model: XmlField[str] = XmlField("./@model", TEXT, "Model: `virtio`, `none`, `xen`.", convert=unless_default)
    autodeflate: XmlField[bool] = XmlField(
        "./@autodeflate", ON_OFF, "Whether the balloon deflates when the guest runs out of memory."
    )
    stats_period: XmlField[int] = XmlField("./stats/@period", INTEGER, "Seconds between reports of memory use.")
    free_page_reporting: XmlField[bool] = XmlField(
        "./@freePageReporting", ON_OFF, "Whether the guest reports free pages to the host."
    )
