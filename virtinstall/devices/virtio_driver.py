"""The `<driver>` attributes that every virtio device has.

Source: https://libvirt.org/formatdomain.html#virtio-related-options
"""

from __future__ import annotations

from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import ON_OFF


class VirtioDriver(Element):
    """Mixed into the classes of devices that may be virtio ones."""

    driver_ats: XmlField[bool] = XmlField("./driver/@ats", ON_OFF, "Address translation service for PCIe devices.")
    driver_iommu: XmlField[bool] = XmlField("./driver/@iommu", ON_OFF, "Have the device go through the emulated IOMMU.")
    driver_packed: XmlField[bool] = XmlField("./driver/@packed", ON_OFF, "Packed virtqueues.")
    driver_page_per_vq: XmlField[bool] = XmlField(
        "./driver/@page_per_vq", ON_OFF, "A page of notifications for each virtqueue."
    )
