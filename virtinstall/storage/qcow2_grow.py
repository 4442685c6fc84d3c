"""The enlargement of the virtual disk of an existing qcow2 image.

The L1 table grows into the rest of its last cluster, or moves to the end of the file. New structures are written and
flushed before the header points to them, so that a power failure leaves the old image (and at worst some leaked
clusters).

Source: https://www.qemu.org/docs/master/interop/qcow2.html (Header, Host cluster management).
"""

from __future__ import annotations

import os
import shlex
import struct

from virtinstall.errors import StorageError
from virtinstall.storage.chain import backing_chain
from virtinstall.storage.files import (
    SECTOR,
    lock_against_qemu,
    read_at,
    round_up,
    shrink_error,
    storage_errors,
    write_at,
)
from virtinstall.storage.qcow2_header import (
    COMPRESSION_TYPE,
    CORRUPT,
    DATA_FILE,
    DIRTY,
    MAX_L1_BYTES,
    Qcow2Header,
    read_header,
)

_SIZE_AT, _L1_SIZE_AT = 24, 36  # in the header; the L1 table's offset follows its size


def grow_qcow2(path: str, new_size: int) -> None:
    """Enlarge the disk in the qcow2 image at `path` to `new_size` bytes, rounded up to a multiple of 512.

    Raises: StorageError, if a guest uses the image, if the disk would shrink, if the image has unsupported features
    (encryption, bitmaps, an external data file, snapshots or a larger backing file), or if the image cannot be written.
    """
    size = round_up(new_size, SECTOR)
    with storage_errors("cannot enlarge", path):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            lock_against_qemu(fd, path)
            header = read_header(fd, path)
            _check_growable(header, path, size)
            l1_size = -(-size // header.l1_reach)
            if l1_size * 8 > MAX_L1_BYTES:
                raise StorageError(
                    f"cannot enlarge '{path}' to {size} bytes: its cluster size is only {header.cluster_size} bytes",
                    hint="convert the image to larger clusters with: qemu-img convert -O qcow2 -o cluster_size=2M "
                    f"{shlex.quote(path)} {shlex.quote(path)}.new",
                )
            if l1_size > header.l1_size:
                header_l1 = _grow_l1(fd, path, header, l1_size, size)
                write_at(fd, header_l1, _L1_SIZE_AT)
            write_at(fd, struct.pack(">Q", size), _SIZE_AT)
            os.fsync(fd)
            if l1_size > header.l1_size:
                _free_old_l1(fd, header, struct.unpack(">IQ", header_l1)[1])
        finally:
            os.close(fd)


def _check_growable(header: Qcow2Header, path: str, size: int) -> None:
    if size < header.size:
        raise shrink_error(path, header.size, size)
    features = header.incompatible_features
    repair = f"repair the image with: qemu-img check -r all {shlex.quote(path)}"
    obstacles = (
        (features & CORRUPT, "is marked as corrupt", repair),
        (features & DIRTY, "was not closed correctly", repair),
        (features & DATA_FILE, "has an external data file", None),
        (features & COMPRESSION_TYPE, "is compressed with zstd", None),
        (header.autoclear_features or header.has_bitmaps, "has bitmaps", None),
        (header.nb_snapshots, "has internal snapshots", None),
        (
            header.crypt_method,
            "is encrypted",
            "enlarge the image with `qemu-img resize` and its secret, as described in qemu-img(1)",
        ),
        (header.refcount_order != 4, "has a refcount width other than 16 bits", None),
    )
    for obstacle, what, hint in obstacles:
        if obstacle:
            raise _not_growable(path, size, f"the image {what}", hint)
    if size > header.size and header.backing_file:
        _check_backing_file(path, header, size)


def _resize(path: str, size: int) -> str:
    return f"first enlarge the image with: qemu-img resize -f qcow2 {shlex.quote(path)} {size}"


def _not_growable(path: str, size: int, why: str, hint: str | None = None) -> StorageError:
    return StorageError(f"cannot enlarge '{path}': {why}", hint=hint or _resize(path, size))


def _check_backing_file(path: str, header: Qcow2Header, size: int) -> None:
    """Check that the guest will not see data of the backing file after the old end of the disk.

    Raises: StorageError, if it might.
    """
    try:
        below = backing_chain(path, "qcow2")[1:2]
    except StorageError as error:
        raise _not_growable(path, size, error.message, error.hint) from error
    if not below or below[0].virtual_size is None:
        raise _not_growable(path, size, "the size of its backing file is unknown")
    if below[0].virtual_size > header.size:
        raise _not_growable(path, size, "its backing file is larger than the image")


def _grow_l1(fd: int, path: str, header: Qcow2Header, l1_size: int, size: int) -> bytes:
    """Write the longer L1 table in place or at the end of the file; return its size and offset for the header."""
    cluster = header.cluster_size
    room = round_up(header.l1_size * 8, cluster)
    if l1_size * 8 <= room:
        write_at(fd, bytes((l1_size - header.l1_size) * 8), header.l1_table_offset + header.l1_size * 8)
        os.fsync(fd)
        return struct.pack(">IQ", l1_size, header.l1_table_offset)
    allocator = _Allocator(fd, path, header, size)
    offset = allocator.append(round_up(l1_size * 8, cluster) // cluster)
    old = read_at(fd, header.l1_size * 8, header.l1_table_offset)
    write_at(fd, old.ljust(round_up(l1_size * 8, cluster), b"\0"), offset)
    os.fsync(fd)
    return struct.pack(">IQ", l1_size, offset)


def _free_old_l1(fd: int, header: Qcow2Header, new_offset: int) -> None:
    """Clear the refcounts of the clusters that the L1 table no longer uses."""
    if new_offset == header.l1_table_offset:
        return
    cluster = header.cluster_size
    for number in range(round_up(header.l1_size * 8, cluster) // cluster):
        index = header.l1_table_offset // cluster + number
        slot = header.refcount_table_offset + index // (cluster // 2) * 8
        block = int.from_bytes(read_at(fd, 8, slot), "big") & ~0x1FF
        if block:
            write_at(fd, b"\0\0", block + index % (cluster // 2) * 2)
    os.fsync(fd)


class _Allocator:
    """An allocator of clusters with refcounts of 1, and of new refcount blocks, at the end of the file.

    `size` is the requested size of the disk in bytes, for messages.
    """

    def __init__(self, fd: int, path: str, header: Qcow2Header, size: int) -> None:
        self._fd = fd
        self._path = path
        self._size = size
        self._header = header
        self._counted = header.cluster_size // 2
        table = read_at(fd, header.refcount_table_clusters * header.cluster_size, header.refcount_table_offset)
        self._blocks = [o & ~0x1FF for (o,) in struct.iter_unpack(">Q", table)]
        self._end = self._first_free()

    def _first_free(self) -> int:
        """Return the first cluster after the end of the file and after every used cluster."""
        cluster = self._header.cluster_size
        end = -(-os.fstat(self._fd).st_size // cluster)
        for number in reversed(range(len(self._blocks))):
            if self._blocks[number]:
                counts = read_at(self._fd, cluster, self._blocks[number]).rstrip(b"\0")
                return max(end, number * self._counted + -(-len(counts) // 2))
        return end

    def append(self, clusters: int) -> int:
        """Allocate `clusters` contiguous clusters; return the offset of the first one in bytes.

        Raises: StorageError, if the refcount table is full.
        """
        start, self._end = self._end, self._end + clusters
        done = start
        while done < self._end:  # refcount blocks that are added move the end
            number, index = divmod(done, self._counted)
            if number >= len(self._blocks):
                raise _not_growable(self._path, self._size, "its refcount table is full")
            if not self._blocks[number]:
                self._add_block(number)
            count = min(self._end - done, self._counted - index)
            write_at(self._fd, b"\0\1" * count, self._blocks[number] + index * 2)
            done += count
        return start * self._header.cluster_size

    def _add_block(self, number: int) -> None:
        offset = self._end * self._header.cluster_size
        self._end += 1
        write_at(self._fd, bytes(self._header.cluster_size), offset)
        write_at(self._fd, struct.pack(">Q", offset), self._header.refcount_table_offset + number * 8)
        self._blocks[number] = offset
