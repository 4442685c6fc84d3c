"""New qcow2 images, created without qemu-img: `--disk format=qcow2`.

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
from virtinstall.storage.files import SECTOR, reserve, round_up, write_at
from virtinstall.storage.qcow2_header import MAX_L1_BYTES, MAX_REFCOUNT_TABLE_BYTES, Qcow2Header, pack_header
from virtinstall.storage.qcow2_layout import L2Table, Layout, plan_layout
from virtinstall.units import human_size

CLUSTER_BITS = 16
CLUSTER = 1 << CLUSTER_BITS  # as `qemu-img create` has it
COPIED = 1 << 63  # in L1 and L2 entries: the refcount is exactly one
L1_CHUNK = 1 << 20


class Qcow2Options(NamedTuple):
    """The options of a new qcow2 image.

    If `preallocated` is true, all space for the image is reserved. `backing_file` and `backing_format` are the path and
    the format of the backing file; both are None if there is no backing file.
    """

    preallocated: bool = False
    backing_file: str | None = None
    backing_format: str | None = None


def check_qcow2(capacity_bytes: int, options: Qcow2Options) -> Layout:
    """Check the size and the options of a new qcow2 image, and return its layout.

    `capacity_bytes` is the size of the disk that the guest sees.

    Raises: RequestError, if a qcow2 image cannot have this capacity and these options.
    """
    size = round_up(capacity_bytes, SECTOR)
    overlay = options.backing_file is not None
    limit = human_size((1 if options.preallocated else 2) << 50)
    faults = (
        (
            overlay and options.preallocated,
            "an overlay cannot be preallocated, because the reserved space would hide its backing file",
            "omit sparse=no",
        ),
        (
            overlay and not options.backing_format,
            f"no format specified for the backing file '{options.backing_file}'",
            "use --disk backing_format=qcow2 or --disk backing_format=raw",
        ),
        (
            capacity_bytes < 0 or size >= 1 << 63,
            f"invalid size for a qcow2 image: {capacity_bytes} bytes",
            f"use a positive size of at most {limit}",
        ),
    )
    for wrong, message, hint in faults:
        if wrong:
            raise RequestError(message, hint=hint)
    layout = plan_layout(size, CLUSTER, preallocated=options.preallocated)
    if layout.l1_size * 8 > MAX_L1_BYTES or layout.refcount_table_clusters * CLUSTER > MAX_REFCOUNT_TABLE_BYTES:
        raise RequestError(
            f"the size is too large for a qcow2 image: {size} bytes", hint=f"use a size of at most {limit}"
        )
    return layout


def qcow2_allocation_bytes(capacity_bytes: int, options: Qcow2Options) -> int:
    """Return the number of bytes that a new image with a disk of `capacity_bytes` allocates when it is created.

    Raises: RequestError, if a qcow2 image cannot have this capacity and these options.
    """
    layout = check_qcow2(capacity_bytes, options)
    return layout.total_clusters * layout.cluster_size


def write_qcow2(fd: int, capacity_bytes: int, options: Qcow2Options, progress: Progress) -> None:
    """Write a qcow2 image with a disk of `capacity_bytes` to the empty file `fd`.

    The disk reads as zeros, or as the backing file if there is one.

    Raises: RequestError, if a qcow2 image cannot have this capacity and these options; StorageError, if the path of the
    backing file is too long; OSError, if the file cannot be written.
    """
    layout = check_qcow2(capacity_bytes, options)
    header = Qcow2Header(
        version=3,
        cluster_bits=CLUSTER_BITS,
        size=round_up(capacity_bytes, SECTOR),
        l1_size=layout.l1_size,
        l1_table_offset=layout.l1_cluster * CLUSTER if layout.l1_size else 0,
        refcount_table_offset=CLUSTER,
        refcount_table_clusters=layout.refcount_table_clusters,
        backing_file=None if options.backing_file is None else _backing_name(options.backing_file),
        backing_format=options.backing_format.encode() if options.backing_format else None,
    )
    start = pack_header(header)
    if layout.data_clusters:
        os.ftruncate(fd, layout.total_clusters * CLUSTER)
        reserve(fd, 0, layout.total_clusters * CLUSTER, progress)
    _write_tables(fd, layout)
    write_at(fd, start.ljust(CLUSTER, b"\0"), 0)


def _backing_name(path: str) -> bytes:
    """Return the name to store; QEMU would interpret text before a colon as a protocol."""
    plain = path.startswith("/") or ":" not in path.split("/", 1)[0]
    return os.fsencode(path if plain else f"./{path}")


def _write_tables(fd: int, layout: Layout) -> None:
    """Write refcount table and blocks, L1 table and L2 tables."""
    cluster = layout.cluster_size
    refcounts, l1 = array("Q"), array("Q")
    left = layout.total_clusters
    full_block = _big_endian(array("H", [1]) * layout.counted)
    for piece in layout.pieces():
        offset = piece.cluster * cluster
        if isinstance(piece, L2Table):
            l1.append(offset | COPIED)
            write_at(fd, _l2_table(piece, cluster).ljust(cluster, b"\0"), offset)
        else:
            refcounts.append(offset)
            write_at(fd, full_block[: max(left, 0) * 2].ljust(cluster, b"\0"), offset)
            left -= layout.counted
    table = _big_endian(refcounts).ljust(layout.refcount_table_clusters * cluster, b"\0")
    write_at(fd, table, cluster)
    _write_l1(fd, layout, l1)


def _write_l1(fd: int, layout: Layout, entries: array[int]) -> None:
    """Write the L1 table: `entries`, or zeros if there are none."""
    offset = layout.l1_cluster * layout.cluster_size
    if entries:
        write_at(fd, _big_endian(entries), offset)
        return
    for done in range(0, layout.l1_size * 8, L1_CHUNK):
        write_at(fd, bytes(min(L1_CHUNK, layout.l1_size * 8 - done)), offset + done)


def _l2_table(piece: L2Table, cluster: int) -> bytes:
    start = piece.data * cluster | COPIED
    return _big_endian(array("Q", range(start, start + piece.count * cluster, cluster)))


def _big_endian(numbers: array[int]) -> bytes:
    """Return `numbers`, which are changed, in big-endian order."""
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers.tobytes()
