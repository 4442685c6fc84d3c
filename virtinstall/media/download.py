"""Files from web servers: `download` and `read_url` for a single URL, `HttpFetcher` for an install tree.

    digest = hashlib.sha256()
    with path.open("wb", buffering=0) as target:
        response = download(url, target, on_data=digest.update, progress=progress)
    response.url, response.length, response.etag, response.last_modified

`download` resumes an interrupted transfer if the server still has the same version (ETag, Last-Modified, size), checks
the size limit and the free space, and detects stalled servers. To continue a partial file of an earlier run, pass
`start` and `before` (the response that the earlier run saved); if the server has a different version, `on_restart`
must truncate the target and start the digest again. To revalidate a cached file, pass `cached`; if the file is current,
nothing is written and the response has `not_modified` set. `read_url` returns the contents of a small file. Errors are
FetchError; `status` is the HTTP status if there is one, and `challenge` is the WWW-Authenticate header of a 401
response.

TLS certificates are verified, and proxies and REQUESTS_CA_BUNDLE are respected (by requests). Redirects are limited and
never lead from HTTPS to HTTP. A single deadline applies to everything up to the end of the headers.

Source: RFC 9110 sections 9.3.2 (HEAD) and 13.1 (conditional requests).
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from virtinstall.media.fetcher import (
    TEXT_LIMIT_BYTES,
    Target,
    VolumeIds,
    check_size,
    clean_path,
    display_url,
    label_of,
    parse_count,
)
from virtinstall.media.http_client import NOT_THERE, HttpClient, drop, header
from virtinstall.media.transfer import (
    DEFAULT_LIMITS,
    Limits,
    Response,
    read_start,
    transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from virtinstall.progress import Progress

_PATH_SAFE = "/%:+~@!$&'()*,;="
_NO_HEAD = (400, 403, 405, 501)


def download(
    url: str,
    target: Target,
    *,
    start: int = 0,
    before: Response | None = None,
    cached: Response | None = None,
    on_data: Callable[[memoryview], None] | None = None,
    on_restart: Callable[[], None] | None = None,
    progress: Progress | None = None,
    label: str = "",
    headers: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Response:
    """Write the file at `url` to `target`, preferably an unbuffered file; return the server's response.

    To continue a partial download, set `start` to the number of bytes that `target` already contains, and `before` to
    the response for the version from which these bytes were downloaded. If `target` already contains the whole file, no
    request is sent. `cached` is the response for a cached copy; if the server still has that version, nothing is
    written.

    `on_data` is called with each chunk that has been written. If the server has a different version when a transfer
    continues, `on_restart` is called; it must empty the target and discard the data that `on_data` collected. If
    `on_restart` is None, a different version is an error. `progress` shows the progress with the title `label`; None
    shows nothing. `headers` are additional request headers.

    Raises: FetchError, if the file cannot be downloaded or written.
    """
    client = HttpClient(limits, headers)
    try:
        return transfer(
            display_url(url),
            lambda offset, version: client.open(url, offset, version, cached),
            target,
            limits=limits,
            progress=progress,
            label=label or label_of("Retrieving", urlsplit(url).path),
            start=start,
            before=before,
            on_data=on_data,
            on_restart=on_restart,
        )
    finally:
        client.close()


def read_url(
    url: str,
    *,
    limit_bytes: int = TEXT_LIMIT_BYTES,
    headers: Mapping[str, str] | None = None,
    cached: Response | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[Response, bytes]:
    """Return the server's response and the contents of the file at `url`.

    `headers` are additional request headers. `cached` is the response for a cached copy; if the server still has that
    version, the returned contents are empty and the response has `not_modified` set.

    Raises: FetchError, if the file cannot be downloaded or is larger than `limit_bytes`.
    """
    client = HttpClient(limits, headers)
    try:
        name = display_url(url)
        response, data = read_start(name, lambda *_: client.open(url, cached=cached), limit_bytes + 1, limits)
        check_size(f"'{name}'", len(data), limit_bytes)
        return response, data
    finally:
        client.close()


class HttpFetcher:
    """A reader of files below an HTTP or HTTPS URL; it uses one persistent connection."""

    volume: VolumeIds | None = None

    def __init__(self, url: str, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._base = urlsplit(url)
        self._limits = limits
        self._client = HttpClient(limits)
        self.location = display_url(url)
        self.install_url: str | None = url

    def exists(self, path: str) -> bool:
        """Return whether the server has a file at `path`.

        A HEAD request is sent first; if the server rejects HEAD, a GET request for one byte is sent.
        """
        url = self._url(path)
        reply = self._client.ask("head", url)
        status = int(reply.status_code)
        drop(reply)
        if status in _NO_HEAD:
            reply = self._client.ask("get", url, {"Range": "bytes=0-0"})
            status = int(reply.status_code)
            drop(reply)
        if status in NOT_THERE or status in _NO_HEAD:
            return False
        self._client.check_status(reply, url)
        return True

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """Return the first `limit` bytes of the file as a string."""
        url = self._url(path)
        _, data = read_start(display_url(url), lambda *_: self._client.open(url), limit, self._limits)
        return data.decode("utf-8", "replace")

    def size(self, path: str) -> int | None:
        """Return the size of the file in bytes; None if the server does not report it."""
        url = self._url(path)
        reply = self._client.ask("head", url)
        self._client.check_status(reply, url)
        drop(reply)
        return parse_count(header(reply, "Content-Length"))

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the file to `target_file`, and return its size in bytes; resume an interrupted transfer."""
        url = self._url(path)
        response = transfer(
            display_url(url),
            lambda offset, before: self._client.open(url, offset, before),
            target_file,
            limits=self._limits,
            progress=progress,
            label=label_of("Retrieving", path),
        )
        return response.length or 0

    def read_range(self, path: str, offset: int, length: int) -> bytes:
        """Return `length` bytes of the file at `path`, starting at `offset`.

        Raises: FetchError, if the request fails or the server does not support range requests.
        """
        data = BytesIO()
        self.download_range(path, offset, length, data)
        return data.getvalue()

    def download_range(
        self, path: str, offset: int, length: int, target_file: Target, progress: Progress | None = None
    ) -> None:
        """Write `length` bytes of a file starting at `offset` to `target_file`; resume an interrupted transfer.

        The caller starts and finishes `progress`, so that one progress bar can cover several parts. If `progress` is
        None, nothing is shown.

        Raises: FetchError, if the request fails or the server does not support range requests.
        """
        url = self._url(path)
        transfer(
            display_url(url),
            lambda done, before: self._client.open_part(url, offset, length, done),
            target_file,
            limits=self._limits,
            on_data=(lambda data: progress.advance(len(data))) if progress is not None else None,
        )

    def close(self) -> None:
        """Close the persistent connection."""
        self._client.close()

    def _url(self, path: str) -> str:
        relative = quote(clean_path(path), safe=_PATH_SAFE)
        whole = f"{self._base.path.rstrip('/')}/{relative}" if relative else self._base.path
        return urlunsplit((self._base.scheme, self._base.netloc, whole, self._base.query, ""))
