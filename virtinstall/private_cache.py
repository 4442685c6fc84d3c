"""Private files in `$XDG_CACHE_HOME/virtinstall`, trusted only if no other user can write to them.

Source: XDG base directory specification; open(2) (O_EXCL, O_NOFOLLOW), rename(2).
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping

_DIRECTORY_MODE, _FILE_MODE = 0o700, 0o600
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def cache_home(environ: Mapping[str, str]) -> str | None:
    """Return the path of virtinstall's cache directory; None if the variables `environ` contain no home directory."""
    base = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = environ.get("HOME", "")
        if not os.path.isabs(base):
            return None
        base = os.path.join(base, ".cache")
    return os.path.join(base, "virtinstall")


def open_directory(directory: str) -> int:
    """Open a private directory, after creating it and its parents if they are missing; return its file descriptor.

    Raises: OSError, if the directory cannot be created or opened; PermissionError, if another user owns the directory,
    or can write to the directory or its parent. If the directory is missing, PermissionError is also raised if another
    user owns its closest existing parent, for example if root uses the home directory of the user who called sudo.
    """
    above = directory
    missing = []
    while not os.path.lexists(above):
        missing.append(above)
        above = os.path.dirname(above)
    if os.stat(above).st_uid != os.geteuid():
        raise PermissionError(f"'{above}' belongs to another user")
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another run created it at the same time
            os.mkdir(path, _DIRECTORY_MODE)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _check_private(os.fstat(descriptor), directory)
        # the parent is checked as well: a user who can write to it can replace this directory
        parent = os.path.dirname(directory)
        status = os.stat(parent)
        if status.st_mode & _OTHERS_WRITE and not status.st_mode & stat.S_ISVTX:
            raise PermissionError(f"other users can write to '{parent}'")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_file(directory: int, name: str, flags: int) -> int:
    """Open the private file `name` in a directory; return its file descriptor.

    `directory` is a file descriptor that `open_directory` returned. `flags` are flags for `os.open`.

    Raises: OSError, if the file cannot be opened; PermissionError, if another user owns the file or can write to it.
    """
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, _FILE_MODE, dir_fd=directory)
    try:
        _check_private(os.fstat(descriptor), name)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_cached(path: str) -> bytes | None:
    """Return the data that `write_cached` wrote to `path`.

    The result is None if the file cannot be read, or if another user could have written the file.
    """
    try:
        directory = open_directory(os.path.dirname(path))
    except OSError:
        return None
    try:
        with os.fdopen(open_file(directory, os.path.basename(path), os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            return file.read()
    except OSError:
        return None
    finally:
        os.close(directory)


def write_cached(path: str, *parts: bytes) -> None:
    """Write `parts`, one after the other, to the file `path` atomically; ignore errors."""
    name = os.path.basename(path)
    temporary = f".{name}.{os.getpid()}-{os.urandom(4).hex()}"
    try:
        directory = open_directory(os.path.dirname(path))
    except OSError:
        return
    try:
        with os.fdopen(open_file(directory, temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.writelines(parts)
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=directory)
    finally:
        os.close(directory)


def _check_private(status: os.stat_result, path: str) -> None:
    """Raise PermissionError if another user owns the file or can write to it."""
    if status.st_uid != os.geteuid():
        raise PermissionError(f"'{path}' belongs to another user")
    if status.st_mode & _OTHERS_WRITE:
        raise PermissionError(f"other users can write to '{path}'")
