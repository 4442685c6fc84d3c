"""Servers on loopback for downloads in tests."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit


class WebServer:
    """A web server on loopback; `requests` contains the requested paths in order.

    As a proxy, it serves its files for any host.
    While `stalled` is set, responses stop in the middle, like those of a dead connection.
    """

    def __init__(self, folder: Path) -> None:
        self.requests: list[str] = []
        self.stalled = threading.Event()
        self._released = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self, directory=str(folder)))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_while_stalled(self) -> None:
        """Wait until the server is closed, if responses are stalled."""
        if self.stalled.is_set():
            self._released.wait(180)

    def close(self) -> None:
        """Close the server and end stalled responses."""
        self._released.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, owner: WebServer, *args: object, directory: str) -> None:
        self._owner = owner
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def parse_request(self) -> bool:
        """Parse the request and remove the host from the URL of a proxy request."""
        understood = super().parse_request()
        if understood and self.path.startswith("http://"):
            self.path = urlsplit(self.path)._replace(scheme="", netloc="").geturl()
        return understood

    def do_GET(self) -> None:
        self._owner.requests.append(self.path)
        super().do_GET()

    def copyfile(self, source, outputfile) -> None:  # type: ignore[no-untyped-def]
        """Send the first part, then the rest, unless responses are stalled."""
        first = source.read(64 * 1024)
        outputfile.write(first)
        outputfile.flush()
        if len(first) == 64 * 1024:
            self._owner.wait_while_stalled()
        super().copyfile(source, outputfile)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing; the tests read `requests`."""


@contextmanager
def web_server(folder: Path) -> Iterator[WebServer]:
    """Serve the files of `folder` over HTTP."""
    server = WebServer(folder)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def ftp_server(folder: Path) -> Iterator[str]:
    """Serve the files of `folder` over anonymous FTP; yield `HOST:PORT`."""
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

    authorizer = DummyAuthorizer()
    authorizer.add_anonymous(str(folder))
    handler = type("Handler", (FTPHandler,), {"authorizer": authorizer})
    server = ThreadedFTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"timeout": 0.2}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.address[1]}"
    finally:
        server.close_all()
        thread.join(10)
