"""Files without a name until they are complete: nothing remains if the writer is killed earlier.

Source: open(2) O_TMPFILE, linkat(2).
"""

from __future__ import annotations

import errno
import os

_NO_TMPFILE = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)


def open_unnamed(folder: str | os.PathLike[str], mode: int) -> int | None:
    """Return a file descriptor of a new file without a name on the file system of the directory `folder`.

    `mode` is the file's mode, subject to the umask. The result is None if the file system, such as NFS or vfat, does
    not support unnamed files, or if /proc, which `link_to` needs, is not available.

    Raises: OSError, if the file cannot be created.
    """
    try:
        fd = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno in _NO_TMPFILE:
            return None
        raise
    if os.path.exists(_handle(fd)):
        return fd
    os.close(fd)
    return None


def link_to(fd: int, path: str | os.PathLike[str]) -> None:
    """Name the file that `open_unnamed` returned as `fd`: create a link to it at `path`.

    Raises: OSError, if `path` already exists or cannot be created.
    """
    # src_dir_fd makes Python call linkat(2), which is the only call that follows the handle to the file
    os.link(_handle(fd), path, src_dir_fd=fd, follow_symlinks=True)


def _handle(fd: int) -> str:
    return f"/proc/self/fd/{fd}"
