"""A client that downloads images to a cache, and sources of images."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from virtinstall.images.cache import CachedImage, ImageCache
from virtinstall.images.catalogue import GUESSED_LISTS
from virtinstall.images.fetch import FetchRequest, fetch_image
from virtinstall.images.source import ImageSource
from virtinstall.progress import Progress, Silent


@dataclass
class Client:
    """A run that downloads to a cache; `output` has its reports, `now` is its clock."""

    root: Path
    output: list[str] = field(default_factory=list)
    now: float = 1_000_000.0
    environment: dict[str, str] = field(default_factory=dict)
    progress: Progress = field(default_factory=Silent)

    @property
    def cache(self) -> ImageCache:
        """The cache of the client."""
        return ImageCache(str(self.root), clock=lambda: self.now)

    def fetch(self, source: ImageSource, refresh: bool | None = None, checksum: str = "") -> CachedImage:
        """Fetch an image; return it as it is stored in the cache."""
        return fetch_image(
            FetchRequest(source, refresh, checksum),
            self.cache,
            environment=self.environment,
            progress=self.progress,
            report=self.output.append,
        )

    def left(self) -> list[str]:
        """Return the files in the cache that are neither images nor records."""
        return [
            path.name
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and path.parent.name != "by-digest" and not path.name.endswith(".json")
        ] + [path.name for path in sorted(self.root.rglob("*.part.json"))]


def named(url: str, *lists: str, name: str = "debian12") -> ImageSource:
    """Return a source as in a catalogue: its checksum list must exist."""
    return ImageSource(name, "url", url, arch="x86_64", checksums=lists or ("SHA256SUMS",), origin="test")


def by_url(url: str) -> ImageSource:
    """Return a source for a URL that the user specifies."""
    return ImageSource(url, "url", url, arch="x86_64", checksums=GUESSED_LISTS, guess=True, origin="url")
