"""Requests to web servers, and their responses as readers for `transfer`.

A single deadline applies to everything up to the end of the headers, including redirects; each read of the body also
has a deadline. A 206 response is checked, because only its Content-Range shows which part of the file it contains.

Source: RFC 9110 sections 13.1 (conditional requests), 14.2 (Range), 14.4 (Content-Range), 15.3.7 (206) and 15.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from virtinstall.errors import FetchError
from virtinstall.media.deadline import Deadline
from virtinstall.media.fetcher import CHUNK_BYTES, MISSING_HINT, display_url, parse_count
from virtinstall.media.transfer import (
    DEFAULT_LIMITS,
    SERVER_HINT,
    Limits,
    Response,
    TransferInterrupted,
    fetch_failure,
)
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

_REDIRECT_BYTES = 64 * 1024
_STATUS_HINTS = {
    401: "add a user name and password to the URL",
    407: "add a user name and password to the URL of the proxy, for example in the environment variable https_proxy",
    403: MISSING_HINT,
    **dict.fromkeys((429, 500, 502, 503, 504), "try again later"),
}
_INVALID_RESPONSES = ("BadStatusLine", "LineTooLong", "UnknownProtocol")
"""Exceptions of http.client for responses that violate HTTP."""
_REASONS = {
    "IncompleteRead": "the connection was closed",
    "TooManyRedirects": "too many redirects",
    "InvalidSchema": "redirected to an unsupported URL scheme",
    "MissingSchema": "redirected to an invalid URL",
    "InvalidURL": "redirected to an invalid URL",
    "LocationParseError": "redirected to an invalid URL",
}
"""Messages for exceptions of requests and urllib3; the URL that the user specified is valid."""
NOT_THERE = (404, 410)
"""HTTP status codes for a file that does not exist."""


class HttpClient:
    """An HTTP client with persistent connections; it sends `headers` with each request."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS, headers: Mapping[str, str] | None = None) -> None:
        from virtinstall.media.http_session import HTTP_ERRORS, new_session

        self._limits = limits
        self._deadline = Deadline(limits.idle_seconds)
        self._session = new_session(self._deadline, limits.redirects)
        self._headers = {"Accept-Encoding": "identity", **(headers or {})}
        self._errors = HTTP_ERRORS

    def _read_limit(self) -> AbstractContextManager[None]:
        return self._deadline.within(self._limits.reply_seconds)

    def open(
        self, url: str, offset: int = 0, before: Response | None = None, cached: Response | None = None
    ) -> HttpReader:
        """Request the file at `url`, and return a reader for the response.

        The reader starts at `offset` if the server supports range requests and still has the version that `before`
        describes; otherwise, it starts at the first byte. `cached` is the response for a cached copy; if the server
        still has that version, it sends no contents.

        Raises: FetchError, if the request fails.
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
        return HttpReader(reply, url, self._errors, self._read_limit)

    def open_part(self, url: str, offset: int, length: int, done: int = 0) -> HttpReader:
        """Request part of a file, and return a reader for the response.

        The part consists of `length` bytes starting at `offset`; its first `done` bytes are not requested.

        Raises: FetchError, if the request fails or the server does not support range requests.
        """
        first = offset + done
        reply = self.ask("get", url, {"Range": f"bytes={first}-{offset + length - 1}"})
        self.check_status(reply, url)
        if int(reply.status_code) != 206:
            drop(reply)
            raise FetchError(
                f"the server does not support range requests for '{display_url(url)}'",
                hint="download the image and specify its local path",
            )
        return HttpReader(reply, url, self._errors, self._read_limit, part_offset=offset, part_length=length)

    def ask(self, verb: str, url: str, headers: Mapping[str, str] | None = None) -> Any:
        """Send a request, and return the response as soon as its header is complete.

        `verb` is `get` or `head`. A response with an HTTP error status is returned and does not raise an error.

        Raises: FetchError, if the server cannot be reached or sends an invalid response.
        """
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
                return (self._session.head if verb == "head" else self._session.get)(url, **options)
        except self._errors as error:
            raise fetch_failure(display_url(url), _reason(error)) from None

    def check_status(self, reply: Any, url: str, *, not_modified: bool = False) -> None:
        """Check that a response contains a file or, with `not_modified`, confirms that a cached copy is current.

        Raises: FetchError, for any other response; the error has the `status` and `challenge` of the response.
        """
        status = int(reply.status_code)
        if status in (200, 203, 206) or (status == 304 and not_modified):
            return
        drop(reply)
        name = display_url(url)
        if status in NOT_THERE:
            error = FetchError(f"no such file: {name} (HTTP {status})", hint=MISSING_HINT)
        elif status < 400:
            error = fetch_failure(name, f"unexpected response (HTTP {status})", hint=SERVER_HINT)
        else:
            rejected = status == 401 and urlsplit(url).username
            hint = "check the user name and password in the URL" if rejected else _STATUS_HINTS.get(status)
            error = FetchError(f"the request for '{name}' failed (HTTP {status})", hint=hint)
        error.status = status
        error.challenge = header(reply, "WWW-Authenticate")
        raise error

    def close(self) -> None:
        """Close the persistent connections."""
        self._session.close()


class HttpReader:
    """A reader of the body of an HTTP response.

    `reply` is the response to a request for `url`. `errors` are the exceptions that interrupt the transfer.
    `read_limit` is called for each read and returns a context manager that limits the time.

    If `part_length` is set, only that many bytes of the file, starting at `part_offset`, were requested. The attribute
    `offset` is then relative to `part_offset`, and `response.length` is the length of this part.
    """

    def __init__(
        self,
        reply: Any,
        url: str,
        errors: tuple[type[Exception], ...],
        read_limit: Callable[[], AbstractContextManager[None]],
        *,
        part_offset: int = 0,
        part_length: int | None = None,
    ) -> None:
        self._reply = reply
        self._errors = errors
        self._read_limit = read_limit
        self._read: Callable[[int], bytes]
        first, whole = 0, parse_count(header(reply, "Content-Length"))
        if int(reply.status_code) == 206:
            first, whole = _content_range(reply, url)
            if whole is None and not reply.request.headers.get("Range"):
                raise _other_part(reply, url)
        self.offset = first - part_offset
        self.response = Response(
            url=display_url(str(reply.url)),
            length=whole if part_length is None else part_length,
            etag=header(reply, "ETag"),
            last_modified=header(reply, "Last-Modified"),
            content_type=header(reply, "Content-Type"),
            not_modified=int(reply.status_code) == 304,
        )
        raw = getattr(reply, "raw", None)
        if raw is None:  # a transport other than urllib3's
            chunks = reply.iter_content(CHUNK_BYTES)
            self._read = lambda size: next(chunks, b"")
        else:
            # data that has arrived, so that the pace of a slow server is visible while a chunk fills; urllib3 1 hides
            # it
            self._read = getattr(raw, "read1", None) or getattr(raw._fp, "read1", raw.read)

    def read(self) -> bytes:
        """Return the next chunk of data, waiting for it if necessary; return empty bytes at the end.

        Raises: TransferInterrupted, if the connection fails or no data arrives in time.
        """
        try:
            # data ends a read, but endless trailers and chunk headers would not
            with self._read_limit():
                data: bytes = self._read(CHUNK_BYTES)
            return data
        except self._errors as error:
            raise TransferInterrupted(_reason(error)) from error

    def close(self) -> None:
        """Return the connection to the pool, or close the connection if the response has unread data."""
        drop(self._reply)


def _leave_long_redirect(reply: Any, **ignored: object) -> None:
    """Close a redirect with a long or compressed body, because requests would read it into memory."""
    length = parse_count(header(reply, "Content-Length"))
    if reply.is_redirect and (length is None or length > _REDIRECT_BYTES or header(reply, "Content-Encoding")):
        reply.close()


def header(reply: Any, name: str) -> str:
    """Return the value of a response header; an empty string if the response does not contain the header."""
    return str(reply.headers.get(name) or reply.headers.get(name.lower()) or "")


def drop(reply: Any) -> None:
    """Return a response's connection to the pool, or close the connection if the response has unread data."""
    if getattr(reply, "raw", None) is not None:
        reply.close()


def _content_range(reply: Any, url: str) -> tuple[int, int | None]:
    """Return the start of the part in a 206 response, and the length of the whole file, None if it is unknown.

    A server may send a part other than the requested one; only its Content-Range identifies it.

    Raises: FetchError, if the Content-Range is missing or invalid.
    """
    unit, _, rest = header(reply, "Content-Range").partition(" ")
    span, _, whole = rest.partition("/")
    first = parse_count(span.partition("-")[0])
    if unit.lower() != "bytes" or first is None:
        raise _other_part(reply, url)
    return first, parse_count(whole)


def _other_part(reply: Any, url: str) -> FetchError:
    drop(reply)
    return fetch_failure(
        display_url(url),
        "the server sent a part of the file without a valid Content-Range (HTTP 206)",
        hint=SERVER_HINT,
    )


def _strong_validator(response: Response) -> str:
    """Return the value that a server compares before it continues a file."""
    return response.etag if response.etag and not response.etag.startswith("W/") else response.last_modified


def _reason(error: BaseException) -> str:
    """Return the innermost cause as plain text, because the outer ones repeat the URL with its password."""
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
        return reason_of(inner)
    kind = type(inner).__name__
    if kind in _REASONS:
        return _REASONS[kind]
    if kind in _INVALID_RESPONSES:
        return "the server sent an invalid HTTP response"
    text = str(inner)
    return kind if not text or "/" in text or "@" in text else text
