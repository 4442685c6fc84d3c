"""New qcow2 images: `--disk format=qcow2`, without qemu-img.

Source: https://www.qemu.org/docs/master/interop/qcow2.html; defaults and limits as `qemu-img create`
shows them (https://www.qemu.org/docs/master/tools/qemu-img.html).
"""

from __future__ import annotations

import os
import sys
from array import array

from virtinstall.errors import RequestError
from virtinstall.named import NamedTuple
from virtinstall.progress import Progress
from virtinstall.storage.files import SECTOR, reserve, round_up, write_at, write_zeros
from virtinstall.storage.qcow2_header import (
    EXTENDED_L2,
    LAZY_REFCOUNTS,
    MAX_CLUSTER_BITS,
    MAX_L1_BYTES,
    MAX_REFCOUNT_TABLE_BYTES,
    MIN_CLUSTER_BITS,
    Qcow2Header,
    pack_header,
)
from virtinstall.storage.qcow2_layout import L2Table, Layout, plan_layout

PREALLOCATIONS = ("off", "metadata", "falloc", "full")
COMPATS = {"0.10": 2, "1.1": 3}
MIN_EXTENDED_L2_CLUSTER = 16384
COPIED = 1 << 63  # in L1 and L2 entries: the refcount is exactly one
L1_CHUNK = 1 << 20


class Qcow2Options(NamedTuple):
    """The layout options of a qcow2 image; the defaults are those of `qemu-img create`."""

    cluster_size: int = 65536
    compat: str = "1.1"
    lazy_refcounts: bool = False
    extended_l2: bool = False
    preallocation: str = "off"
    backing_file: str | None = None
    backing_format: str | None = None


def check_qcow2(capacity_bytes: int, options: Qcow2Options) -> Layout:
    """The layout of such an image.

    Raises: RequestError, if no such qcow2 image is possible.
    """
    size = round_up(capacity_bytes, SECTOR)
    cluster = options.cluster_size
    version_2 = options.compat == "0.10"
    sizes = f"a power of two from {1 << MIN_CLUSTER_BITS} to {1 << MAX_CLUSTER_BITS}"
    if cluster & (cluster - 1) or not MIN_CLUSTER_BITS < cluster.bit_length() <= MAX_CLUSTER_BITS + 1:
        raise RequestError(f"invalid qcow2 cluster size {cluster}", hint=f"use {sizes}")
    overlay = options.backing_file is not None
    faults = (
        (options.compat not in COMPATS, f"qcow2 has no compat level '{options.compat}'", "use 0.10 or 1.1"),
        (
            options.preallocation not in PREALLOCATIONS,
            f"qcow2 has no preallocation '{options.preallocation}'",
            f"use one of {', '.join(PREALLOCATIONS)}",
        ),
        (options.lazy_refcounts and version_2, "compat 0.10 has no lazy refcounts", "use compat 1.1"),
        (options.extended_l2 and version_2, "compat 0.10 has no extended L2 entries", "use compat 1.1"),
        (
            options.extended_l2 and cluster < MIN_EXTENDED_L2_CLUSTER,
            f"extended L2 entries are not possible with clusters of {cluster} bytes",
            f"use at least {MIN_EXTENDED_L2_CLUSTER}",
        ),
        (
            overlay and options.preallocation != "off" and not options.extended_l2,
            "an overlay cannot be preallocated, because that would hide its backing file",
            "omit the preallocation (sparse)",
        ),
        (
            overlay and not options.backing_format,
            "the backing file's format is missing",
            "specify it: backing_format=qcow2, or raw",
        ),
        (
            capacity_bytes < 0 or size >= 1 << 63,
            f"invalid size of a qcow2 image: {capacity_bytes} bytes",
            "use a smaller size",
        ),
    )
    for wrong, message, hint in faults:
        if wrong:
            raise RequestError(message, hint=hint)
    layout = plan_layout(size, cluster, 16 if options.extended_l2 else 8, options.preallocation)
    if layout.l1_size * 8 > MAX_L1_BYTES or layout.refcount_table_clusters * cluster > MAX_REFCOUNT_TABLE_BYTES:
        raise RequestError(
            f"{size} bytes are too many for a qcow2 image with clusters of {cluster} bytes",
            hint="use larger clusters",
        )
    return layout


def qcow2_allocation_bytes(capacity_bytes: int, options: Qcow2Options) -> int:
    """Bytes of disk that the new image allocates immediately.

    Raises: RequestError, if no such image is possible.
    """
    layout = check_qcow2(capacity_bytes, options)
    data = layout.data_clusters if options.preallocation == "metadata" else 0
    return (layout.total_clusters - data) * layout.cluster_size


def write_qcow2(fd: int, capacity_bytes: int, options: Qcow2Options, progress: Progress) -> None:
    """Write a qcow2 image to the empty file `fd`, which reads as zeros (or as its backing file).

    Raises: RequestError, or OSError.
    """
    layout = check_qcow2(capacity_bytes, options)
    cluster = layout.cluster_size
    header = Qcow2Header(
        version=COMPATS[options.compat],
        cluster_bits=cluster.bit_length() - 1,
        size=round_up(capacity_bytes, SECTOR),
        l1_size=layout.l1_size,
        l1_table_offset=layout.l1_cluster * cluster if layout.l1_size else 0,
        refcount_table_offset=cluster,
        refcount_table_clusters=layout.refcount_table_clusters,
        backing_file=None if options.backing_file is None else _backing_name(options.backing_file),
        backing_format=options.backing_format.encode() if options.backing_format else None,
        incompatible_features=EXTENDED_L2 if options.extended_l2 else 0,
        compatible_features=LAZY_REFCOUNTS if options.lazy_refcounts else 0,
    )
    start = pack_header(header)
    if layout.data_clusters:
        os.ftruncate(fd, layout.total_clusters * cluster)
        _allocate_data(fd, layout, options.preallocation, progress)
    end_of_data = _write_tables(fd, layout, header.l2_entry_size)
    if options.preallocation == "metadata" and not options.extended_l2:
        # the part of the last cluster after the guest's end, which qemu-img fills too
        slack = layout.data_clusters * cluster - header.size
        write_at(fd, bytes(slack), end_of_data - slack)
    write_at(fd, start.ljust(cluster, b"\0"), 0)


def _backing_name(path: str) -> bytes:
    """The name as it is stored; QEMU would interpret text before a colon as a protocol."""
    plain = path.startswith("/") or ":" not in path.split("/", 1)[0]
    return os.fsencode(path if plain else f"./{path}")


def _allocate_data(fd: int, layout: Layout, preallocation: str, progress: Progress) -> None:
    if preallocation == "falloc":
        reserve(fd, 0, layout.total_clusters * layout.cluster_size, progress)
    elif preallocation == "full":
        start = layout.first_data_cluster * layout.cluster_size
        write_zeros(fd, start, layout.data_clusters * layout.cluster_size, progress)


def _write_tables(fd: int, layout: Layout, l2_entry_size: int) -> int:
    """Write refcount table and blocks, L1 table and L2 tables; return the offset of the end of the data."""
    cluster = layout.cluster_size
    end_of_data = 0
    refcounts, l1 = array("Q"), array("Q")
    left = layout.total_clusters
    full_block = _big_endian(array("H", [1]) * layout.counted)
    for piece in layout.pieces():
        offset = piece.cluster * cluster
        if isinstance(piece, L2Table):
            l1.append(offset | COPIED)
            end_of_data = (piece.data + piece.count) * cluster
            write_at(fd, _l2_table(piece, cluster, l2_entry_size).ljust(cluster, b"\0"), offset)
        else:
            refcounts.append(offset)
            write_at(fd, full_block[: max(left, 0) * 2].ljust(cluster, b"\0"), offset)
            left -= layout.counted
    table = _big_endian(refcounts).ljust(layout.refcount_table_clusters * cluster, b"\0")
    write_at(fd, table, cluster)
    _write_l1(fd, layout, l1)
    return end_of_data


def _write_l1(fd: int, layout: Layout, entries: array[int]) -> None:
    """Write the L1 table: `entries`, or zeros if there are none."""
    offset = layout.l1_cluster * layout.cluster_size
    if entries:
        write_at(fd, _big_endian(entries), offset)
        return
    for done in range(0, layout.l1_size * 8, L1_CHUNK):
        write_at(fd, bytes(min(L1_CHUNK, layout.l1_size * 8 - done)), offset + done)


def _l2_table(piece: L2Table, cluster: int, l2_entry_size: int) -> bytes:
    start = piece.data * cluster | COPIED
    entries = array("Q", range(start, start + piece.count * cluster, cluster))
    if l2_entry_size == 8:
        return _big_endian(entries)
    # no subcluster is marked allocated: the data is only reserved, as in qemu-img
    extended = array("Q", bytes(16 * piece.count))
    extended[::2] = entries
    return _big_endian(extended)


def _big_endian(numbers: array[int]) -> bytes:
    """`numbers` (consumed) in big-endian order."""
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()
