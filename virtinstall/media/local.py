"""`--location DIRECTORY`: an install tree on this host.

Source: open(2) (a named pipe would block); copy_file_range(2).
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.media.bytesource import FileSource
from virtinstall.media.fetcher import (
    FILE_LIMIT_BYTES,
    TEXT_LIMIT_BYTES,
    Target,
    VolumeIds,
    check_size,
    clean_path,
    label_of,
    no_such_file,
)
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from virtinstall.progress import Progress


class LocalTreeFetcher:
    """A reader of files below a local directory; it follows all symbolic links.

    `location` is the name of the directory in messages, by default its path. `install_url` is the URL from which an
    installer inside the guest can read the directory, or None. `on_close` is called when the reader is closed, for
    example to unmount the directory. `limit_bytes` is the maximum size of a file that `download` copies.
    """

    volume: VolumeIds | None = None
    install_url: str | None = None

    def __init__(
        self,
        directory: Path,
        *,
        location: str | None = None,
        install_url: str | None = None,
        on_close: Callable[[], None] | None = None,
        limit_bytes: int = FILE_LIMIT_BYTES,
    ) -> None:
        self._directory = directory
        self._on_close = on_close
        self._limit = limit_bytes
        self.location = location or str(directory)
        self.install_url = install_url

    def exists(self, path: str) -> bool:
        """Return whether there is a regular file at `path`."""
        try:
            return stat.S_ISREG((self._directory / clean_path(path)).stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._failure(path, error) from error

    def size(self, path: str) -> int:
        """Return the size of the file in bytes."""
        with self._open(path) as source:
            return source.size

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """Return the first `limit` bytes of the file as a string."""
        with self._open(path) as source:
            return source.read_at(0, min(limit, source.size)).decode("utf-8", "replace")

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Copy the file to `target_file`, and return its size in bytes."""
        with self._open(path) as source:
            check_size(f"'{self.location}/{path}'", source.size, self._limit)
            progress.start(label_of("Copying", path), source.size)
            try:
                source.copy_to(0, source.size, target_file, progress)
            finally:
                progress.finish()
            return source.size

    def close(self) -> None:
        """Call `on_close`, if it is set and has not been called yet."""
        if self._on_close is not None:
            closing, self._on_close = self._on_close, None
            closing()

    def _open(self, path: str) -> FileSource:
        if not self.exists(path):
            raise no_such_file(self.location, path)
        return FileSource(self._directory / clean_path(path))

    def _failure(self, path: str, error: OSError) -> FetchError:
        return FetchError(f"cannot read '{path}' in '{self.location}': {reason_of(error)}")
