"""A download into the cache that can be resumed; the data is hashed and decompressed while it arrives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from virtinstall.errors import FetchError
from virtinstall.images.check import web_page_error
from virtinstall.images.decompress import Writer
from virtinstall.images.digest import Digest, new_hash
from virtinstall.images.sink import Sink, SparseFile, hash_file
from virtinstall.images.tar_stream import DiskExtractor
from virtinstall.media.download import read_url
from virtinstall.media.fetcher import display_url, label_of
from virtinstall.media.http_client import HttpClient
from virtinstall.media.transfer import DEFAULT_LIMITS, Reader, Response, transfer
from virtinstall.named import NamedTuple
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.images.cache import Part
    from virtinstall.progress import Progress

_LIST_LIMIT_BYTES = 64 << 20
_NO_CACHE = {"Cache-Control": "no-cache"}


class WebReader:
    """A reader of checksum lists, indexes and manifests.

    If `fresh` is True, HTTP caches between this host and the server must check that their copies are current.
    """

    def __init__(self, *, fresh: bool = False) -> None:
        self._headers = _NO_CACHE if fresh else {}

    def read(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Return the contents of the file at `url`; `headers` are additional request headers.

        Raises: FetchError, if the file cannot be downloaded or is too large.
        """
        return read_url(url, limit_bytes=_LIST_LIMIT_BYTES, headers={**self._headers, **(headers or {})})[1]


class Downloaded(NamedTuple):
    """A finished download.

    `digest` is the computed digest, or None if the cached copy is current and nothing was downloaded. `found` is False
    if the download is an archive without a disk.
    """

    digest: Digest | None
    response: Response
    found: bool = True


class Download:
    """A download of `url` into the locked `part`.

    `expected` is the digest that the file must have, None if unknown. `headers` are additional request headers.
    `is_archive` is true if the file is a layer of a containerdisk, from which the disk is extracted. If `fresh` is
    True, HTTP caches between this host and the server must check that their copies are current.
    """

    def __init__(
        self,
        part: Part,
        url: str,
        expected: Digest | None,
        *,
        headers: Mapping[str, str] | None = None,
        is_archive: bool = False,
        fresh: bool = False,
    ) -> None:
        self._part = part
        self._url = url
        self._expected = expected
        self._algorithm = expected.algorithm if expected is not None else "sha256"
        self._headers = {**(_NO_CACHE if fresh else {}), **(headers or {})}
        self._is_archive = is_archive
        self._response: Response | None = None
        self._extractor: DiskExtractor | None = None
        self._sink = self._new_sink(0)

    def run(self, progress: Progress, name: str, cached: Response | None = None) -> Downloaded:
        """Download the file; `name` is the name of the image in the progress bar.

        `cached` is the response for a cached copy, or None; if that copy is current, nothing is downloaded. If the
        download of an uncompressed image is interrupted, the downloaded data is kept, so that another run can resume
        the download.

        Raises: FetchError, if the file cannot be downloaded, decompressed or stored.
        """
        start, before = self._resumable()
        client = HttpClient(DEFAULT_LIMITS, self._headers)

        def open_at(offset: int, version: Response | None) -> Reader:
            reader = client.open(self._url, offset, version, cached)
            if reader.response.content_type.startswith("text/html"):
                reader.close()
                raise web_page_error(f"the image '{name}'")
            if not reader.response.not_modified:
                self._response = reader.response
            return reader

        try:
            response = transfer(
                display_url(self._url),
                open_at,
                self,
                progress=progress,
                label=label_of("Downloading", name),
                start=start,
                before=before,
                on_restart=self._restart,
            )
            if response.not_modified:
                return Downloaded(None, response)
            self._sink.close()
        except BaseException:
            if self._sink.is_plain is not True:
                self._part.clear()
            raise
        finally:
            client.close()
        found = self._extractor is None or self._extractor.found is not None
        return Downloaded(Digest(self._algorithm, self._hash.hexdigest()), response, found)

    def write(self, data: bytes | memoryview, /) -> int:
        """Process a chunk of the download, and return its size."""
        return self._sink.write(data)

    def fileno(self) -> int:
        """Return the file descriptor of the file in the cache."""
        return self._part.fd

    def _new_sink(self, start: int) -> Sink:
        self._hash = new_hash(self._algorithm)
        inner: Writer = SparseFile(self._part.fd, start)
        if self._is_archive:
            inner = self._extractor = DiskExtractor(inner)
        return Sink(
            self._part.fd, self._hash, inner, source=display_url(self._url), start=start, on_plain=self._describe
        )

    def _restart(self) -> None:
        """Start the download again, because the server has another version now."""
        self._part.clear()
        self._sink = self._new_sink(0)

    def _describe(self) -> None:
        if self._response is not None and not self._is_archive:
            self._part.describe({"response": asdict(self._response), "url": self._url, "digest": str(self._expected)})

    def _resumable(self) -> tuple[int, Response | None]:
        """Return the number of bytes that an earlier run downloaded, and their version, None if there are none."""
        size, about = self._part.size, self._part.description()
        before = _response(about.get("response"))
        same = about.get("url") == self._url and about.get("digest") == str(self._expected)
        if not size or before is None or not same or self._is_archive or size > (before.length or size):
            self._part.clear()
            return 0, None
        self._sink = self._new_sink(size)
        try:
            hash_file(self._part.fd, self._hash, size)
        except OSError as error:
            raise FetchError(f"cannot read '{self._part.path}' in the image cache: {reason_of(error)}") from error
        self._response = before
        return size, before


def _response(content: Any) -> Response | None:
    try:
        return Response(**content)
    except TypeError:
        return None
