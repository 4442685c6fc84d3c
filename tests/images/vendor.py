"""A vendor's download server on loopback: checksum lists, ETag, Range, and all kinds of failures."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORTAL = b"<!DOCTYPE html><html><body>Welcome to the hotel. Please log in.</body></html>"


@dataclass
class Vendor:
    """The published files and the behavior of the server; `requests` has `METHOD path STATUS` in order."""

    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    status: dict[str, list[int]] = field(default_factory=dict)  # HTTP statuses of the next requests for a path
    cut_after: dict[str, list[int]] = field(
        default_factory=dict
    )  # numbers of bytes after which the next responses are interrupted
    types: dict[str, str] = field(default_factory=dict)
    before: dict[str, Callable[[Vendor], None]] = field(default_factory=dict)  # called before each response
    ranges: bool = True
    etags: bool = True
    portal: bool = False
    delay_seconds: float = 0.0
    chunk_bytes: int = 65536
    tokens: dict[str, str] = field(default_factory=dict)  # path prefix -> required token
    headers: list[dict[str, str]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def publish(self, path: str, data: bytes, *, sums: str = "SHA256SUMS", algorithm: str = "sha256") -> str:
        """Publish an image and its entry in the checksum list next to it; return its URL."""
        folder, _, name = path.rpartition("/")
        self.files[path] = data
        if sums:
            list_path = f"{folder}/{sums}"
            line = f"{hashlib.new(algorithm, data).hexdigest()}  {name}\n".encode()
            kept = [line for line in self.files.get(list_path, b"").splitlines(True) if name.encode() not in line]
            self.files[list_path] = b"".join([*kept, line])
        return f"{self.url}{path}"

    def gets(self, path: str) -> int:
        """Return how many times a file was requested and sent."""
        return sum(request.startswith(f"GET {path} 20") for request in self.requests)


@contextmanager
def serve(vendor: Vendor) -> Iterator[Vendor]:
    """Run the server while the block runs."""

    class Handler(_Handler):
        site = vendor

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Vendor

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        site, path = self.site, self.path
        if path in site.before:
            site.before[path](site)
        site.headers.append(dict(self.headers))
        refusals = site.status.get(path)
        if refusals:
            return self._send(refusals.pop(0), b"no")
        for prefix, token in site.tokens.items():
            if path.startswith(prefix) and self.headers.get("Authorization") != f"Bearer {token}":
                challenge = f'Bearer realm="{site.url}/token",service="test",scope="repository:x:pull"'
                return self._send(401, b"{}", {"WWW-Authenticate": challenge})
        if path in site.redirects:
            return self._send(302, b"", {"Location": site.redirects[path]})
        if site.portal:
            return self._send(200, PORTAL, {"Content-Type": "text/html"})
        data = site.files.get(path.partition("?")[0])
        if data is None:
            return self._send(404, b"not here")
        return self._file(path, data)

    def _file(self, path: str, data: bytes) -> None:
        tag = f'"{hashlib.md5(data).hexdigest()}"'
        headers = {"ETag": tag} if self.site.etags else {}
        if path in self.site.types:
            headers["Content-Type"] = self.site.types[path]
        if self.site.etags and self.headers.get("If-None-Match") == tag:
            return self._send(304, b"", headers)
        span = self.headers.get("Range")
        same = self.headers.get("If-Range", tag) == tag
        if span and self.site.ranges and same:
            first = int(span.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
            return self._send(206, data[first:], headers)
        return self._send(200, data, headers)

    def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.site.requests.append(f"{self.command} {self.path} {status}")
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "HEAD" or status == 304:
                return
            cuts = self.site.cut_after.get(self.path)
            end = cuts.pop(0) if cuts and status < 300 else len(data)
            for start in range(0, end, self.site.chunk_bytes):
                self.wfile.write(data[start : min(end, start + self.site.chunk_bytes)])
                if self.site.delay_seconds:
                    self.wfile.flush()
                    time.sleep(self.site.delay_seconds)
            if end < len(data):
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing; the tests read `requests`."""
