"""The time when a file was created: the inode of a removed file may be that of the next one.

Source: statx(2).
"""

from __future__ import annotations

import os
import struct
from functools import cache
from typing import Any

_AT_FDCWD, _STATX_BTIME = -100, 0x800
_BYTES, _BTIME_AT = 256, 80


@cache
def load_statx() -> Any:
    """Return the C library's function, None if it has none. Loading it takes milliseconds.

    A journal calls this when it begins: a kill between the creation of a file and its record leaves the file.
    """
    import ctypes

    return getattr(ctypes.CDLL(None), "statx", None)


def birth_time_ns(path: str) -> int | None:
    """Return when the file that `path` leads to was created, in nanoseconds.

    None if there is no such file, or its file system does not store that.
    """
    import ctypes

    statx = load_statx()
    if statx is None or "\0" in path:
        return None
    found = ctypes.create_string_buffer(_BYTES)
    if statx(_AT_FDCWD, os.fsencode(path), 0, _STATX_BTIME, found) != 0:
        return None
    mask = struct.unpack_from("=I", found.raw)[0]
    seconds, nanoseconds = struct.unpack_from("=qI", found.raw, _BTIME_AT)
    return int(seconds * 10**9 + nanoseconds) or None if mask & _STATX_BTIME else None


def is_later_file(path: str, born: int | None) -> bool:
    """Whether the file at `path` was created at another time than `born`; False if either is not known."""
    now = None if born is None else birth_time_ns(path)
    return now is not None and now != born
