"""The `<driver>` attributes of all virtio devices.

Source: https://libvirt.org/formatdomain.html#virtio-related-options
"""

from __future__ import annotations

from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import ON_OFF


class VirtioDriver(Element):
    """A mixin for devices that can be virtio devices, with the virtio attributes of <driver>."""

    driver_ats: XmlField[bool] = XmlField("./driver/@ats", ON_OFF, "PCIe Address Translation Service.")
    driver_iommu: XmlField[bool] = XmlField("./driver/@iommu", ON_OFF, "Use the emulated IOMMU for the device.")
    driver_packed: XmlField[bool] = XmlField("./driver/@packed", ON_OFF, "Packed virtqueues.")
    driver_page_per_vq: XmlField[bool] = XmlField(
        "./driver/@page_per_vq", ON_OFF, "Use a notification page for each virtqueue."
    )
