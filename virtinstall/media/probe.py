"""Queries about an install location for the recognizers, with a record of the paths that were looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.media.fetcher import clean_path

if TYPE_CHECKING:
    from virtinstall.media.fetcher import Fetcher

_TEXT_BYTES = 512 * 1024


class Probe:
    """A cache for queries to a `Fetcher`, which sends each query only once."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._known: dict[str, bool] = {}
        self._texts: dict[str, str | None] = {}
        self.install_url = fetcher.install_url
        self.volume = fetcher.volume
        self.location = fetcher.location

    @property
    def looked_for(self) -> list[str]:
        """The paths that were looked for, in the order of the first query for each path."""
        return list(self._known)

    @property
    def found(self) -> bool:
        """Whether any of the paths in `looked_for` exists."""
        return any(self._known.values())

    def has(self, path: str) -> bool:
        """Return whether there is a file at `path`.

        Raises: FetchError, if the location cannot be reached.
        """
        path = clean_path(path)
        if path not in self._known:
            self._known[path] = self._fetcher.exists(path)
        return self._known[path]

    def text(self, path: str) -> str | None:
        """Return the first 512 KiB of the file at `path` as a string; None if the file is missing or cannot be read."""
        path = clean_path(path)
        if path not in self._texts:
            self._texts[path] = self._read(path) if self.has(path) else None
        return self._texts[path]

    def first_pair(self, pairs: list[tuple[str, str]]) -> tuple[str, str] | None:
        """Return the first of `pairs` whose two files exist; None if there is no such pair.

        Each pair consists of the path of a kernel and the path of an initrd.
        """
        return next((pair for pair in pairs if self.has(pair[0]) and self.has(pair[1])), None)

    def _read(self, path: str) -> str | None:
        try:
            return self._fetcher.read_text(path, _TEXT_BYTES)
        except FetchError:
            # An unreadable file (forbidden, or compressed in an ISO) is treated like a missing one.
            return None
