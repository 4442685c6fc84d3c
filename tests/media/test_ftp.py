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
    """An FTP server for a folder: user eva, password s3cret, and anonymous; can interrupt one transfer."""

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
    """A server with a small tree."""
    (tmp_path / "pub" / "images").mkdir(parents=True)
    (tmp_path / "pub" / "vmlinuz").write_bytes(b"kernel")
    (tmp_path / "pub" / "images" / "big").write_bytes(BIG)
    server = FtpServer(tmp_path)
    yield server
    server.stop()


def test_finds_reads_and_downloads(ftp: FtpServer) -> None:
    """A tree's files are found, sized, read and downloaded; folders and missing files are not files."""
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


def test_an_interrupted_transfer_continues(ftp: FtpServer) -> None:
    """After an interruption the rest is requested with REST; a second interruption is an error."""
    fetcher = open_location(f"ftp://{ftp.host}/pub")
    ftp.cuts = 1
    target = BytesIO()
    fetcher.download("images/big", target, Silent())
    assert target.getvalue() == BIG
    assert int(ftp.rests[-1]) > 0
    ftp.cuts = 2
    with pytest.raises(FetchError, match="interrupted twice"):
        fetcher.download("images/big", BytesIO(), Silent())


def test_logins_work_and_stay_hidden(ftp: FtpServer) -> None:
    """User and password in the URL are used, and no message shows them."""
    good = open_location(f"ftp://eva:s3cret@{ftp.host}/pub")
    assert good.exists("vmlinuz")
    assert "s3cret" not in good.location
    assert good.install_url is not None
    assert "eva:s3cret@" in good.install_url
    bad = open_location(f"ftp://eva:wr0ng@{ftp.host}/pub")
    with pytest.raises(FetchError, match="refused the login") as caught:
        bad.exists("vmlinuz")
    assert "wr0ng" not in str(caught.value)


def test_an_unreachable_host() -> None:
    """Nothing listens: one clear error."""
    with pytest.raises(FetchError, match="Connection refused"):
        open_location("ftp://127.0.0.1:9/pub").exists("vmlinuz")


def test_a_server_without_rest_sends_all_again(ftp: FtpServer) -> None:
    """The existing part is skipped."""
    fetcher = open_location(f"ftp://{ftp.host}/pub")
    ftp.cuts, ftp.can_restart = 1, False
    target = BytesIO()
    fetcher.download("images/big", target, Silent())
    assert target.getvalue() == BIG


def longer(path: Path) -> None:
    """Return another size."""
    path.write_bytes(BIG + b"more")


def newer(path: Path) -> None:
    """Return the same size with another modification time."""
    path.write_bytes(BIG[::-1])
    os.utime(path, (1, 1))


@pytest.mark.parametrize("change", [longer, newer])
def test_parts_of_two_versions_are_never_combined(
    ftp: FtpServer, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """A file that changed before the transfer is resumed is an error, as over HTTP."""

    class Changing(BytesIO):
        def write(self, data: object, /) -> int:
            change(tmp_path / "pub" / "images" / "big")
            return super().write(data)  # type: ignore[arg-type]

    ftp.cuts = 1
    with pytest.raises(FetchError, match="changed since"):
        open_location(f"ftp://{ftp.host}/pub").download("images/big", Changing(), Silent())


def test_the_size_limit_holds(ftp: FtpServer) -> None:
    """A file larger than the limit is not downloaded."""
    fetcher = open_location(f"ftp://{ftp.host}/pub", limits=Limits(file_bytes=1000))
    with pytest.raises(FetchError, match="larger than the limit of 1000 bytes"):
        fetcher.download("images/big", BytesIO(), Silent())
