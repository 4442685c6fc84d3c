"""The kernel and initrd of an install boot: where they go, fetching them, and taking them away.

Their paths are known before anything is made, so that the plan can show them: the names hold a token
that the caller draws at random. They can be read by any user, as QEMU runs under its own.

Source: libvirt's qemu.conf (user, group, security); open(2) (O_EXCL, O_NOFOLLOW); the XDG base
directory specification (XDG_CACHE_HOME).
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from virtinstall.directories import make_directory
from virtinstall.errors import FetchError
from virtinstall.media.initrd import archive_size, inject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from virtinstall.media.fetcher import Fetcher
    from virtinstall.media.initrd import Injection
    from virtinstall.media.tree import Tree
    from virtinstall.progress import Progress
    from virtinstall.undo import Undo

_PREFIX = "virtinst-"
_TOKEN = r"[A-Za-z0-9_]{8,64}"
_MODE = 0o644
_NAME_BYTES = 64


@dataclass(frozen=True)
class BootFiles:
    """Where the kernel and the initrd are, or will be."""

    kernel: Path
    initrd: Path

    def remove(self) -> None:
        """Take both files away, when the install boot is over; missing ones are no error.

        Raises: FetchError, when one can't be removed.
        """
        for path in (self.kernel, self.initrd):
            remove_file(path)


def place_boot_files(directory: Path, token: str, tree: Tree) -> BootFiles:
    """The paths that the tree's kernel and initrd will have in `directory`.

    `token`, 8 letters or digits and more, is drawn at random by the caller.
    """
    if not re.fullmatch(_TOKEN, token):
        raise ValueError(f"no usable token: {token!r}")
    kernel, initrd = _safe_name(tree.kernel_path, "vmlinuz"), _safe_name(tree.initrd_path, "initrd.img")
    if kernel == initrd:
        initrd = f"initrd-{initrd}"
    return BootFiles(directory / f"{_PREFIX}{token}-{kernel}", directory / f"{_PREFIX}{token}-{initrd}")


def fetch_boot_files(
    fetcher: Fetcher,
    tree: Tree,
    files: BootFiles,
    undo: Undo,
    progress: Progress,
    injections: Sequence[Injection] = (),
) -> None:
    """Fetch the tree's kernel and initrd to the paths in `files` and inject what is asked.

    Raises: FetchError; what was made is in `undo`.
    """
    fetch_file(fetcher, tree.kernel_path, files.kernel, undo, progress)
    fetch_file(fetcher, tree.initrd_path, files.initrd, undo, progress, injections)


def fetch_file(
    fetcher: Fetcher,
    source: str,
    path: Path,
    undo: Undo,
    progress: Progress,
    injections: Sequence[Injection] = (),
) -> None:
    """Fetch `source` to `path`, a file that doesn't exist yet, and append `injections` to it (an initrd).

    Raises: FetchError; what was made is in `undo`.
    """
    make_directory(str(path.parent), undo)
    _check_room(path.parent, fetcher.size(source), archive_size(injections) if injections else 0)
    with _new_file(path, undo) as target:
        if not fetcher.download(source, target, progress):
            raise FetchError(f"'{source}' at '{fetcher.location}' is empty", hint="the install tree is incomplete")
    if injections:
        inject(path, injections, progress)


def leftovers(directory: Path, older_than: float) -> list[Path]:
    """Boot files that a run which was killed left behind: last written before `older_than` (seconds, epoch)."""
    try:
        found = [path for path in directory.iterdir() if re.match(rf"{_PREFIX}{_TOKEN}-", path.name)]
        return sorted(path for path in found if path.lstat().st_mtime < older_than)
    except OSError:
        return []  # no such directory, or another run has just tidied up


def remove_file(path: Path) -> None:
    """Remove `path`; a missing one is no error.

    Raises: FetchError.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FetchError(f"could not remove '{path}': {error.strerror}") from error


@contextmanager
def _new_file(path: Path, undo: Undo) -> Iterator[BinaryIO]:
    """A new file at `path`, unbuffered; never one that is there already, nor through a link."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
    except OSError as error:
        raise FetchError(
            f"could not make '{path}': {error.strerror}", hint="check that the directory may be written"
        ) from error
    undo.push(f"file {path}", lambda: remove_file(path))
    with os.fdopen(fd, "wb", buffering=0) as target:
        os.fchmod(fd, _MODE)  # whatever the umask says: QEMU's user must read it
        yield target


def _check_room(directory: Path, size: int | None, extra: int) -> None:
    if size is None:
        return
    status = os.statvfs(directory)
    free = status.f_bavail * status.f_frsize
    if size + extra > free:
        raise FetchError(
            f"'{directory}' has {free} bytes free, the boot files need {size + extra}",
            hint="make room on that file system",
        )


def _safe_name(path: str, otherwise: str) -> str:
    """The last part of `path`, reduced to what is harmless in a file name and in XML."""
    name = re.sub(r"[^A-Za-z0-9._+-]", "_", path.rpartition("/")[2]).lstrip(".-")
    return name[-_NAME_BYTES:] or otherwise
