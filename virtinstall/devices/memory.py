"""`--memdev`: a memory module.

Source: https://libvirt.org/formatdomain.html#memory-devices
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.xml.convert import mib_to_kib
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, PRESENT, SIZE, TEXT, YES_NO


class MemoryDevice(Device, VirtioDriver):
    """<memory> below <devices>: a DIMM, NVDIMM, virtio-mem, virtio-pmem or SGX EPC module."""

    tag = "memory"
    bare = ("model",)

    model: XmlField[str] = XmlField("./@model", TEXT, "Kind: `dimm`, `nvdimm`, `virtio-mem`, `virtio-pmem`, `sgx-epc`.")
    access: XmlField[str] = XmlField("./@access", TEXT, "Mapping by other processes: `shared` (allowed), `private`.")
    discard: XmlField[bool] = XmlField("./@discard", YES_NO, "Discard the memory's content when the guest stops.")
    uuid: XmlField[str] = XmlField("./uuid", TEXT, "UUID of an NVDIMM (pseries).")
    target_size: XmlField[int] = XmlField(
        "./target/size",
        SIZE,
        "Size in MiB, or with a unit.",
        aliases=("target_size",),
        convert=mib_to_kib,
    )
    target_node: XmlField[int] = XmlField("./target/node", INTEGER, "Guest NUMA node.", aliases=("target_node",))
    target_label_size: XmlField[int] = XmlField(
        "./target/label/size",
        SIZE,
        "Size of the label area in MiB, or with a unit (NVDIMM).",
        name="target.label_size",
        aliases=("target_label_size",),
        convert=mib_to_kib,
    )
    target_block: XmlField[int] = XmlField("./target/block", INTEGER, "Block size in KiB (virtio-mem).")
    target_current: XmlField[int] = XmlField("./target/current", INTEGER, "Current size in KiB (virtio-mem).")
    target_requested: XmlField[int] = XmlField("./target/requested", INTEGER, "Requested size in KiB (virtio-mem).")
    target_readonly: XmlField[bool] = XmlField(
        "./target/readonly", PRESENT, "Whether the module is read-only (NVDIMM)."
    )
    target_address_base: XmlField[str] = XmlField(
        "./target/address/@base", TEXT, "Base address in the guest's memory.", name="target.address_base"
    )
    source_pagesize: XmlField[int] = XmlField(
        "./source/pagesize", INTEGER, "Host page size in KiB.", aliases=("source_pagesize",)
    )
    source_path: XmlField[str] = XmlField(
        "./source/path", TEXT, "File or device on the host that contains the memory.", aliases=("source_path",)
    )
    source_nodemask: XmlField[str] = XmlField(
        "./source/nodemask",
        TEXT,
        "Host NUMA nodes for the memory, such as `0-1`.",
        aliases=("source_nodemask",),
        commas=True,
    )
    source_pmem: XmlField[bool] = XmlField("./source/pmem", PRESENT, "Whether the source is persistent memory.")
    source_alignsize: XmlField[int] = XmlField(
        "./source/alignsize", SIZE, "Alignment in MiB, or with a unit (NVDIMM).", convert=mib_to_kib
    )
    target_dynamic_memslots: XmlField[bool] = XmlField(
        "./target/@dynamicMemslots", YES_NO, "Use memory slots as they are needed."
    )

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """Return the order in which libvirt writes the child elements."""
        return ("./uuid", "./source", "./target")
