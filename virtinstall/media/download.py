"""Files from web servers: `download` and `read_url` for one address, `HttpFetcher` for an install tree.

    digest = hashlib.sha256()
    with path.open("wb", buffering=0) as target:
        response = download(url, target, on_data=digest.update, progress=progress)
    response.url, response.length, response.etag, response.last_modified

`download` resumes an interrupted transfer if the server still has the same version (ETag, Last-Modified, size), checks
the size limit and the free space, and detects stalled servers. To continue a partial file of an earlier run, give
`start` and `before` (the response saved then): where the server has another version, `on_restart` must truncate the
target and start the digest again. To revalidate a cached file, give `cached`: if it is current, `not_modified` is set
and nothing is written. `read_url` returns a small file from memory. Errors are FetchError; `status` has the HTTP
status where there is one, `challenge` the WWW-Authenticate header of a 401.

TLS is verified, proxies and REQUESTS_CA_BUNDLE are respected (by requests). Redirects are limited and never lead from
HTTPS to HTTP; everything up to the end of the headers has one deadline.

Source: RFC 9110 sections 13.1 (conditional requests), 14.2 (Range), 14.4 (Content-Range), 15.3.7 (206) and 15.5.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from virtinstall.errors import FetchError
from virtinstall.media.deadline import Deadline
from virtinstall.media.fetcher import (
    CHUNK_BYTES,
    TEXT_LIMIT_BYTES,
    Target,
    VolumeIds,
    check_size,
    clean_path,
    display_url,
    label_of,
    parse_count,
)
from virtinstall.media.transfer import (
    DEFAULT_LIMITS,
    Limits,
    Response,
    TransferInterrupted,
    fetch_failure,
    read_start,
    transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from virtinstall.progress import Progress

_REDIRECT_BYTES = 64 * 1024
_PATH_SAFE = "/%:+~@!$&'()*,;="
_NOT_THERE = (404, 410)
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
    """Write the file at `url` to `target`, best an unbuffered file; return what the server said of it.

    `start`: the target already holds so many bytes of the version `before`; if that is all of it, nothing is sent.
    `cached`: the version of a cached copy.
    Raises: FetchError.
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
    """Return a file of at most `limit_bytes` bytes: a checksum list, an index. Raises: FetchError."""
    client = HttpClient(limits, headers)
    try:
        name = display_url(url)
        response, data = read_start(name, lambda *_: client.open(url, cached=cached), limit_bytes + 1, limits)
        check_size(name, len(data), limit_bytes)
        return response, data
    finally:
        client.close()


class HttpClient:
    """Requests over kept connections; `headers` go with each."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS, headers: Mapping[str, str] | None = None) -> None:
        from virtinstall.media.http_session import HTTP_ERRORS, new_session

        self._limits = limits
        self._deadline = Deadline(limits.idle_seconds)
        self._session = new_session(self._deadline, limits.redirects)
        self._headers = {"Accept-Encoding": "identity", **(headers or {})}
        self._errors = HTTP_ERRORS

    def open(
        self, url: str, offset: int = 0, before: Response | None = None, cached: Response | None = None
    ) -> HttpReader:
        """Open the file at `url`, from `offset` on if the server has ranges and still the version `before`.

        Raises: FetchError.
        """
        headers = {}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if before is not None and (version := _strong_validator(before)):
                headers["If-Range"] = version
        elif cached is not None:
            headers.update({"If-None-Match": cached.etag} if cached.etag else {})
            headers.update({"If-Modified-Since": cached.last_modified} if cached.last_modified else {})
        reply = self.ask("get", url, headers)
        self.check_status(reply, url, not_modified=cached is not None)
        return HttpReader(reply, url, self._errors)

    def open_part(self, url: str, offset: int, length: int, done: int = 0) -> HttpReader:
        """Open `length` bytes of a file from `offset` on, without the first `done` of them.

        Raises: FetchError, also where the server cannot send parts of a file.
        """
        first = offset + done
        reply = self.ask("get", url, {"Range": f"bytes={first}-{offset + length - 1}"})
        self.check_status(reply, url)
        if int(reply.status_code) != 206:
            reply.close()
            raise FetchError(
                f"the server of {display_url(url)} cannot send parts of a file",
                hint="download the image and give its local path",
            )
        return HttpReader(reply, url, self._errors, part_offset=offset, part_length=length)

    def ask(self, verb: str, url: str, headers: Mapping[str, str] | None = None) -> Any:
        """Send a request, and return the response as soon as its header is complete. Raises: FetchError."""
        limits = self._limits
        options: dict[str, Any] = {
            "headers": {**self._headers, **(headers or {})},
            "timeout": (limits.connect_seconds, limits.idle_seconds),
            "hooks": {"response": _leave_long_redirect},
            "stream": True,
            "allow_redirects": True,
        }
        try:
            with self._deadline.within(limits.reply_seconds):
                return self._session.request(verb.upper(), url, **options)
        except self._errors as error:
            raise fetch_failure(display_url(url), _reason(error)) from None

    def check_status(self, reply: Any, url: str, *, not_modified: bool = False) -> None:
        """Refuse each status that does not come with the file. Raises: FetchError."""
        status = int(reply.status_code)
        if status in (200, 203, 206) or (status == 304 and not_modified):
            return
        reply.close()
        name = display_url(url)
        if status in _NOT_THERE:
            error = FetchError(f"{name} is not there (HTTP {status})")
        elif status < 400:
            error = fetch_failure(name, f"unexpected response (HTTP {status})")
        else:
            hint = "put the user and password into the URL" if status in (401, 407) else None
            error = FetchError(f"the server refused {name} (HTTP {status})", hint=hint)
        error.status = status
        error.challenge = _header(reply, "WWW-Authenticate")
        raise error

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()


class HttpReader:
    """The body of a response.

    `part_offset` and `part_length`: the reader is of that part of the file, and offsets count from its start.
    """

    def __init__(
        self,
        reply: Any,
        url: str,
        errors: tuple[type[Exception], ...],
        *,
        part_offset: int = 0,
        part_length: int | None = None,
    ) -> None:
        self._reply = reply
        self._errors = errors
        first, whole = 0, parse_count(_header(reply, "Content-Length"))
        if int(reply.status_code) == 206:
            first, whole = _content_range(reply, url)
            if whole is None and not reply.request.headers.get("Range"):
                raise _other_part(reply, url)
        self.offset = first - part_offset
        self.response = Response(
            url=display_url(str(reply.url)),
            length=whole if part_length is None else part_length,
            etag=_header(reply, "ETag"),
            last_modified=_header(reply, "Last-Modified"),
            content_type=_header(reply, "Content-Type"),
            not_modified=int(reply.status_code) == 304,
        )
        raw = reply.raw
        # what has arrived, so that the pace of a slow server is seen while a chunk fills; urllib3 1 hides it
        self._read = getattr(raw, "read1", None) or getattr(raw._fp, "read1", raw.read)

    def read(self) -> bytes:
        """Return what has arrived, at most a chunk; nothing at the end. Raises: TransferInterrupted."""
        try:
            data: bytes = self._read(CHUNK_BYTES)
            return data
        except self._errors as error:
            raise TransferInterrupted(_reason(error)) from error

    def close(self) -> None:
        """Give the connection back, or close it where data is left."""
        self._reply.close()


class HttpFetcher:
    """Files below an http or https address, over one kept connection."""

    volume: VolumeIds | None = None

    def __init__(self, url: str, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._base = urlsplit(url)
        self._limits = limits
        self._client = HttpClient(limits)
        self.location = display_url(url)
        self.install_url: str | None = url

    def exists(self, path: str) -> bool:
        """Whether the server has `path`: by HEAD, or by a GET of one byte where HEAD is refused."""
        url = self._url(path)
        reply = self._client.ask("head", url)
        status = int(reply.status_code)
        reply.close()
        if status in _NO_HEAD:
            reply = self._client.ask("get", url, {"Range": "bytes=0-0"})
            status = int(reply.status_code)
            reply.close()
        if status in _NOT_THERE or status in _NO_HEAD:
            return False
        self._client.check_status(reply, url)
        return True

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """The first `limit` bytes of the file as text."""
        url = self._url(path)
        _, data = read_start(display_url(url), lambda *_: self._client.open(url), limit, self._limits)
        return data.decode("utf-8", "replace")

    def size(self, path: str) -> int | None:
        """Bytes in the file, as the server announces them."""
        url = self._url(path)
        reply = self._client.ask("head", url)
        self._client.check_status(reply, url)
        reply.close()
        return parse_count(_header(reply, "Content-Length"))

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the file to `target_file`; an interrupted transfer is resumed."""
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
        """`length` bytes from `offset` on, for reading inside an image.

        Raises: FetchError, also where the server cannot send parts of a file.
        """
        data = BytesIO()
        self.download_range(path, offset, length, data)
        return data.getvalue()

    def download_range(
        self, path: str, offset: int, length: int, target_file: Target, progress: Progress | None = None
    ) -> None:
        """Write `length` bytes from `offset` on to `target_file`; an interrupted transfer is resumed.

        The caller starts and finishes `progress`, as the part may be one of several of a file.
        Raises: FetchError, also where the server cannot send parts of a file.
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
        """Close the kept connection."""
        self._client.close()

    def _url(self, path: str) -> str:
        relative = quote(clean_path(path), safe=_PATH_SAFE)
        whole = f"{self._base.path.rstrip('/')}/{relative}" if relative else self._base.path
        return urlunsplit((self._base.scheme, self._base.netloc, whole, self._base.query, ""))


def _leave_long_redirect(reply: Any, **ignored: object) -> None:
    """Close a redirect with a long body: requests would read it into memory."""
    length = parse_count(_header(reply, "Content-Length"))
    if reply.is_redirect and (length is None or length > _REDIRECT_BYTES):
        reply.close()


def _header(reply: Any, name: str) -> str:
    return str(reply.headers.get(name) or "")


def _content_range(reply: Any, url: str) -> tuple[int, int | None]:
    """Return where the part in a 206 begins, and how long the whole file is (None: unknown).

    A server may send another part than requested; only its Content-Range says which. Raises: FetchError.
    """
    unit, _, rest = _header(reply, "Content-Range").partition(" ")
    span, _, whole = rest.partition("/")
    first = parse_count(span.partition("-")[0])
    if unit.lower() != "bytes" or first is None:
        raise _other_part(reply, url)
    return first, parse_count(whole)


def _other_part(reply: Any, url: str) -> FetchError:
    reply.close()
    return fetch_failure(display_url(url), "the server sent a part of the file without saying which (HTTP 206)")


def _strong_validator(response: Response) -> str:
    """Return what a server compares before it continues a file."""
    return response.etag if response.etag and not response.etag.startswith("W/") else response.last_modified


def _reason(error: BaseException) -> str:
    """The innermost cause in plain words: the outer ones repeat the URL with its password."""
    inner: BaseException = error
    for _ in range(10):
        below = getattr(inner, "reason", None)
        if not isinstance(below, BaseException):
            below = next((each for each in inner.args if isinstance(each, BaseException)), None)
        below = below or inner.__cause__ or inner.__context__
        if below is None:
            break
        inner = below
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    kind = type(inner).__name__
    text = str(inner)
    return kind if not text or "://" in text or "/" in text or "@" in text else text
