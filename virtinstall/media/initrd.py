"""`--initrd-inject FILE`: files that are added to the root of the installer's initrd.

The kernel unpacks a series of cpio archives, each compressed or not, with zeros between them; files in later archives
replace earlier ones. So another archive is appended, and the initrd is neither unpacked nor copied. The archive is not
compressed, because every kernel supports this, regardless of its decompressors, and files of any size can be streamed.
(A compressed initrd may have any length: it is padded with zeros to a multiple of 4, where the kernel looks for the
next header.)

Source: Documentation/driver-api/early-userspace/buffer-format.rst of Linux (grammar, padding, newc fields);
Documentation/filesystems/ramfs-rootfs-initramfs.rst.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError, RequestError
from virtinstall.media.bytesource import FileSource
from virtinstall.media.fetcher import space_hint
from virtinstall.progress import Silent
from virtinstall.safe_text import reason_of
from virtinstall.units import human_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from virtinstall.progress import Progress

_MAGIC = b"070701"
_ALIGN = 4
_TRAILER = "TRAILER!!!"
_LARGEST = 0xFFFFFFFF
_FIRST_INODE = 300000000


@dataclass(frozen=True)
class Injection:
    """A file that is added to the root directory of the initrd as `name`; `size` is in bytes.

    `path` is the path of the file on this host. A generated file does not exist on the host: its `path` is its name,
    and `content` is its contents. `content` is None for other files. `executable` is true if the file is executable in
    the initrd. `private` is true if other users on this host must not be able to read the file.
    """

    path: Path
    name: str
    size: int
    executable: bool
    content: bytes | None = None
    private: bool = False


def check_injections(paths: Sequence[Path], generated: Sequence[tuple[str, bytes]] = ()) -> list[Injection]:
    """Check the files to inject, and return an `Injection` for each file.

    `paths` are files on this host; `generated` contains a pair of name and contents for each generated file.

    Raises: RequestError, if a file cannot be read or is not a regular file, or if two files have the same name.
    """
    found: dict[str, Injection] = {}
    ours = [Injection(Path(name), name, len(content), False, content, private=True) for name, content in generated]
    for injection in [*map(_look_at, paths), *ours]:
        if injection.name in found:
            raise RequestError(
                f"--initrd-inject: '{injection.path}' and '{found[injection.name].path}' would both be "
                f"'/{injection.name}' in the initrd",
                hint="rename one of the files",
            )
        found[injection.name] = injection
    return list(found.values())


def inject(initrd: Path, files: Sequence[Injection], progress: Progress | None = None) -> None:
    """Append an archive that contains `files` to the file `initrd`; the same files produce the same bytes.

    If an error occurs, the initrd is left unchanged. `progress` shows the progress; None shows nothing.

    Raises: FetchError, if the initrd cannot be written or a file has changed since `check_injections`.
    """
    if not files:
        return
    shown = progress or Silent()
    try:
        with initrd.open("r+b", buffering=0) as target:
            before = target.seek(0, os.SEEK_END)
            shown.start("Injecting files into the initrd", sum(each.size for each in files))
            try:
                _append(target, before, files, shown)
            except BaseException:
                target.truncate(before)
                raise
            finally:
                shown.finish()
    except OSError as error:
        raise FetchError(
            f"cannot add files to the initrd '{initrd}': {reason_of(error)}",
            hint=space_hint(error, initrd),
        ) from error


def archive_size(files: Sequence[Injection]) -> int:
    """Return the maximum number of bytes that `inject` appends for `files`."""
    entries = [(each.name, each.size) for each in files] + [(_TRAILER, 0)]
    return _ALIGN + sum(_padded(110 + len(os.fsencode(name)) + 1) + _padded(size) for name, size in entries)


def _look_at(path: Path) -> Injection:
    option = f"--initrd-inject {path}"
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise RequestError(f"{option}: not a regular file", hint="specify a file, not a directory or a device")
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise RequestError(f"{option}: no such file", hint="check the path") from None
    except (OSError, ValueError) as error:
        why = reason_of(error)
        hint = (
            "make the file readable, or run as a user who can read it" if isinstance(error, PermissionError) else None
        )
        raise RequestError(f"{option}: cannot read the file: {why}", hint=hint) from error
    if status.st_size > _LARGEST:
        raise RequestError(
            f"{option}: the file is {human_size(status.st_size)}, but a file in an initrd must be smaller than 4 GiB",
            hint="have the installer download the file, or provide it on a disk",
        )
    executable = bool(status.st_mode & stat.S_IXUSR)
    private = not status.st_mode & stat.S_IROTH
    return Injection(path, path.name, status.st_size, executable, private=private)


def _append(target: BinaryIO, before: int, files: Sequence[Injection], progress: Progress) -> None:
    position = before
    position += _write(target, bytes(-before % _ALIGN))
    for number, each in enumerate(files):
        mode = stat.S_IFREG | (0o755 if each.executable else 0o644)
        position += _write(target, _header(each.name, _FIRST_INODE + number, mode, each.size))
        _append_content(target, each, progress)
        position += each.size + _write(target, bytes(-each.size % _ALIGN))
    _write(target, _header(_TRAILER, 0, 0, 0))


def _append_content(target: BinaryIO, each: Injection, progress: Progress) -> None:
    if each.content is not None:
        _write(target, each.content)
        progress.advance(each.size)
        return
    with FileSource(each.path) as source:
        if source.size != each.size:
            raise FetchError(
                f"'{each.path}' changed while it was being added to the initrd", hint="run the command again"
            )
        source.copy_to(0, each.size, target, progress)


def _header(name: str, inode: int, mode: int, size: int) -> bytes:
    """Return a padded newc header with the name: owner root, one link, no time."""
    encoded = os.fsencode(name) + b"\0"
    links = 1
    fields = (inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, len(encoded), 0)
    header = _MAGIC + b"".join(b"%08X" % value for value in fields) + encoded
    return header + bytes(-len(header) % _ALIGN)


def _write(target: BinaryIO, data: bytes) -> int:
    view = memoryview(data)
    while view:
        view = view[target.write(view) :]
    return len(data)


def _padded(count: int) -> int:
    return count + -count % _ALIGN
