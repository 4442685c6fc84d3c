"""The common interface of web trees, directories and ISO images that `--location` reads.

Source: RFC 3986 section 3.2.1 (user information in URLs must not be shown).
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit, urlunsplit

from virtinstall.errors import FetchError
from virtinstall.safe_text import one_line
from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.progress import Progress

# Larger pieces do not fit in the processor's cache: 1 MiB takes up to five times as long. 64 KiB takes 1.5 times as
# long.
CHUNK_BYTES = 256 * 1024
TEXT_LIMIT_BYTES = 1024 * 1024
FILE_LIMIT_BYTES = 16 * 1024**3
_MOST_DIGITS = 18


class Target(Protocol):
    """Destination of downloads: a binary file, preferably unbuffered."""

    def write(self, data: bytes | memoryview, /) -> int | None:
        """Write `data`; return the number of bytes written."""

    def fileno(self) -> int:
        """The descriptor; OSError if there is none."""


@dataclass(frozen=True)
class VolumeIds:
    """Identifiers of an ISO image, without trailing spaces.

    `volume_size` is in bytes, as declared in the image, which is what osinfo-db compares.
    """

    volume_id: str
    system_id: str
    publisher_id: str
    application_id: str
    volume_size: int


class Fetcher(Protocol):
    """Reader of files below one location. Paths are relative to it, with `/` between names."""

    @property
    def location(self) -> str:
        """The location for display, without password and query."""

    @property
    def install_url(self) -> str | None:
        """The URL that an installer inside the guest can use, or None for local media."""

    @property
    def volume(self) -> VolumeIds | None:
        """The identifiers of the ISO image that contains the location, or None for a tree."""

    def exists(self, path: str) -> bool:
        """Whether there is a file at `path`.

        Raises: FetchError, if the location cannot be reached.
        """

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """Return the first `limit` bytes of a file, as UTF-8 with invalid bytes replaced.

        Raises: FetchError.
        """

    def size(self, path: str) -> int | None:
        """Return the size of the file in bytes, or None if the server does not report it.

        Raises: FetchError, if there is no such file.
        """

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the file to `target_file` in small pieces; return its size in bytes.

        Raises: FetchError.
        """

    def close(self) -> None:
        """Close connections, mounts and open files."""


def clean_path(path: str) -> str:
    """`path` relative to its location: no leading `/`, no `.`.

    Raises: FetchError, if `..` would leave the location.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in path:
        raise FetchError(
            f"'{path}' is outside the install location",
            hint="use a path relative to the install location, without '..'",
        )
    return posixpath.join(*parts) if parts else ""


def display_url(url: str) -> str:
    """`url` without user, password, query and fragment, for messages and logs."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def parse_count(text: str) -> int | None:
    """Return the number that a server announces, or None if the text is not a plain decimal number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def label_of(verb: str, path: str) -> str:
    """Return the title of a progress bar: `Retrieving 'vmlinuz'`. Names come from servers and media."""
    return f"{verb} '{one_line(path.rpartition('/')[2])}'"


def write_all(target_file: Target, data: memoryview) -> None:
    """Write every byte of `data`, also to an unbuffered file that accepts fewer bytes per call.

    Raises: FetchError, if the disk is full or failing.
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
    """The error for a target that cannot be written."""
    name = getattr(target_file, "name", "the temporary file")
    return FetchError(
        f"cannot write '{name}': {error.strerror or error}",
        hint="free up space on its file system",
    )


def check_size(what: str, size: int, limit: int) -> None:
    """Reject data that is larger than `limit` bytes.

    Raises: FetchError naming `what`.
    """
    if size > limit:
        raise FetchError(
            f"{what} is larger than the limit of {human_size(limit)}",
            hint="check that the URL or path is correct",
        )
