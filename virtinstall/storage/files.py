"""Functions for writing files: reserving space, locking, and errors that name the file.

Used by every image writer of this package. Source: posix_fallocate(3), pwrite(2); OFD locks as QEMU takes them on its
images: https://www.qemu.org/docs/master/system/qemu-block-drivers.html#image-locking
"""

from __future__ import annotations

import errno
import fcntl
import os
import shlex
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from virtinstall.errors import StorageError
from virtinstall.progress import Progress
from virtinstall.safe_text import reason_of
from virtinstall.units import GIB

SECTOR = 512
RESERVE_STEP = GIB  # between two steps Ctrl-C is handled and progress is shown
# QEMU locks single bytes from 100 (its uses) and from 200 (uses it forbids others)
QEMU_LOCK_START = 100
QEMU_LOCK_LENGTH = 200


def round_up(value: int, unit: int) -> int:
    """Return `value`, rounded up to a multiple of `unit`."""
    return -(-value // unit) * unit


PERMISSION_HINT = "run as a user with the required permission"
SPACE_HINT = "free up space"
DAMAGED_HINT = "if the image is incomplete or damaged, download it again or restore it from a backup"
_HINTS = {
    errno.ENOSPC: SPACE_HINT,
    errno.EDQUOT: "free up space, or increase the disk quota",
    errno.EFBIG: "use a smaller size, format=qcow2, or a file system that supports larger files",
    errno.EACCES: PERMISSION_HINT,
    errno.EPERM: PERMISSION_HINT,
    errno.EROFS: "use a directory on a writable file system",
    errno.ENOTDIR: "check the path",
}
_EXISTS_HINT = "use another path, or remove the existing file"


def missing_directory_hint(directory: str) -> str:
    """Return the hint for an error about the missing `directory`.

    The hint ends with the command that creates the directory.
    """
    return f"use another directory, or create it with: mkdir -p {shlex.quote(directory)}"


@contextmanager
def storage_errors(doing: str, path: str) -> Iterator[None]:
    """Within the `with` block, turn an OSError into a StorageError with a hint.

    `doing` is the start of the error message, such as `cannot read`, and `path` is the path of the file in the message.
    """
    try:
        yield
    except FileExistsError as error:
        raise StorageError(f"{doing} '{path}': the file already exists", hint=_EXISTS_HINT) from error
    except FileNotFoundError as error:
        if (folder := _missing_directory(path)) is not None:
            raise StorageError(f"no such directory: '{folder}'", hint="check the path") from error
        if error.filename is not None and os.path.basename(error.filename) != os.path.basename(path):
            # another file that the block uses
            raise StorageError(f"{doing} '{path}': no such file: '{error.filename}'", hint="check the path") from error
        raise StorageError(f"no such file: '{path}'", hint="check the path") from error
    except OSError as error:
        hint = _HINTS.get(error.errno or 0)
        if hint in (PERMISSION_HINT, SPACE_HINT) and doing in ("cannot create", "cannot write"):
            hint += ", or use another directory"
        raise StorageError(f"{doing} '{path}': {reason_of(error)}", hint=hint) from error


@contextmanager
def creation_errors(path: str) -> Iterator[None]:
    """Within the `with` block, turn an OSError from the creation of the file at `path` into a StorageError."""
    with storage_errors("cannot create", path):
        try:
            yield
        except FileExistsError as error:
            raise exists_error(path) from error
        except FileNotFoundError as error:
            if (folder := _missing_directory(path)) is None:
                raise
            raise StorageError(f"no such directory: '{folder}'", hint=missing_directory_hint(folder)) from error


def exists_error(path: str) -> StorageError:
    """Return the error for a file that cannot be created because a file already exists at `path`."""
    return StorageError(f"'{path}' already exists", hint=_EXISTS_HINT)


def _missing_directory(path: str) -> str | None:
    """Return the directory of `path` if it does not exist, otherwise None."""
    folder = os.path.dirname(os.path.abspath(path))
    return None if os.path.isdir(folder) else folder


def write_at(fd: int, data: bytes | memoryview, offset: int) -> None:
    """Write all of `data` to the open file `fd`, starting at the byte `offset`.

    Raises: OSError, if the file cannot be written.
    """
    view = memoryview(data)
    while view:
        done = os.pwrite(fd, view, offset)
        view = view[done:]
        offset += done


def read_at(fd: int, length: int, offset: int) -> bytes:
    """Return `length` bytes of the open file `fd`, starting at the byte `offset`; fewer only if the file ends earlier.

    Raises: OSError, if the file cannot be read.
    """
    parts = []
    while length > 0:
        part = os.pread(fd, length, offset)
        if not part:
            break
        parts.append(part)
        length -= len(part)
        offset += len(part)
    return b"".join(parts)


def reserve(fd: int, offset: int, length: int, progress: Progress) -> None:
    """Reserve disk space for `length` bytes of the open file `fd`, starting at the byte `offset`, and report progress.

    Bytes after the previous end of the file read as zeros.

    Raises: OSError, with the error number ENOSPC if there is not enough space.
    """
    end = offset + length
    while offset < end:
        step = min(RESERVE_STEP, end - offset)
        os.posix_fallocate(fd, offset, step)
        progress.advance(step)
        offset += step


def lock_against_qemu(fd: int, path: str) -> None:
    """Lock the image that is open as `fd`, so that QEMU cannot open the image until `fd` is closed.

    `path` is the path of the image in error messages.

    Raises: StorageError, if a QEMU process has the image open.
    """
    # struct flock as the C library lays it out: type, whence, start, len, pid (0 for OFD locks)
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, QEMU_LOCK_START, QEMU_LOCK_LENGTH, 0)
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, lock)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        raise StorageError(
            f"the image '{path}' is in use by a running guest", hint="shut down that guest first"
        ) from error


def shrink_error(path: str, old_bytes: int, new_bytes: int) -> StorageError:
    """Return the error for a requested size that is smaller than the existing disk."""
    return StorageError(
        f"cannot shrink '{path}' from {old_bytes} to {new_bytes} bytes",
        hint=f"use a size of at least {old_bytes} bytes",
    )
