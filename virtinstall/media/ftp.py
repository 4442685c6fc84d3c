"""`--location ftp://...`: files below an FTP address.

Source: RFC 959; RFC 3659 sections 4 (SIZE) and 5 (REST in stream mode); RFC 1738 section 3.2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

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

if TYPE_CHECKING:
    import ftplib
    from collections.abc import Callable

    from virtinstall.progress import Progress

TIMEOUT_SECONDS = 60.0


class FtpFetcher:
    """Files below an FTP address, anonymous unless the URL names a user."""

    volume: VolumeIds | None = None

    def __init__(self, url: str, *, limit_bytes: int = FILE_LIMIT_BYTES) -> None:
        self._parts = urlsplit(url)
        self._limit = limit_bytes
        self._root = unquote(self._parts.path).rstrip("/")
        if any(mark in self._root for mark in "\r\n\0"):
            raise FetchError(f"'{display_url(url)}' is no FTP address: it holds a line break")
        self.location = display_url(url)
        self.install_url: str | None = url
        self._ftp: ftplib.FTP | None = None

    def exists(self, path: str) -> bool:
        """Whether the server tells a size for `path`; directories have none."""
        return self._try_size(self._path(path))[0]

    def size(self, path: str) -> int | None:
        """Bytes in the file."""
        there, size = self._try_size(self._path(path))
        if not there:
            raise FetchError(f"{self._display(path)} is not there")
        return size

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """The first `limit` bytes of the file as text."""
        text = bytearray()

        def take(data: bytes) -> None:
            text.extend(data)
            if len(text) >= limit:
                raise _Enough

        try:
            self._retrieve(path, take, 0)
        except _Enough:
            self.close()  # the rest is still on its way: this session is of no more use
        except TransferInterrupted as cut:
            raise self._failure(path, cut.why) from None
        return bytes(text[:limit]).decode("utf-8", "replace")

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the file to `target_file`; a cut transfer is taken up once."""
        total = self.size(path)
        if total is not None:
            check_size(self._display(path), total, self._limit)
        done = 0

        def take(data: bytes) -> None:
            nonlocal done
            check_size(self._display(path), done + len(data), self._limit)
            write_all(target_file, memoryview(data))
            done += len(data)
            progress.advance(len(data))

        progress.start(f"Retrieving '{path.rpartition('/')[2]}'", total)
        try:
            try:
                self._retrieve(path, take, 0)
                _check_whole(done, total)
            except TransferInterrupted:
                self.close()
                self._retrieve(path, take, done)
                _check_whole(done, total)
        except TransferInterrupted as cut:
            raise self._failure(path, f"cut twice, the last time after {done} bytes: {cut.why}") from None
        finally:
            progress.finish()
        return done

    def close(self) -> None:
        """End the session."""
        if self._ftp is not None:
            self._ftp.close()
            self._ftp = None

    def _connected(self) -> ftplib.FTP:
        if self._ftp is not None:
            return self._ftp
        import ftplib

        ftp = ftplib.FTP(timeout=TIMEOUT_SECONDS)
        host = self._parts.hostname or ""
        user, password = unquote(self._parts.username or ""), unquote(self._parts.password or "")
        try:
            ftp.connect(host, self._parts.port or ftplib.FTP_PORT)
            ftp.login(user or "anonymous", password or ("" if user else "anonymous@"))
            ftp.voidcmd("TYPE I")
        except ftplib.error_perm:
            ftp.close()
            raise FetchError(
                f"the FTP server of {self.location} refused the login",
                hint="put the user and password into the URL: ftp://USER:PASSWORD@HOST/PATH",
            ) from None
        except (ftplib.Error, OSError, EOFError, ValueError) as error:
            ftp.close()
            raise FetchError(
                f"could not reach {self.location}: {_plain(error)}", hint="check the address and the network"
            ) from error
        self._ftp = ftp
        return ftp

    def _try_size(self, path: str) -> tuple[bool, int | None]:
        import ftplib

        try:
            return True, self._connected().size(path)
        except ftplib.error_perm:
            return False, None
        except (ftplib.Error, OSError, EOFError) as error:
            raise self._failure(path, _plain(error)) from error

    def _retrieve(self, path: str, take: Callable[[bytes], None], offset: int) -> None:
        """Give the bytes from `offset` on to `take`.

        Raises: TransferInterrupted, FetchError.
        """
        import ftplib

        ftp = self._connected()
        pace = StallGuard()

        def paced(data: bytes) -> None:
            pace.check(len(data))
            take(data)

        try:
            ftp.retrbinary(f"RETR {self._path(path)}", paced, CHUNK_BYTES, rest=offset or None)
        except ftplib.error_perm as error:
            raise self._failure(path, _plain(error)) from error
        except (ftplib.Error, OSError, EOFError) as error:
            raise TransferInterrupted(_plain(error)) from error

    def _path(self, path: str) -> str:
        if any(mark in path for mark in "\r\n"):
            raise FetchError("a path on an FTP server can't hold a line break")
        return f"{self._root}/{clean_path(path)}"

    def _display(self, path: str) -> str:
        return f"{self.location.rstrip('/')}/{clean_path(path)}"

    def _failure(self, path: str, why: str) -> FetchError:
        return FetchError(f"could not fetch {self._display(path)}: {why}", hint="check the address and the network")


class _Enough(Exception):
    """The text that was asked for is there; the transfer may end."""


def _check_whole(done: int, total: int | None) -> None:
    if total is not None and done < total:
        raise TransferInterrupted("the connection was closed")


def _plain(error: Any) -> str:
    """The server's words or the system's, without anything that looks like a password."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return re.sub(r"//\S*@", "//", str(error)) or type(error).__name__
