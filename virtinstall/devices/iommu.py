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

    model: XmlField[str] = XmlField("./@model", TEXT, "Model: `intel`, `amd`, `smmuv3`, `virtio`.")
    driver_aw_bits: XmlField[int] = XmlField("./driver/@aw_bits", INTEGER, "Number of address bits.")
    driver_intremap: XmlField[bool] = XmlField("./driver/@intremap", ON_OFF, "Remap interrupts.")
    driver_caching_mode: XmlField[bool] = XmlField(
        "./driver/@caching_mode", ON_OFF, "Enable caching mode, which VFIO devices require."
    )
    driver_eim: XmlField[bool] = XmlField("./driver/@eim", ON_OFF, "Extended interrupt mode.")
    driver_iotlb: XmlField[bool] = XmlField("./driver/@iotlb", ON_OFF, "Enable the IOTLB for vhost devices.")
    driver_accel: XmlField[bool] = XmlField(
        "./driver/@accel", ON_OFF, "Translate addresses in the host's SMMU (smmuv3)."
    )
    driver_ats: XmlField[bool] = XmlField("./driver/@ats", ON_OFF, "Address Translation Service (smmuv3).")
    driver_ril: XmlField[bool] = XmlField("./driver/@ril", ON_OFF, "Range invalidation (smmuv3).")
    driver_pasid: XmlField[bool] = XmlField("./driver/@pasid", ON_OFF, "Process address space IDs (smmuv3).")
    driver_oas: XmlField[int] = XmlField("./driver/@oas", INTEGER, "Number of bits of an output address (smmuv3).")
    driver_ssidsize: XmlField[int] = XmlField(
        "./driver/@ssidsize", INTEGER, "Number of bits of a substream ID (smmuv3)."
    )
    driver_cmdqv: XmlField[bool] = XmlField(
        "./driver/@cmdqv", ON_OFF, "Let the guest use command queues directly (smmuv3)."
    )
    driver_dma_translation: XmlField[bool] = XmlField(
        "./driver/@dma_translation", ON_OFF, "Translate DMA addresses (intel, amd)."
    )
    driver_xtsup: XmlField[bool] = XmlField("./driver/@xtsup", ON_OFF, "128-bit interrupt remapping (amd).")
    driver_passthrough: XmlField[bool] = XmlField("./driver/@passthrough", ON_OFF, "Passthrough mode (amd).")
    driver_granule_mode: XmlField[str] = XmlField(
        "./driver/granule/@mode", TEXT, "Mode of the page granule: `host` (virtio)."
    )
    driver_granule_size: XmlField[int] = XmlField(
        "./driver/granule/@size", INTEGER, "Size of the page granule (virtio)."
    )
    driver_granule_unit: XmlField[str] = XmlField("./driver/granule/@unit", TEXT, "Unit of the size: `KiB`.")
    driver_pci_bus: XmlField[int] = XmlField("./driver/@pciBus", INTEGER, "PCI bus that the IOMMU serves (smmuv3).")
