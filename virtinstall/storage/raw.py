"""Raw images: `--disk format=raw`, sparse (`off`), reserved (`falloc`) or written (`full`).

Source: https://www.qemu.org/docs/master/system/images.html (raw, its preallocation modes);
sizes are rounded up to 512 bytes, as `qemu-img create` does.
"""

from __future__ import annotations

import os

from virtinstall.errors import RequestError, StorageError
from virtinstall.progress import Progress
from virtinstall.storage.files import (
    SECTOR,
    lock_against_qemu,
    reserve,
    round_up,
    storage_errors,
    write_at,
    write_zeros,
)

PREALLOCATIONS = ("off", "falloc", "full")
FIRST_BLOCK = 4096  # written even where nothing else is, as qemu-img does


def check_raw(capacity_bytes: int, preallocation: str) -> None:
    """Raises: RequestError, when no raw image can be made like that."""
    if preallocation not in PREALLOCATIONS:
        raise RequestError(
            f"preallocation '{preallocation}' is not possible with raw images",
            hint=f"use one of {', '.join(PREALLOCATIONS)}, or format=qcow2",
        )
    if capacity_bytes < 0 or round_up(capacity_bytes, SECTOR) >= 1 << 63:
        raise RequestError(f"a raw image can't have {capacity_bytes} bytes", hint="use a smaller size")


def raw_allocation_bytes(capacity_bytes: int, preallocation: str) -> int:
    """Bytes of disk that the new image takes at once."""
    return 0 if preallocation == "off" else round_up(capacity_bytes, SECTOR)


def write_raw(fd: int, capacity_bytes: int, preallocation: str, progress: Progress) -> None:
    """Make the empty file `fd` a raw image.

    Raises: RequestError, or OSError.
    """
    check_raw(capacity_bytes, preallocation)
    size = round_up(capacity_bytes, SECTOR)
    os.ftruncate(fd, size)
    if preallocation == "falloc":
        reserve(fd, 0, size, progress)
    elif preallocation == "full":
        write_zeros(fd, 0, size, progress)
    if preallocation != "full":
        # QEMU finds out the alignment that direct I/O needs by reading, which a hole doesn't tell
        write_at(fd, bytes(min(FIRST_BLOCK, size)), 0)


def grow_raw(path: str, new_size: int) -> None:
    """Make the raw image at `path` `new_size` bytes large (rounded up to 512), the new part sparse.

    Raises: StorageError, when a guest uses it, it would shrink, or it can't be written.
    """
    size = round_up(new_size, SECTOR)
    with storage_errors("can't grow", path):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            lock_against_qemu(fd, path)
            old = os.fstat(fd).st_size
            if size < old:
                raise StorageError(
                    f"image '{path}' has {old} bytes and can't shrink to {size}",
                    hint="shrinking would destroy data",
                )
            os.ftruncate(fd, size)
            os.fsync(fd)
        finally:
            os.close(fd)
