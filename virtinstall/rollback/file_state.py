"""The identity of a file, and its state, which shows whether it has changed since a run created it.

Source: stat(2), inode(7).
"""

from __future__ import annotations

import os
from contextlib import suppress

from virtinstall.named import NamedTuple


class Identity(NamedTuple):
    """The device number and inode number of a file, which identify it even if its path is reused."""

    device: int
    inode: int

    @classmethod
    def of_open_file(cls, fd: int) -> Identity:
        """Return the identity of the file that is open as `fd`."""
        status = os.fstat(fd)
        return cls(status.st_dev, status.st_ino)

    @classmethod
    def of_path(cls, path: str) -> Identity | None:
        """Return the identity of the file at `path`, or None if there is no file; symbolic links are not followed."""
        status = _status(path, follow=False)
        return None if status is None else cls(status.st_dev, status.st_ino)

    @classmethod
    def of_target(cls, path: str) -> Identity | None:
        """Return the identity of the file at `path`, or None if there is no file; symbolic links are followed."""
        status = _status(path, follow=True)
        return None if status is None else cls(status.st_dev, status.st_ino)


class FileState(NamedTuple):
    """The state of a file, which changes when the file is replaced or written to, or when its owner changes.

    `size` is in bytes, and times are in nanoseconds since the epoch. A write changes `mtime` and `ctime`. Programs can
    reset `mtime`, but not `ctime`.
    """

    device: int
    inode: int
    size: int
    mtime: int
    ctime: int

    @classmethod
    def of_open_file(cls, fd: int) -> FileState:
        """Return the state of the file that is open as `fd`."""
        return cls._of(os.fstat(fd))

    @classmethod
    def of_path(cls, path: str) -> FileState | None:
        """Return the state of the file at `path`, or None if there is no file; symbolic links are not followed."""
        status = _status(path, follow=False)
        return None if status is None else cls._of(status)

    @classmethod
    def _of(cls, status: os.stat_result) -> FileState:
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    @property
    def identity(self) -> Identity:
        """The device number and inode number of the file."""
        return Identity(self.device, self.inode)

    def has_content_of(self, other: FileState) -> bool:
        """Return whether this state and `other` are states of the same file with the same content.

        The content is regarded as the same if `size` and `mtime` are equal. `ctime` is ignored, because it changes when
        libvirt changes the owner of the file.
        """
        return self[:4] == other[:4]


def _status(path: str, *, follow: bool) -> os.stat_result | None:
    """Return the result of stat(2); None if there is no such file."""
    try:
        return os.stat(path, follow_symlinks=follow)
    except (OSError, ValueError):
        # a NUL or a lone surrogate is not possible in a file's name
        return None


def remove_if_same(path: str, identity: Identity) -> None:
    """Remove the file at `path` if its identity is still `identity`.

    Raises: OSError, if the file cannot be examined or removed.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        status = os.lstat(path)
        if (status.st_dev, status.st_ino) == identity:
            os.unlink(path)


def remove_file(path: str) -> None:
    """Remove the file at `path`, if it exists.

    Raises: OSError, if it cannot be removed.
    """
    with suppress(FileNotFoundError):
        os.unlink(path)
