"""Settings of a disk's driver: cache, I/O, limits, block sizes and geometry.

Source: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
"""

from __future__ import annotations

from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, TEXT


def _limit(name: str, doc: str) -> XmlField[int]:
    return XmlField(f"./iotune/{name}", INTEGER, doc, aliases=(name,))


class DiskTuning(Element):
    """A mixin for `Disk` with the elements <driver>, <iotune>, <blockio>, <geometry> and <source>/<reservations>."""

    driver_cache: XmlField[str] = XmlField(
        "./driver/@cache",
        TEXT,
        "Host cache mode: `none`, `writeback`, `writethrough`, `directsync`, `unsafe`.",
        aliases=("cache",),
    )
    driver_discard: XmlField[str] = XmlField(
        "./driver/@discard",
        TEXT,
        "Whether discarded blocks are freed on the host: `unmap`, `ignore`.",
        aliases=("discard",),
    )
    driver_detect_zeroes: XmlField[str] = XmlField(
        "./driver/@detect_zeroes",
        TEXT,
        "Detection of written zeros: `off`, `on`, `unmap`.",
        aliases=("detect_zeroes",),
    )
    driver_name: XmlField[str] = XmlField(
        "./driver/@name", TEXT, "Driver: `qemu`; other values on Xen.", aliases=("driver_name",)
    )
    driver_type: XmlField[str] = XmlField(
        "./driver/@type", TEXT, "Format of the image: `qcow2`, `raw`.", aliases=("driver_type",)
    )
    driver_copy_on_read: XmlField[bool] = XmlField(
        "./driver/@copy_on_read", ON_OFF, "Copy data into the image when it is read from the backing file."
    )
    driver_io: XmlField[str] = XmlField(
        "./driver/@io", TEXT, "Host I/O mode: `native`, `threads`, `io_uring`.", aliases=("io",)
    )
    driver_iothread: XmlField[int] = XmlField(
        "./driver/@iothread", INTEGER, "ID of the I/O thread that serves the disk."
    )
    driver_queues: XmlField[int] = XmlField("./driver/@queues", INTEGER, "Number of queues (virtio).")
    driver_error_policy: XmlField[str] = XmlField(
        "./driver/@error_policy",
        TEXT,
        "Action on an I/O error: `stop`, `report`, `ignore`, `enospace`.",
        aliases=("error_policy",),
    )
    driver_discard_no_unref: XmlField[bool] = XmlField(
        "./driver/@discard_no_unref", ON_OFF, "Keep references to discarded clusters (qcow2)."
    )
    driver_queue_size: XmlField[int] = XmlField("./driver/@queue_size", INTEGER, "Size of a queue (virtio).")
    driver_metadata_cache_max_size: XmlField[int] = XmlField(
        "./driver/metadata_cache/max_size", INTEGER, "Size of the qcow2 metadata cache."
    )
    driver_metadata_cache_max_size_unit: XmlField[str] = XmlField(
        "./driver/metadata_cache/max_size/@unit", TEXT, "Unit of the size: `KiB`."
    )
    iotune_read_bytes_sec: XmlField[int] = _limit("read_bytes_sec", "Maximum number of bytes read per second.")
    iotune_write_bytes_sec: XmlField[int] = _limit("write_bytes_sec", "Maximum number of bytes written per second.")
    iotune_total_bytes_sec: XmlField[int] = _limit(
        "total_bytes_sec", "Maximum number of bytes read and written per second."
    )
    iotune_read_iops_sec: XmlField[int] = _limit("read_iops_sec", "Maximum number of reads per second.")
    iotune_write_iops_sec: XmlField[int] = _limit("write_iops_sec", "Maximum number of writes per second.")
    iotune_total_iops_sec: XmlField[int] = _limit("total_iops_sec", "Maximum number of reads and writes per second.")
    blockio_logical_block_size: XmlField[str] = XmlField(
        "./blockio/@logical_block_size", TEXT, "Logical block size in bytes.", aliases=("logical_block_size",)
    )
    blockio_physical_block_size: XmlField[str] = XmlField(
        "./blockio/@physical_block_size", TEXT, "Physical block size in bytes.", aliases=("physical_block_size",)
    )
    blockio_discard_granularity: XmlField[str] = XmlField(
        "./blockio/@discard_granularity", TEXT, "Smallest size of a discard in bytes."
    )
    geometry_cyls: XmlField[int] = XmlField("./geometry/@cyls", INTEGER, "Number of cylinders that the BIOS reports.")
    geometry_heads: XmlField[int] = XmlField("./geometry/@heads", INTEGER, "Number of heads that the BIOS reports.")
    geometry_secs: XmlField[int] = XmlField(
        "./geometry/@secs", INTEGER, "Number of sectors per track that the BIOS reports."
    )
    geometry_trans: XmlField[str] = XmlField("./geometry/@trans", TEXT, "BIOS translation: `auto`, `lba`, `none`.")
    source_reservations_managed: XmlField[str] = XmlField(
        "./source/reservations/@managed",
        TEXT,
        "Whether libvirt runs the helper for persistent reservations: `yes`, `no`.",
        aliases=("reservations.managed",),
    )
    source_reservations_source_type: XmlField[str] = XmlField(
        "./source/reservations/source/@type",
        TEXT,
        "Kind of connection to the helper: `unix`.",
        aliases=("reservations.source.type",),
    )
    source_reservations_source_path: XmlField[str] = XmlField(
        "./source/reservations/source/@path", TEXT, "Socket of the helper.", aliases=("reservations.source.path",)
    )
    source_reservations_source_mode: XmlField[str] = XmlField(
        "./source/reservations/source/@mode",
        TEXT,
        "Role of QEMU at the socket: `client`.",
        aliases=("reservations.source.mode",),
    )
