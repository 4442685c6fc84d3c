"""What the tests of fetching share."""

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
    """A run that downloads to a cache; its reports are recorded, `now` is its clock."""

    root: Path
    output: list[str] = field(default_factory=list)
    now: float = 1_000_000.0
    environment: dict[str, str] = field(default_factory=dict)
    progress: Progress = field(default_factory=Silent)

    @property
    def cache(self) -> ImageCache:
        """The cache."""
        return ImageCache(str(self.root), clock=lambda: self.now)

    def fetch(self, source: ImageSource, refresh: bool | None = None, checksum: str = "") -> CachedImage:
        """Fetch an image."""
        return fetch_image(
            FetchRequest(source, refresh, checksum),
            self.cache,
            environment=self.environment,
            progress=self.progress,
            report=self.output.append,
        )

    def left(self) -> list[str]:
        """The files of the cache that are neither an image nor a record."""
        return [
            path.name
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and path.parent.name != "by-digest" and not path.name.endswith(".json")
        ] + [path.name for path in sorted(self.root.rglob("*.part.json"))]


def named(url: str, *lists: str, name: str = "debian12") -> ImageSource:
    """A source as a catalogue has it: the checksum list must be there."""
    return ImageSource(name, "url", url, arch="x86_64", checksums=lists or ("SHA256SUMS",), origin="test")


def by_url(url: str) -> ImageSource:
    """A source as the user names it by its URL."""
    return ImageSource(url, "url", url, arch="x86_64", checksums=GUESSED_LISTS, guess=True, origin="url")
