"""Creation of a file that never replaces another and appears under its name only when it is complete.

Until then it has no name, so that Ctrl-C and SIGKILL cannot leave an incomplete file; on file systems without unnamed
files (NFS, vfat), it has a hidden name.

Source: linkat(2), renameat2(2) RENAME_NOREPLACE.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from virtinstall.rollback.file_state import FileState, Identity, remove_file, remove_if_same
from virtinstall.rollback.journal import Journal
from virtinstall.rollback.undo import Undo
from virtinstall.rollback.unnamed_file import link_to, open_unnamed
from virtinstall.storage.files import creation_errors, exists_error, storage_errors

_NO_LINK = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@contextmanager
def new_file(path: str, undo: Undo, *, mode: int = 0o600, journal: Journal | None = None) -> Iterator[int]:
    """Yield a file descriptor to write to; if the `with` block succeeds, the file is flushed and named `path`.

    Just before the file receives this name, its removal is pushed to `undo`, and the file is recorded in `journal` if
    that is not None. An interruption therefore cannot leave an unrecorded file. `mode` is the file's mode, subject to
    the umask.

    Raises: StorageError, if `path` exists or cannot be written; then no file is left.
    """
    with creation_errors(path):
        refuse_existing(path)
        fd, publish = _open_unnamed(path, mode) or _open_hidden(path, mode, undo)
    try:
        with storage_errors("cannot write", path):
            yield fd
            os.fsync(fd)
        identity = Identity.of_open_file(fd)
        undo.push(f"the file '{path}'", lambda: remove_if_same(path, identity))
        if journal is not None:
            journal.record("file", path, identity)
        with creation_errors(path):
            publish()
        if journal is not None:
            # whoever removes it later must know that it is unchanged
            journal.record("file", path, FileState.of_open_file(fd))
    finally:
        os.close(fd)


def refuse_existing(path: str) -> None:
    """Check that no file, and no dangling symbolic link, exists at `path`.

    Raises: StorageError, if one exists.
    """
    if os.path.lexists(path):
        raise exists_error(path)


def _folder_of(path: str) -> str:
    return os.path.dirname(path) or "."


def can_create(path: str) -> bool:
    """Return whether this user can create a file in the directory of `path`; change nothing."""
    return os.access(_folder_of(path), os.W_OK | os.X_OK)


def _open_unnamed(path: str, mode: int) -> tuple[int, Callable[[], None]] | None:
    """Return an O_TMPFILE in the directory of `path`, and the function that names it; None if not supported."""
    fd = open_unnamed(_folder_of(path), mode)
    return None if fd is None else (fd, lambda: link_to(fd, path))


def _open_hidden(path: str, mode: int, undo: Undo) -> tuple[int, Callable[[], None]]:
    """Return a file with a random hidden name next to `path`, and the function that names it."""
    hidden = os.path.join(_folder_of(path), f".{os.path.basename(path)[:100]}.{os.urandom(8).hex()}.part")
    # the name is unique to this run, so its removal may be pushed before it exists
    step = undo.push(f"the file '{hidden}'", lambda: remove_file(hidden))
    fd = os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, mode)

    def publish() -> None:
        try:
            os.link(hidden, path)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            _rename_without_replacing(hidden, path)
        remove_file(hidden)
        undo.forget(step)

    return fd, publish


def _rename_without_replacing(source: str, target: str) -> None:
    """Rename `source` to `target` unless `target` exists; for file systems without hard links.

    Raises: OSError.
    """
    import ctypes

    at_fdcwd, rename_noreplace = -100, 1
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(at_fdcwd, os.fsencode(source), at_fdcwd, os.fsencode(target), rename_noreplace):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), target)
