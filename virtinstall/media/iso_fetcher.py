"""`--location IMAGE.iso`: files inside an ISO image, local or on a web server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.media.fetcher import FILE_LIMIT_BYTES, TEXT_LIMIT_BYTES, Target, check_size, label_of, no_such_file
from virtinstall.media.iso import IsoEntry, IsoImage

if TYPE_CHECKING:
    from virtinstall.media.bytesource import ByteSource
    from virtinstall.progress import Progress


class IsoFetcher:
    """A reader of files inside an ISO image. It reads only the requested parts and does not mount the image.

    `limit_bytes` is the maximum size of a file that `download` copies.

    Raises: FetchError, if the source is not an ISO 9660 image, or if the image is damaged; the source is then closed.
    """

    install_url: str | None = None

    def __init__(self, source: ByteSource, *, limit_bytes: int = FILE_LIMIT_BYTES) -> None:
        try:
            self.image = IsoImage(source)
        except FetchError:
            source.close()
            raise
        self.location = source.name
        self.volume = self.image.volume
        self._limit = limit_bytes

    def exists(self, path: str) -> bool:
        """Return whether the image has a file at `path`."""
        entry = self.image.find(path)
        return entry is not None and not entry.is_directory

    def size(self, path: str) -> int:
        """Return the size of the file in bytes."""
        return self._entry(path).size

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """Return the first `limit` bytes of the file as a string."""
        return self.image.read(self._entry(path), limit).decode("utf-8", "replace")

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Copy the file from the image to `target_file`, and return its size in bytes."""
        entry = self._entry(path)
        check_size(f"'{path}' in '{self.location}'", entry.size, self._limit)
        progress.start(label_of("Extracting", path), entry.size)
        try:
            self.image.copy_to(entry, target_file, progress)
        finally:
            progress.finish()
        return entry.size

    def close(self) -> None:
        """Close the image."""
        self.image.close()

    def _entry(self, path: str) -> IsoEntry:
        entry = self.image.find(path)
        if entry is None:
            raise no_such_file(self.location, path, in_image=True)
        return entry
