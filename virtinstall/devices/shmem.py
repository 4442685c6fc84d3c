"""`--shmem`: memory shared with other guests.

Source: https://libvirt.org/formatdomain.html#shared-memory-device
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, TEXT


class Shmem(Device):
    """<shmem>: memory shared with other guests."""

    tag = "shmem"
    bare = ("name",)

    name: XmlField[str] = XmlField("./@name", TEXT, "Name of the shared memory.")
    role: XmlField[str] = XmlField(
        "./@role", TEXT, "`master`: the memory is migrated with the guest; `peer`: it is not."
    )
    model_type: XmlField[str] = XmlField("./model/@type", TEXT, "Model: `ivshmem-plain`, `ivshmem-doorbell`.")
    size: XmlField[int] = XmlField("./size", INTEGER, "Size of the memory, in `size.unit`.")
    size_unit: XmlField[str] = XmlField("./size/@unit", TEXT, "Unit of `size`: `M`.")
    server_path: XmlField[str] = XmlField("./server/@path", TEXT, "Socket of the server (doorbell).")
    msi_vectors: XmlField[int] = XmlField("./msi/@vectors", INTEGER, "Number of interrupt vectors (doorbell).")
    msi_ioeventfd: XmlField[bool] = XmlField("./msi/@ioeventfd", ON_OFF, "Use ioeventfd (doorbell).")
