"""Raw images: `--disk format=raw`, sparse (`off`), reserved (`falloc`) or written (`full`).

Source: https://www.qemu.org/docs/master/system/images.html (raw, its preallocation modes);
sizes are rounded up to 512 bytes, as `qemu-img create` does.
"""

from __future__ import annotations

import os

from virtinstall.errors import RequestError
from virtinstall.progress import Progress
from virtinstall.storage.files import (
    SECTOR,
    lock_against_qemu,
    reserve,
    round_up,
    shrink_error,
    storage_errors,
    write_at,
)

FIRST_BLOCK = 4096  # written even if nothing else is, as in qemu-img


def check_raw(capacity_bytes: int) -> None:
    """Check the size of a raw image.

    Raises: RequestError, if a raw image cannot have this size.
    """
    if capacity_bytes < 0 or round_up(capacity_bytes, SECTOR) >= 1 << 63:
        raise RequestError(
            f"invalid size for a raw image: {capacity_bytes} bytes", hint="use a positive size of less than 8 EiB"
        )


def raw_allocation_bytes(capacity_bytes: int, *, preallocated: bool) -> int:
    """Return the number of bytes that a new raw image of `capacity_bytes` allocates when it is created."""
    return round_up(capacity_bytes, SECTOR) if preallocated else 0


def write_raw(fd: int, capacity_bytes: int, *, preallocated: bool, progress: Progress) -> None:
    """Write a raw image of `capacity_bytes` to the empty file `fd`.

    If `preallocated` is true, all space is reserved, and the progress is reported to `progress`.

    Raises: RequestError, if a raw image cannot have this size; OSError, if the file cannot be written.
    """
    check_raw(capacity_bytes)
    size = round_up(capacity_bytes, SECTOR)
    os.ftruncate(fd, size)
    if preallocated:
        reserve(fd, 0, size, progress)
    # QEMU detects the alignment for direct I/O by reading, which does not work with a hole
    write_at(fd, bytes(min(FIRST_BLOCK, size)), 0)


def grow_raw(path: str, new_size: int) -> None:
    """Enlarge the raw image at `path` to `new_size` bytes, rounded up to a multiple of 512; the new part is sparse.

    Raises: StorageError, if a guest uses the image, if the image would shrink, or if the image cannot be written.
    """
    size = round_up(new_size, SECTOR)
    with storage_errors("cannot enlarge", path):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            lock_against_qemu(fd, path)
            old = os.fstat(fd).st_size
            if size < old:
                raise shrink_error(path, old, size)
            os.ftruncate(fd, size)
            os.fsync(fd)
        finally:
            os.close(fd)
