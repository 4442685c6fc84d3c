"""The common interface of web trees, directories and ISO images that `--location` reads.

Source: RFC 3986 section 3.2.1 (user information in URLs must not be shown).
"""

from __future__ import annotations

import errno
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit, urlunsplit

from virtinstall.errors import FetchError
from virtinstall.safe_text import one_line, reason_of
from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.progress import Progress

# Larger pieces do not fit in the processor's cache: 1 MiB takes up to five times as long. 64 KiB takes 1.5 times as
# long.
CHUNK_BYTES = 256 * 1024
TEXT_LIMIT_BYTES = 1024 * 1024
FILE_LIMIT_BYTES = 16 * 1024**3
COMPLETE_TREE_HINT = "use a complete install tree"
MISSING_HINT = "check the URL, or use another server"
_MOST_DIGITS = 18


class Target(Protocol):
    """A destination for downloads: a binary file, preferably unbuffered."""

    def write(self, data: bytes | memoryview, /) -> int | None:
        """Write `data`; return the number of bytes written, or None if the target does not report this number."""

    def fileno(self) -> int:
        """Return the file descriptor.

        Raises: OSError, if the target has no file descriptor, for example because it is in memory.
        """


@dataclass(frozen=True)
class VolumeIds:
    """The identifiers in an ISO image's volume descriptor, without trailing spaces.

    `volume_size` is the size in bytes that the descriptor declares; rules in osinfo-db are compared with this value.
    """

    volume_id: str
    system_id: str
    publisher_id: str
    application_id: str
    volume_size: int


class Fetcher(Protocol):
    """A reader of files below one location: a URL, a directory or an ISO image.

    Paths are relative to the location, with `/` between names.
    """

    @property
    def location(self) -> str:
        """The location for display, without user name, password or query."""

    @property
    def install_url(self) -> str | None:
        """The URL from which an installer inside the guest can read the files; None for local media."""

    @property
    def volume(self) -> VolumeIds | None:
        """The identifiers of the ISO image; None if the location is not an ISO image."""

    def exists(self, path: str) -> bool:
        """Return whether there is a file at `path`.

        Raises: FetchError, if the location cannot be reached.
        """

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """Return the first `limit` bytes of a file as a string; bytes that are not valid UTF-8 are replaced.

        Raises: FetchError, if the file does not exist or cannot be read.
        """

    def size(self, path: str) -> int | None:
        """Return the size of the file in bytes; None if the server does not report it.

        Raises: FetchError, if there is no such file.
        """

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the file to `target_file` in chunks; return its size in bytes.

        Raises: FetchError, if the file does not exist or is too large, or if reading or writing fails.
        """

    def close(self) -> None:
        """Close all connections and files, and unmount a file system that this fetcher mounted."""


def clean_path(path: str) -> str:
    """Return `path` without a leading `/` and without empty or `.` components.

    `path` is relative to an install location.

    Raises: FetchError, if `path` contains a `..` component or a NUL character.
    """
    if "\0" in path:
        raise FetchError(f"invalid path '{one_line(path)}': it contains a NUL character")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise FetchError(
            f"'{path}' is outside the install location",
            hint="use a path relative to the install location, without '..'",
        )
    return posixpath.join(*parts) if parts else ""


def display_url(url: str) -> str:
    """Return `url` without user name, password, query or fragment, for messages and logs."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def parse_count(text: str) -> int | None:
    """Return the number in `text`, such as a file size; None if `text` is not a decimal number of at most 18 digits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def label_of(verb: str, path: str) -> str:
    """Return the title of a progress bar, such as `Retrieving 'vmlinuz'`, without control characters.

    The title consists of `verb` and the last component of `path`.
    """
    return f"{verb} '{one_line(path.rpartition('/')[2])}'"


def write_all(target_file: Target, data: memoryview) -> None:
    """Write all of `data`, even if the target is unbuffered and writes only part of the data in each call.

    Raises: FetchError, if the target cannot be written.
    """
    try:
        while data:
            taken = target_file.write(data)
            if taken is None or taken == len(data):
                return
            data = data[taken:]
    except OSError as error:
        raise write_failure(target_file, error) from error


def write_failure(target_file: Target, error: OSError) -> FetchError:
    """Return the error for a target that cannot be written because of `error`."""
    name = getattr(target_file, "name", "the temporary file")
    return FetchError(
        f"cannot write '{name}': {reason_of(error)}",
        hint=space_hint(error, name),
    )


def space_hint(error: OSError, path: object) -> str | None:
    """Return a hint if `error` means that the disk is full or a quota is exceeded; None for other errors.

    `path` is the path of the file that cannot be written.
    """
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return f"free up space on the file system that contains '{path}'" if full else None


def no_such_file(location: str, path: str, *, in_image: bool = False, hint: str | None = None) -> FetchError:
    """Return the error for a file that does not exist at a location.

    `path` is relative to `location`. `in_image` is true if the location is an ISO image. `hint` replaces the default
    hint.
    """
    name = clean_path(path)
    if in_image:
        return FetchError(f"no such file in '{location}': '{name}'", hint=hint or "use another install image")
    return FetchError(f"no such file: {location.rstrip('/')}/{name}", hint=hint or COMPLETE_TREE_HINT)


def check_size(what: str, size: int, limit: int) -> None:
    """Check that `size` is at most `limit`, both in bytes; `what` denotes the data in the message.

    Raises: FetchError, if `size` is larger than `limit`.
    """
    if size > limit:
        raise FetchError(
            f"{what} is larger than the limit of {human_size(limit)}",
            hint="check that the URL or path is correct",
        )
