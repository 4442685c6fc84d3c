"""Processes that have a file open: from /proc if readable, and from the locks that QEMU takes on its images.

Source: proc(5) (/proc/[pid]/fd), fcntl(2) (F_OFD_GETLK).
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import suppress

from virtinstall.storage.files import QEMU_LOCK_LENGTH, QEMU_LOCK_START

_OFD_GETLK = 36
_LOCK = "hhqqi4x"


def open_by(path: str, *, but_guest: str = "") -> list[str]:
    """Return descriptions, such as `process 17 (qemu-img)`, of the other processes that have the file at `path` open.

    `but_guest` is the UUID of a guest whose QEMU process is ignored, because the guest will be stopped first; if it is
    an empty string, no guest is ignored.
    """
    try:
        status = os.stat(path)
    except OSError:
        return []
    own = os.getpid()
    found = []
    is_guests = False
    for pid in _processes():
        if pid != own and _has_open(pid, status):
            if but_guest and _is_qemu_of(pid, but_guest):
                is_guests = True
            else:
                found.append(f"process {pid} ({_name(pid)})")
    # processes of other users are not visible, but their locks are
    if not found and not is_guests and not but_guest and _is_locked(path):
        found.append("another process, which has locked it")
    return found


def _processes() -> Iterator[int]:
    for name in os.listdir("/proc"):
        if name.isdecimal():
            yield int(name)


def _has_open(pid: int, status: os.stat_result) -> bool:
    with suppress(OSError):
        for fd in os.scandir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                other = os.stat(fd.path)
                if (other.st_dev, other.st_ino) == (status.st_dev, status.st_ino):
                    return True
    return False


def _is_qemu_of(pid: int, uuid: str) -> bool:
    with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        arguments = file.read().split(b"\0")
        return b"-uuid" in arguments and uuid.encode() in arguments
    return False


def _name(pid: int) -> str:
    with suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
        return file.read().strip()
    return "?"


def _is_locked(path: str) -> bool:
    """Return whether any process holds a QEMU lock on the image."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        request = struct.pack(_LOCK, fcntl.F_WRLCK, os.SEEK_SET, QEMU_LOCK_START, QEMU_LOCK_LENGTH, 0)
        answer = struct.unpack(_LOCK, fcntl.fcntl(fd, _OFD_GETLK, request))
        return bool(answer[0] != fcntl.F_UNLCK)
    except OSError:
        return False
    finally:
        os.close(fd)
