"""Downloads over FTP, from pyftpdlib on loopback."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from virtinstall.errors import FetchError
from virtinstall.media.location import open_location
from virtinstall.media.transfer import Limits
from virtinstall.progress import Silent

BIG = bytes(range(256)) * 16384


class FtpServer:
    """An FTP server for a folder, with the user eva (password s3cret) and anonymous users.

    It interrupts the next `cuts` transfers.
    """

    def __init__(self, folder: Path) -> None:
        from pyftpdlib.authorizers import DummyAuthorizer
        from pyftpdlib.handlers import DTPHandler, FTPHandler
        from pyftpdlib.servers import FTPServer

        self.cuts = 0
        self.can_restart = True
        self.rests: list[str] = []
        outer = self
        authorizer = DummyAuthorizer()
        authorizer.add_anonymous(str(folder))
        authorizer.add_user("eva", "s3cret", str(folder))

        class Cutting(DTPHandler):  # type: ignore[misc]
            def initiate_send(self) -> Any:
                if outer.cuts and self.tot_bytes_sent > 500_000:
                    outer.cuts -= 1
                    return self.handle_error()
                return super().initiate_send()

        class Handler(FTPHandler):  # type: ignore[misc]
            def ftp_REST(self, line: str) -> Any:
                outer.rests.append(line)
                if not outer.can_restart:
                    return self.respond("502 no")
                return super().ftp_REST(line)

        Handler.use_sendfile = False
        Handler.authorizer = authorizer
        Handler.dtp_handler = Cutting
        self.server: Any = FTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.address[1]}"
        self._going = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._going:
            self.server.serve_forever(timeout=0.05, blocking=False)

    def stop(self) -> None:
        """Release the port."""
        self._going = False
        self._thread.join()
        self.server.close_all()


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[FtpServer]:
    """Start a server with a small tree."""
    (tmp_path / "pub" / "images").mkdir(parents=True)
    (tmp_path / "pub" / "vmlinuz").write_bytes(b"kernel")
    (tmp_path / "pub" / "images" / "big").write_bytes(BIG)
    server = FtpServer(tmp_path)
    yield server
    server.stop()


def test_files_are_found_read_and_downloaded(ftp: FtpServer) -> None:
    """Folders and missing files are not files."""
    fetcher = open_location(f"ftp://{ftp.host}/pub/")
    assert fetcher.exists("vmlinuz")
    assert not fetcher.exists("images")
    assert not fetcher.exists("none")
    assert fetcher.size("vmlinuz") == 6
    assert fetcher.read_text("images/big", limit=4) == "\x00\x01\x02\x03"
    assert fetcher.read_text("vmlinuz") == "kernel"
    target = BytesIO()
    fetcher.download("images/big", target, Silent())
    assert target.getvalue() == BIG
    fetcher.close()


def test_interrupted_download_is_resumed(ftp: FtpServer) -> None:
    """The missing part is requested with REST; a second interruption is an error."""
    fetcher = open_location(f"ftp://{ftp.host}/pub")
    ftp.cuts = 1
    target = BytesIO()
    fetcher.download("images/big", target, Silent())
    assert target.getvalue() == BIG
    assert int(ftp.rests[-1]) > 0
    ftp.cuts = 2
    with pytest.raises(FetchError, match="interrupted twice"):
        fetcher.download("images/big", BytesIO(), Silent())


def test_login_in_a_url_is_used_and_hidden(ftp: FtpServer) -> None:
    """The installer's URL contains the password; no message does."""
    good = open_location(f"ftp://eva:s3cret@{ftp.host}/pub")
    assert good.exists("vmlinuz")
    assert "s3cret" not in good.location
    assert good.install_url is not None
    assert "eva:s3cret@" in good.install_url
    bad = open_location(f"ftp://eva:wr0ng@{ftp.host}/pub")
    with pytest.raises(FetchError, match="refused the login") as caught:
        bad.exists("vmlinuz")
    assert "wr0ng" not in str(caught.value)


def test_closed_port_is_an_error() -> None:
    """The message contains the cause."""
    with pytest.raises(FetchError, match="connection refused"):
        open_location("ftp://127.0.0.1:9/pub").exists("vmlinuz")


def test_server_without_rest_sends_everything_again(ftp: FtpServer) -> None:
    """The bytes that were already received are skipped."""
    fetcher = open_location(f"ftp://{ftp.host}/pub")
    ftp.cuts, ftp.can_restart = 1, False
    target = BytesIO()
    fetcher.download("images/big", target, Silent())
    assert target.getvalue() == BIG


def write_longer_file(path: Path) -> None:
    """Write a file of another size."""
    path.write_bytes(BIG + b"more")


def write_newer_file(path: Path) -> None:
    """Write a file of the same size with another modification time."""
    path.write_bytes(BIG[::-1])
    os.utime(path, (1, 1))


@pytest.mark.parametrize("change", [write_longer_file, write_newer_file])
def test_parts_of_two_versions_are_never_combined(
    ftp: FtpServer, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """A file that changed before the download is resumed is an error."""

    class Changing(BytesIO):
        def write(self, data: object, /) -> int:
            change(tmp_path / "pub" / "images" / "big")
            return super().write(data)  # type: ignore[arg-type]

    ftp.cuts = 1
    with pytest.raises(FetchError, match="changed since"):
        open_location(f"ftp://{ftp.host}/pub").download("images/big", Changing(), Silent())


def test_file_above_the_size_limit_is_an_error(ftp: FtpServer) -> None:
    """The server announces the size."""
    fetcher = open_location(f"ftp://{ftp.host}/pub", limits=Limits(file_bytes=1000))
    with pytest.raises(FetchError, match="larger than the limit of 1000 bytes"):
        fetcher.download("images/big", BytesIO(), Silent())
