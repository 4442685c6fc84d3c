"""`--location http://...` and `https://...`: files below a web address.

TLS is verified, proxies and REQUESTS_CA_BUNDLE are honoured (requests does it), redirects and
sizes are bounded, and a transfer that is cut goes on once from where it was.

Source: RFC 9110 sections 14.2 (Range), 14.4 (Content-Range), 15.3.7 (206) and 15.5 (client errors).
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from virtinstall.errors import FetchError
from virtinstall.media.fetcher import (
    CHUNK_BYTES,
    FILE_LIMIT_BYTES,
    TEXT_LIMIT_BYTES,
    StallGuard,
    Target,
    TransferInterrupted,
    VolumeIds,
    check_size,
    clean_path,
    display_url,
    write_all,
)
from virtinstall.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from virtinstall.progress import Progress

TIMEOUT_SECONDS = (15.0, 60.0)
MAX_REDIRECTS = 10
_REDIRECT_BYTES = 64 * 1024
_LONGEST_NUMBER = 18
_PATH_SAFE = "/%:+~@!$&'()*,;="
_NOT_THERE = (404, 410)
_NO_HEAD = (400, 403, 405, 501)


class HttpFetcher:
    """Files below an http or https address, over one kept connection."""

    volume: VolumeIds | None = None

    def __init__(self, url: str, *, limit_bytes: int = FILE_LIMIT_BYTES) -> None:
        import requests

        self._base = urlsplit(url)
        self._limit = limit_bytes
        self._session: Any = requests.Session()
        self._session.max_redirects = MAX_REDIRECTS
        self.location = display_url(url)
        self.install_url: str | None = url

    def exists(self, path: str) -> bool:
        """Whether the server has `path`: by HEAD, or by a GET of one byte where HEAD is refused."""
        url = self._url(path)
        reply = self._ask("head", url)
        status = int(reply.status_code)
        if status in _NO_HEAD:
            reply = self._ask("get", url, first=0, last=0)
            status = int(reply.status_code)
            _drop(reply)
        if status in _NOT_THERE or status in _NO_HEAD:
            return False
        self._check_status(reply, url)
        return True

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """The first `limit` bytes of the file as text."""
        url = self._url(path)
        reply = self._ask("get", url)
        self._check_status(reply, url)
        text = bytearray()
        try:
            for chunk in _chunks(reply):
                text += chunk
                if len(text) >= limit:
                    break
        except TransferInterrupted as cut:
            raise self._failure(url, cut.why) from cut
        finally:
            _drop(reply)
        return bytes(text[:limit]).decode("utf-8", "replace")

    def size(self, path: str) -> int | None:
        """Bytes in the file, as the server announces them."""
        url = self._url(path)
        reply = self._ask("head", url)
        self._check_status(reply, url)
        return _length(reply)

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the file to `target_file`; a cut transfer is taken up once."""
        url = self._url(path)
        reply = self._ask("get", url)
        self._check_status(reply, url)
        total = _length(reply)
        if total is not None:
            check_size(display_url(url), total, self._limit)
        progress.start(f"Retrieving '{path.rpartition('/')[2]}'", total)
        try:
            transfer = _Transfer(url, target_file, progress, total, self._limit)
            try:
                transfer.take(reply, skip=0)
            except TransferInterrupted as cut:
                self._resume(transfer, _validator(reply), cut)
            return transfer.done
        finally:
            progress.finish()

    def read_range(self, path: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset` on, for reading inside an image.

        Raises: FetchError, also where the server can't give parts of a file.
        """
        data = BytesIO()
        self.download_range(path, offset, length, data, Silent())
        return data.getvalue()

    def download_range(self, path: str, offset: int, length: int, target_file: Target, progress: Progress) -> None:
        """Write `length` bytes from `offset` on to `target_file`; a cut transfer is taken up once.

        Raises: FetchError, also where the server can't give parts of a file.
        """
        url = self._url(path)
        transfer = _Transfer(url, target_file, progress, length, length)
        try:
            try:
                transfer.take(self._part(url, offset, length), skip=0)
            except TransferInterrupted:
                transfer.take(self._part(url, offset + transfer.done, length - transfer.done), skip=0)
        except TransferInterrupted as cut:
            raise self._failure(url, cut.why) from None

    def close(self) -> None:
        """Close the kept connection."""
        self._session.close()

    def _url(self, path: str) -> str:
        relative = quote(clean_path(path), safe=_PATH_SAFE)
        whole = f"{self._base.path.rstrip('/')}/{relative}" if relative else self._base.path
        return urlunsplit((self._base.scheme, self._base.netloc, whole, self._base.query, ""))

    def _ask(self, verb: str, url: str, first: int | None = None, last: int | None = None, tag: str = "") -> Any:
        headers = {"Accept-Encoding": "identity"}
        if first is not None:
            headers["Range"] = f"bytes={first}-{'' if last is None else last}"
        if tag:
            headers["If-Range"] = tag
        hooks = {"response": _leave_long_redirect}
        options = {"headers": headers, "timeout": TIMEOUT_SECONDS, "allow_redirects": True, "hooks": hooks}
        try:
            if verb == "head":
                return self._session.head(url, **options)
            return self._session.get(url, stream=True, **options)
        except (OSError, ValueError) as error:
            raise self._failure(url, _reason(error)) from None

    def _part(self, url: str, offset: int, length: int) -> Any:
        """The reply that holds `length` bytes from `offset` on."""
        reply = self._ask("get", url, first=offset, last=offset + length - 1)
        self._check_status(reply, url)
        if int(reply.status_code) == 206:
            self._check_part(reply, url, offset)
            return reply
        _drop(reply)
        raise FetchError(
            f"the server of {display_url(url)} can't send parts of a file",
            hint="download the image and give its local path",
        )

    def _check_part(self, reply: Any, url: str, offset: int, total: int | None = None) -> None:
        """Raises: FetchError, where a 206 holds another part than that from `offset` on, or of a file of another size.

        A server may send less, or more, than was asked for: only its Content-Range says what it is.
        """
        first, whole = _part_given(reply)
        if first != offset:
            _drop(reply)
            raise self._failure(url, f"the server sent another part of it than was asked for, not that from {offset}")
        if None not in (whole, total) and whole != total:
            _drop(reply)
            raise self._failure(url, "it was cut, and the file has changed since")

    def _resume(self, transfer: _Transfer, tag: str, cut: TransferInterrupted) -> None:
        reply = self._ask("get", transfer.url, first=transfer.done, tag=tag)
        self._check_status(reply, transfer.url)
        whole_again = int(reply.status_code) != 206
        if not whole_again:
            self._check_part(reply, transfer.url, transfer.done, transfer.total)
        if whole_again and (_length(reply), _validator(reply)) != (transfer.total, tag):
            raise self._failure(transfer.url, f"{cut.why}, and the file has changed since")
        try:
            transfer.take(reply, skip=transfer.done if whole_again else 0)
        except TransferInterrupted as second:
            raise self._failure(
                transfer.url, f"cut twice, the last time after {transfer.done} bytes: {second.why}"
            ) from None

    def _check_status(self, reply: Any, url: str) -> None:
        status = int(reply.status_code)
        if status < 400:
            return
        _drop(reply)
        if status in _NOT_THERE:
            raise FetchError(f"{display_url(url)} is not there (HTTP {status})")
        hint = "put the user and password into the URL" if status in (401, 407) else None
        raise FetchError(f"the server refused {display_url(url)} (HTTP {status})", hint=hint)

    def _failure(self, url: str, why: str) -> FetchError:
        return FetchError(
            f"could not fetch {display_url(url)}: {why}",
            hint="check the address, the network and the proxy settings",
        )


class _Transfer:
    """One file on its way to disk, over one reply or two."""

    def __init__(self, url: str, target_file: Target, progress: Progress, total: int | None, limit_bytes: int) -> None:
        self.url = url
        self.done = 0
        self.total = total
        self._target = target_file
        self._progress = progress
        self._limit = limit_bytes

    def take(self, reply: Any, skip: int) -> None:
        """Write what the reply holds, less its first `skip` bytes.

        Raises: TransferInterrupted, when it ends too early; FetchError, when it is too large or can't be written.
        """
        try:
            for chunk in _chunks(reply):
                passed = min(skip, len(chunk))
                skip -= passed
                if passed < len(chunk):
                    self._write(memoryview(chunk)[passed:])
        finally:
            _drop(reply)
        if self.total is not None and self.done < self.total:
            raise TransferInterrupted("the connection was closed")

    def _write(self, data: memoryview) -> None:
        check_size(display_url(self.url), self.done + len(data), self._limit)
        write_all(self._target, data)
        self.done += len(data)
        self._progress.advance(len(data))


def _chunks(reply: Any) -> Iterator[bytes]:
    """The body in pieces.

    urllib3's own stream copies each byte once less than requests' iterator; replies without one
    (other transports) give their pieces themselves. `read1` (urllib3 2) gives what has come, so
    that the pace is seen also while a slow server fills the piece.
    """
    from http.client import HTTPException

    from urllib3.exceptions import HTTPError

    raw = getattr(reply, "raw", None)
    pace = StallGuard()
    try:
        if raw is None:
            yield from reply.iter_content(CHUNK_BYTES)
            return
        read = getattr(raw, "read1", raw.read)
        while chunk := read(CHUNK_BYTES):
            pace.check(len(chunk))
            yield chunk
    except (OSError, HTTPError, HTTPException) as error:
        raise TransferInterrupted(_reason(error)) from error


def _drop(reply: Any) -> None:
    """Give the reply's connection back, where it has one."""
    if getattr(reply, "raw", None) is not None:
        reply.close()


def _leave_long_redirect(reply: Any, **ignored: object) -> None:
    """Close a redirect that doesn't end soon: requests would read it into memory, to its end if it has one."""
    length = _length(reply)
    if reply.is_redirect and (length is None or length > _REDIRECT_BYTES):
        reply.close()


def _header(reply: Any, name: str) -> str | None:
    value = reply.headers.get(name) or reply.headers.get(name.lower())
    return str(value) if value is not None else None


def _length(reply: Any) -> int | None:
    return _number(_header(reply, "Content-Length") or "")


def _number(text: str) -> int | None:
    """What a server calls a number, where it is one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else None


def _part_given(reply: Any) -> tuple[int | None, int | None]:
    """Where the part in a 206 begins, and how long the whole file is; None where the server doesn't say."""
    unit, _, rest = (_header(reply, "Content-Range") or "").partition(" ")
    span, _, whole = rest.partition("/")
    if unit.lower() != "bytes":
        return None, None
    return _number(span.partition("-")[0]), _number(whole)


def _validator(reply: Any) -> str:
    """What tells the server that the file must be the same as before the cut."""
    tag = _header(reply, "ETag")
    if tag and not tag.startswith("W/"):
        return tag
    return _header(reply, "Last-Modified") or ""


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
