"""A web server on loopback with configurable faults: interruptions, refused ranges or HEAD, redirects, logins."""

from __future__ import annotations

import base64
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import unquote, urlsplit


@dataclass
class Site:
    """The content and behavior of the server; `requests` records the requests."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    ranges: bool = True
    shift: int = 0  # parts begin this number of bytes before the requested offset, as their Content-Range states
    grown: int = 0  # a 206 states a file size that is larger by this number
    head: bool = True
    etag: str = '"1"'
    login: str | None = None
    range_always: bool = False  # answer 206 to a plain GET, with all but the first `shift` bytes
    length: str = ""  # sent instead of the real one
    redirect_bytes: int = 0
    redirect_sent: int = 0
    redirects: dict[str, str] = field(default_factory=dict)
    chunked: bool = False
    requests: list[str] = field(default_factory=list)


class WebServer:
    """A server for a `Site`, at `url`, until the `with` block ends."""

    def __init__(self, site: Site) -> None:
        self.site = site

        class Handler(_Handler):
            served = site

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "http"

    @property
    def url(self) -> str:
        """The URL of the root, without a trailing slash."""
        return f"{self.scheme}://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> WebServer:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served = Site()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output clean."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        site = self.served
        path = unquote(urlsplit(self.path).path)
        requested = self.headers.get("Range")
        site.requests.append(f"{self.command} {self.path}" + (f" {requested}" if requested else ""))
        if self.command == "HEAD" and not site.head:
            return self._status(405)
        if site.login and self.headers.get("Authorization") != _basic(site.login):
            return self._status(401)
        if path in site.redirects:
            self.send_response(302)
            self.send_header("Location", site.redirects[path])
            return self._send_redirect_body()
        if path not in site.files:
            return self._status(404)
        if site.etag and self.headers.get("If-None-Match") == site.etag:
            return self._status(304)
        return self._send(site.files[path], requested, body)

    def _send(self, data: bytes, requested: str | None, body: bool) -> None:
        site = self.served
        start, end = 0, len(data)
        same = self.headers.get("If-Range") in (None, site.etag)
        if site.range_always and body and not requested:
            requested = f"bytes={2 * site.shift}-"
        if requested and site.ranges and same:
            first, _, last = requested.removeprefix("bytes=").partition("-")
            start, end = max(0, int(first) - site.shift), int(last) + 1 if last else len(data)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data) + site.grown}")
        else:
            self.send_response(200)
        part = data[start:end]
        self.send_header("ETag", site.etag)
        if site.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", site.length or str(len(part)))
        self.end_headers()
        if not body:
            return
        if site.chunked:
            part = b"%x\r\n%s\r\n0\r\n\r\n" % (len(part), part)
        if site.cut_after and not (requested or "").startswith("bytes=0-0"):
            part = part[: site.cut_after.pop(0)]
            self.close_connection = True
        self.wfile.write(part)

    def _send_redirect_body(self) -> None:
        site = self.served
        if not site.redirect_bytes:
            self.send_header("Content-Length", "0")
        self.end_headers()
        self.close_connection = bool(site.redirect_bytes)
        with suppress(ConnectionError):
            while self.command == "GET" and site.redirect_sent < site.redirect_bytes:
                site.redirect_sent += self.wfile.write(bytes(1 << 16))

    def _status(self, code: int) -> None:
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _basic(login: str) -> str:
    return "Basic " + base64.b64encode(login.encode()).decode()
