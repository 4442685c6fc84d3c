"""The download of the kernel and initrd of an installation to paths that the plan has chosen.

Any user can read the files, because QEMU runs as a different user. An initrd with generated answers contains passwords,
so only its owner can read it, as with a seed; libvirt's daemon makes it readable by QEMU's user.

Source: libvirt's qemu.conf (user, group, security, dynamic_ownership); open(2) (O_EXCL, O_NOFOLLOW).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.media.fetcher import COMPLETE_TREE_HINT, space_hint
from virtinstall.media.initrd import archive_size, inject
from virtinstall.media.transfer import check_room
from virtinstall.rollback.directories import make_directory
from virtinstall.rollback.file_state import remove_file
from virtinstall.rollback.signals import deferred_signals
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from virtinstall.media.fetcher import Fetcher
    from virtinstall.media.initrd import Injection
    from virtinstall.progress import Progress
    from virtinstall.rollback.undo import Undo

_MODE, _PRIVATE_MODE = 0o644, 0o600


def fetch_file(
    fetcher: Fetcher,
    source: str,
    path: Path,
    undo: Undo,
    progress: Progress,
    injections: Sequence[Injection] = (),
) -> None:
    """Download a kernel or initrd to the new file `path`, and append an archive of the `injections`, if there are any.

    `source` is the path relative to the fetcher's location. The new file, and its directory if this function creates
    it, are registered in `undo` for removal. The file is registered as temporary, because QEMU reads it only at
    startup.

    Raises: FetchError, if the file cannot be downloaded, created or changed.
    """
    make_directory(str(path.parent), undo)
    size = fetcher.size(source)
    if size is not None:
        check_room(path.parent, size + (archive_size(injections) if injections else 0), str(path.parent))
    mode = _PRIVATE_MODE if any(each.private for each in injections) else _MODE
    with _new_file(path, mode, undo) as target:
        if not fetcher.download(source, target, progress):
            raise FetchError(f"the file '{source}' in '{fetcher.location}' is empty", hint=COMPLETE_TREE_HINT)
    if injections:
        inject(path, injections, progress)


@contextmanager
def _new_file(path: Path, mode: int, undo: Undo) -> Iterator[BinaryIO]:
    """Create a new file at `path`, unbuffered; never open an existing file or follow a link."""
    with deferred_signals():
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        except FileExistsError:
            raise FetchError(f"'{path}' already exists", hint="remove the existing file") from None
        except OSError as error:
            raise FetchError(
                f"cannot create '{path}': {reason_of(error)}",
                hint=space_hint(error, path) or f"check that '{path.parent}' exists and is writable",
            ) from error
        undo.push(f"the file '{path}'", lambda: remove_file(str(path)), temporary=True)
    with os.fdopen(fd, "wb", buffering=0) as target:
        os.fchmod(fd, mode)  # regardless of the umask: QEMU's user must read it
        yield target
