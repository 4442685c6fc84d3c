"""Check whether a new image fits: `--check disk_size=`.

Source: statvfs(3).
"""

from __future__ import annotations

import os

from virtinstall.errors import NoSpaceError
from virtinstall.storage.files import storage_errors
from virtinstall.units import human_size


def free_bytes(path: str) -> int | None:
    """Return the number of bytes available to ordinary users on the file system of `path`.

    The result is None if the file system does not report this number. `path` need not exist: its nearest existing
    parent directory is used.

    Raises: StorageError, if the file system cannot be examined.
    """
    folder = os.path.abspath(path)
    with storage_errors("cannot read the free space of", path):
        while not os.path.exists(folder) and folder != "/":
            folder = os.path.dirname(folder)
        status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize if status.f_blocks else None


def require_space(path: str, needed_bytes: int, already_free: int | None = None, *, sparse_hint: str = "") -> None:
    """Check that `needed_bytes` fit on the file system of `path`.

    `already_free` is the number of free bytes on that file system; if it is None, the file system is queried.
    `sparse_hint` is the part of the hint that describes how to create a sparse image; it is an empty string if the
    image is sparse already.

    Raises: NoSpaceError, if the bytes do not fit.
    """
    free = free_bytes(path) if already_free is None else already_free
    if free is not None and needed_bytes > free:
        raise NoSpaceError(
            f"'{path}' needs {human_size(needed_bytes)}, but only {human_size(free)} is free",
            hint=f"free up space, use another directory, or {sparse_hint}"
            if sparse_hint
            else "free up space, or use another directory",
        )


def check_space(path: str, needed_bytes: int, capacity_bytes: int, *, sparse_hint: str = "") -> str | None:
    """Check the space for an image that allocates `needed_bytes` immediately and may grow to `capacity_bytes`.

    Return a warning if the image fits now but may outgrow the file system, otherwise None. `path` and `sparse_hint` are
    the parameters of `require_space`.

    Raises: NoSpaceError, if the image does not fit now.
    """
    free = free_bytes(path)
    if free is None:
        return None
    require_space(path, needed_bytes, free, sparse_hint=sparse_hint)
    if capacity_bytes <= free:
        return None
    return (
        f"'{path}' may grow to {human_size(capacity_bytes)}, but only {human_size(free)} is free: "
        "the guest will pause when the file system is full"
    )
