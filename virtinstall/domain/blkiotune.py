"""`--blkiotune`: the guest's share of the host's disk I/O.

Source: https://libvirt.org/formatdomain.html#block-i-o-tuning
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT


class BlkioDevice(Element):
    """<device>: the share and limits of the guest's I/O on one of the host's block devices."""

    tag = "device"

    path: XmlField[str] = XmlField("./path", TEXT, "Block device on the host: `/dev/sda`.")
    weight: XmlField[str] = XmlField("./weight", TEXT, "I/O weight of the guest on this device, 100 to 1000.")
    read_bytes_sec: XmlField[int] = XmlField("./read_bytes_sec", INTEGER, "Maximum number of bytes read per second.")
    write_bytes_sec: XmlField[int] = XmlField(
        "./write_bytes_sec", INTEGER, "Maximum number of bytes written per second."
    )
    read_iops_sec: XmlField[int] = XmlField("./read_iops_sec", INTEGER, "Maximum number of read requests per second.")
    write_iops_sec: XmlField[int] = XmlField(
        "./write_iops_sec", INTEGER, "Maximum number of write requests per second."
    )


class Blkiotune(Section):
    """<blkiotune>: shares and limits of the guest's disk I/O."""

    tag = "blkiotune"
    bare = ("weight",)

    weight: XmlField[int] = XmlField("./weight", INTEGER, "I/O weight of the guest, 100 to 1000.")
    devices: Children[BlkioDevice] = Children(
        "./device",
        BlkioDevice,
        "Weights and limits for host block devices.",
        flat={
            "device_path": "path",
            "device_weight": "weight",
            "read_bytes_sec": "read_bytes_sec",
            "write_bytes_sec": "write_bytes_sec",
            "read_iops_sec": "read_iops_sec",
            "write_iops_sec": "write_iops_sec",
        },
    )
