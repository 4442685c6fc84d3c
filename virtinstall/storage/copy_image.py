"""A copy of a local image, as fast and as sparse as the file system allows.

A shared-extent copy (reflink) is instant on Btrfs, XFS and bcachefs; otherwise only the parts that contain data are
copied, inside the kernel if possible.

Source: ioctl_ficlone(2), lseek(2) SEEK_DATA and SEEK_HOLE, copy_file_range(2).
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from virtinstall.errors import StorageError
from virtinstall.progress import Progress
from virtinstall.rollback.journal import Journal
from virtinstall.rollback.new_file import new_file, refuse_existing
from virtinstall.rollback.undo import Undo
from virtinstall.storage.files import storage_errors, write_at
from virtinstall.storage.space import require_space

FICLONE = 0x40049409
STEP = 16 << 20  # between two steps Ctrl-C is handled and progress is shown
_NO_KERNEL_COPY = (errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM, errno.ETXTBSY)
_NO_CLONE = (*_NO_KERNEL_COPY, errno.ENOTTY, errno.EBADF, errno.EISDIR)


def copy_image(
    source: str,
    target: str,
    undo: Undo,
    progress: Progress,
    *,
    keep_sparse: bool = True,
    reflink: str = "auto",
    mode: int = 0o600,
    journal: Journal | None = None,
) -> None:
    """Copy the file or block device `source` to the new file `target`.

    If `keep_sparse` is false, all space for the copy is allocated, and no data is shared. `reflink` is true if the copy
    shares the data of `source`: `auto` (if the file system supports it), `always` or `never`. `mode` is the file mode
    of `target`, subject to the umask. The removal of `target` is pushed to `undo`, and `target` is recorded in
    `journal` if that is not None.

    Raises: StorageError, if `target` exists, if `source` cannot be copied, or if `reflink` is `always` and the data
    cannot be shared.
    """
    refuse_existing(target)
    with storage_errors("cannot read", source):
        source_fd = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        size, data = _measure(source_fd, source)
        progress.start(f"Copying '{Path(source).name}'", data if keep_sparse else size)
        try:
            with new_file(target, undo, mode=mode, journal=journal) as fd:
                if reflink != "never" and keep_sparse and _clone(source_fd, fd):
                    progress.advance(data)
                elif reflink == "always":
                    raise StorageError(
                        f"cannot create '{target}' as a reflink of '{source}': not supported by the file system",
                        hint="omit --reflink, or store both files on the same Btrfs or XFS file system",
                    )
                else:
                    require_space(target, data if keep_sparse else size)
                    _copy_data(source_fd, fd, size, keep_sparse, progress)
        finally:
            progress.finish()
    finally:
        os.close(source_fd)


def _measure(fd: int, path: str) -> tuple[int, int]:
    """Return the number of bytes of the image, and of those that contain data."""
    mode = os.fstat(fd).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
        raise StorageError(
            f"'{path}' is neither a regular file nor a block device", hint="use the path of a disk image"
        )
    with storage_errors("cannot read", path):
        size = os.lseek(fd, 0, os.SEEK_END)
        return size, sum(end - start for start, end in _extents(fd, size))


def _extents(fd: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each part that contains data."""
    offset = 0
    while offset < size:
        try:
            start = os.lseek(fd, offset, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # only a hole up to the end
                return
            if error.errno != errno.EINVAL:  # EINVAL: a device without holes
                raise
            start = offset
        try:
            end = os.lseek(fd, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            end = size
        yield start, min(end, size)
        offset = end


def _clone(source_fd: int, fd: int) -> bool:
    """Share all data of the source; return False if the file system does not support it."""
    try:
        fcntl.ioctl(fd, FICLONE, source_fd)
    except OSError as error:
        if error.errno in _NO_CLONE:
            return False
        raise
    return True


def _copy_data(source_fd: int, fd: int, size: int, keep_sparse: bool, progress: Progress) -> None:
    os.ftruncate(fd, size)
    if not keep_sparse and size:
        os.posix_fallocate(fd, 0, size)
    in_kernel = True
    done = 0
    for start, end in _extents(source_fd, size):
        if not keep_sparse:
            progress.advance(start - done)  # a hole: its space is already reserved
        done = end
        offset = start
        while offset < end:
            step = min(STEP, end - offset)
            copied = _copy_in_kernel(source_fd, fd, offset, step) if in_kernel else 0
            if not copied:
                in_kernel = False
                copied = _copy_through_memory(source_fd, fd, offset, step)
            if not copied:
                raise OSError(errno.EIO, "the source was truncated while it was being copied")
            offset += copied
            progress.advance(copied)
    if not keep_sparse:
        progress.advance(size - done)


def _copy_in_kernel(source_fd: int, fd: int, offset: int, length: int) -> int:
    """Return the number of bytes copied by copy_file_range(2); 0 if it does not support these two files."""
    try:
        return os.copy_file_range(source_fd, fd, length, offset, offset)
    except OSError as error:
        if error.errno in _NO_KERNEL_COPY:
            return 0
        raise


def _copy_through_memory(source_fd: int, fd: int, offset: int, length: int) -> int:
    data = os.pread(source_fd, min(length, 1 << 20), offset)
    write_at(fd, data, offset)
    return len(data)
