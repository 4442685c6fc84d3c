"""The creation time of a file, which distinguishes the file from a later one with the same inode.

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
    """Return the C library's statx function, or None if there is none.

    The first call takes milliseconds. A journal therefore calls this function when it is started, and not between the
    creation of a file and its record: if the run were killed during that time, the file would not be recorded.
    """
    import ctypes

    return getattr(ctypes.CDLL(None), "statx", None)


def birth_time_ns(path: str) -> int | None:
    """Return the time when the file at `path` was created, in nanoseconds since the epoch.

    Symbolic links are followed. The result is None if the file does not exist, or if the time is not available.
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
    """Return whether the file at `path` was created at a time other than `born`.

    `born` is in nanoseconds since the epoch, or None if it is unknown. The result is False if either time is unknown.
    """
    now = None if born is None else birth_time_ns(path)
    return now is not None and now != born
