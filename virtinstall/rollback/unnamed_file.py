"""Files without a name until they are complete: nothing remains if the writer is killed earlier.

Source: open(2) O_TMPFILE, linkat(2).
"""

from __future__ import annotations

import errno
import os

_NO_TMPFILE = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)


def open_unnamed(folder: str | os.PathLike[str], mode: int) -> int | None:
    """Return a descriptor of a new file without a name on the file system of `folder`; `mode` is subject to the umask.

    None if the file system does not support such files (NFS, vfat), or if /proc is not available to name the file
    later.

    Raises: OSError.
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
    """Link the file of `open_unnamed` to `path`.

    Raises: OSError, if the name is already used.
    """
    # src_dir_fd makes Python call linkat(2), which is the only call that follows the handle to the file
    os.link(_handle(fd), path, src_dir_fd=fd, follow_symlinks=True)


def _handle(fd: int) -> str:
    return f"/proc/self/fd/{fd}"
