"""`--iommu`: an IOMMU.

Source: https://libvirt.org/formatdomain.html#iommu-devices
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, TEXT


class Iommu(Device):
    """<iommu>: an IOMMU."""

    tag = "iommu"
    bare = ("model",)

    model: XmlField[str] = XmlField("./@model", TEXT, "Model: `intel`, `smmuv3`, `virtio`.")
    driver_aw_bits: XmlField[int] = XmlField("./driver/@aw_bits", INTEGER, "Bits of an address.")
    driver_intremap: XmlField[bool] = XmlField("./driver/@intremap", ON_OFF, "Remap interrupts.")
    driver_caching_mode: XmlField[bool] = XmlField(
        "./driver/@caching_mode", ON_OFF, "Caching mode, which VFIO devices need."
    )
    driver_eim: XmlField[bool] = XmlField("./driver/@eim", ON_OFF, "Extended interrupt mode.")
    driver_iotlb: XmlField[bool] = XmlField("./driver/@iotlb", ON_OFF, "Cache for vhost devices.")
