"""`--location ftp://...`: files below an FTP URL.

Source: RFC 959; RFC 3659 sections 3 (MDTM), 4 (SIZE) and 5 (REST in stream mode); RFC 1738 section 3.2.
"""

from __future__ import annotations

import ftplib
import io
import re
import socket
from typing import TYPE_CHECKING, TextIO
from urllib.parse import unquote, urlsplit

from virtinstall.errors import FetchError
from virtinstall.media.deadline import Deadline, TimedReader
from virtinstall.media.fetcher import (
    CHUNK_BYTES,
    MISSING_HINT,
    TEXT_LIMIT_BYTES,
    Target,
    VolumeIds,
    clean_path,
    display_url,
    label_of,
    parse_count,
)
from virtinstall.media.transfer import (
    DEFAULT_LIMITS,
    INTERRUPTED_HINT,
    SERVER_HINT,
    Limits,
    Response,
    StallGuard,
    TransferInterrupted,
    check_announced,
    fetch_failure,
    transfer,
)
from virtinstall.safe_text import one_line, reason_of
from virtinstall.units import human_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from virtinstall.progress import Progress

_FAILURES = (ftplib.Error, OSError, EOFError, ValueError, OverflowError)
"""Errors of ftplib for invalid replies: a port above 65535, an invalid number."""
_LONGEST_REPLY = 64 * 1024


class FtpFetcher:
    """A reader of files below an FTP URL; if the URL contains no user name, the login is anonymous."""

    volume: VolumeIds | None = None

    def __init__(self, url: str, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._parts = urlsplit(url)
        self._limits = limits
        self._root = unquote(self._parts.path).rstrip("/")
        if any(mark in self._root for mark in "\r\n\0"):
            raise FetchError(
                f"invalid FTP address '{one_line(display_url(url))}': it contains a line break or a NUL character"
            )
        self.location = display_url(url)
        self.install_url: str | None = url
        self._session: _Session | None = None

    def exists(self, path: str) -> bool:
        """Return whether the server reports a size for `path`, which it does for files but not for directories."""
        return self._stat(path) is not None

    def size(self, path: str) -> int | None:
        """Return the size of the file in bytes; None if the server does not report a valid number."""
        return self._found(path).length

    def read_text(self, path: str, limit: int = TEXT_LIMIT_BYTES) -> str:
        """Return the first `limit` bytes of the file as a string."""
        name, text = self._display(path), bytearray()
        total, guard = self._found(path).length, StallGuard(self._limits)

        def take(data: bytes) -> None:
            guard.check(len(data))
            text.extend(data)
            check_announced(name, len(text), total)
            if len(text) >= limit:
                raise _Enough

        try:
            self._connected().read(self._path(path), take)
            if len(text) < min(total or 0, limit):
                raise TransferInterrupted("the connection was closed")
        except _Enough:
            self.close()  # the rest is still being sent: this session cannot be used again
        except TransferInterrupted as cut:
            self.close()
            raise fetch_failure(name, cut.why, hint=INTERRUPTED_HINT) from cut
        except _FAILURES as error:
            self.close()
            raise fetch_failure(name, _plain(error), hint=_hint(error)) from error
        return bytes(text[:limit]).decode("utf-8", "replace")

    def download(self, path: str, target_file: Target, progress: Progress) -> int:
        """Write the file to `target_file`, and return its size in bytes; resume an interrupted transfer."""
        response = transfer(
            self._display(path),
            lambda offset, before: self._open(path, offset),
            target_file,
            limits=self._limits,
            progress=progress,
            label=label_of("Retrieving", path),
        )
        return response.length or 0

    def close(self) -> None:
        """End the FTP session."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _connected(self) -> _Session:
        if self._session is None:
            session = _Session(self._limits)
            try:
                session.begin(self._parts.hostname or "", self._parts.port or ftplib.FTP_PORT, self._login())
            except ftplib.error_perm:
                session.close()
                raise FetchError(
                    f"the FTP server refused the login for '{self.location}'",
                    hint="check the user name and password in the URL"
                    if self._parts.username
                    else "add a user name and password to the URL: ftp://USER:PASSWORD@HOST/PATH",
                ) from None
            except _FAILURES as error:
                session.close()
                verb = "read" if _has_replied(error) else "reach"
                raise FetchError(f"cannot {verb} '{self.location}': {_plain(error)}", hint=_hint(error)) from error
            self._session = session
        return self._session

    def _login(self) -> tuple[str, str]:
        user, password = unquote(self._parts.username or ""), unquote(self._parts.password or "")
        return user or "anonymous", password or ("" if user else "anonymous@")

    def _stat(self, path: str) -> Response | None:
        """Return the server's information about a file; None if it has no such file."""
        where = self._path(path)
        try:
            session = self._connected()
            length = session.size_of(where)
            modified = session.changed_at(where)
        except ftplib.error_perm:
            return None
        except _FAILURES as error:
            self.close()
            raise fetch_failure(self._display(path), _plain(error), hint=_hint(error)) from error
        return Response(url=self._display(path), length=length, last_modified=modified)

    def _found(self, path: str) -> Response:
        response = self._stat(path)
        if response is None:
            raise FetchError(f"no such file: {self._display(path)}", hint=MISSING_HINT)
        return response

    def _open(self, path: str, offset: int) -> _FtpReader:
        """Open a file at `offset`, or at 0 if the server does not support that.

        Raises: FetchError, if the file does not exist or the transfer cannot be started.
        """
        if offset:
            self.close()  # of the interrupted transfer
        response = self._found(path)
        try:
            session = self._connected()
            if offset and not session.restart_at(offset):
                self.close()
                session, offset = self._connected(), 0
            return _FtpReader(session, session.retrieve(self._path(path)), response, offset)
        except _FAILURES as error:
            self.close()
            raise fetch_failure(self._display(path), _plain(error), hint=_hint(error)) from error

    def _path(self, path: str) -> str:
        if any(mark in path for mark in "\r\n"):
            raise FetchError(f"invalid path '{one_line(path)}': paths on FTP servers cannot contain a line break")
        return f"{self._root}/{clean_path(path)}"

    def _display(self, path: str) -> str:
        return f"{self.location.rstrip('/')}/{clean_path(path)}"


class _Enough(Exception):
    """The signal that ends a transfer after the requested text has arrived."""


class _Session(ftplib.FTP):
    """A session that limits the time and the length of each reply."""

    def __init__(self, limits: Limits) -> None:
        self._file: TextIO | None = None
        super().__init__(timeout=limits.connect_seconds)
        self._limits = limits
        self._deadline = Deadline(limits.idle_seconds)
        self._reply_length = 0

    @property
    def file(self) -> TextIO | None:
        """The file object from which replies are read; the session's deadline applies to each read."""
        return self._file

    @file.setter
    def file(self, opened: TextIO | None) -> None:
        if opened is not None and self.sock is not None:
            opened.close()
            reader = io.BufferedReader(TimedReader(self.sock, self._deadline))
            opened = io.TextIOWrapper(reader, encoding=self.encoding, errors="backslashreplace")
        self._file = opened

    def begin(self, host: str, port: int, login: tuple[str, str]) -> None:
        """Connect, log in as `login`, a pair of user name and password, and select binary transfers.

        One deadline applies to all these steps.
        """
        with self._deadline.within(self._limits.reply_seconds):
            self.connect(host, port)
            self.login(*login)
            self.voidcmd("TYPE I")

    def size_of(self, path: str) -> int | None:
        """Return the size of the file in bytes; None if the reply does not contain a valid number.

        Raises: error_perm, if there is no such file.
        """
        try:
            with self._deadline.within(self._limits.reply_seconds):
                size = self.size(path)
        except ValueError:
            return None
        return None if size is None else parse_count(str(size))

    def changed_at(self, path: str) -> str:
        """Return the file's modification time in the server's format; an empty string if the server reports none."""
        try:
            return (self._ask(f"MDTM {path}") or "")[3:].strip()
        except ftplib.error_perm:
            return ""

    def restart_at(self, offset: int) -> bool:
        """Make the next transfer start at `offset`; return whether the server supports that."""
        try:
            return self._ask(f"REST {offset}").startswith("350")
        except ftplib.error_perm:
            return False

    def read(self, path: str, take: Callable[[bytes], None]) -> None:
        """Read the whole file at `path`, and call `take` with each chunk; the whole transfer has one deadline."""
        with self._deadline.within(self._limits.reply_seconds):
            self.retrbinary(f"RETR {path}", take, CHUNK_BYTES)

    def retrieve(self, path: str) -> socket.socket:
        """Start the transfer of a file, and return the socket that receives its data."""
        with self._deadline.within(self._limits.reply_seconds):
            connection = self.ntransfercmd(f"RETR {path}")[0]
        connection.settimeout(self._limits.idle_seconds)
        return connection

    def end_transfer(self) -> None:
        """Read the reply at the end of a transfer."""
        with self._deadline.within(self._limits.reply_seconds):
            self.voidresp()

    def getresp(self) -> str:
        """Read one reply; the length of replies is limited."""
        self._reply_length = 0
        return super().getresp()

    def getline(self) -> str:
        """Read one line of a reply."""
        line = super().getline()
        self._reply_length += len(line) + 1
        if self._reply_length > _LONGEST_REPLY:
            raise ftplib.error_proto(f"the server sent a reply of more than {human_size(_LONGEST_REPLY)}")
        return line

    def _ask(self, command: str) -> str:
        with self._deadline.within(self._limits.reply_seconds):
            return self.sendcmd(command)


class _FtpReader:
    """The data of one transfer."""

    def __init__(self, session: _Session, connection: socket.socket, response: Response, offset: int) -> None:
        self._session = session
        self._connection = connection
        self.response = response
        self.offset = offset

    def read(self) -> bytes:
        """Return the next chunk of data, waiting for it if necessary; return empty bytes at the end.

        Raises: TransferInterrupted, if the connection fails or no data arrives in time.
        """
        try:
            data = self._connection.recv(CHUNK_BYTES)
            if not data:
                self._connection.close()
                self._session.end_transfer()
            return data
        except _FAILURES as error:
            raise TransferInterrupted(_plain(error)) from error

    def close(self) -> None:
        """Close the data connection; the session stays open."""
        self._connection.close()


def _has_replied(error: BaseException) -> bool:
    """Return whether the server was reached, and sent an error or closed the connection."""
    return isinstance(error, (EOFError, ftplib.Error))


def _hint(error: BaseException) -> str:
    return SERVER_HINT if _has_replied(error) else "check the host and port in the URL, and the network connection"


def _plain(error: BaseException) -> str:
    """Return the server's or the system's message, without anything that looks like a password."""
    if isinstance(error, OSError) and error.strerror:
        return reason_of(error)
    if isinstance(error, EOFError):
        return "the server closed the connection"
    if isinstance(error, ftplib.error_proto) and not str(error).startswith("the server"):
        return "the server sent an invalid FTP reply"
    text = one_line(re.sub(r"//\S*@", "//", str(error)) or type(error).__name__)
    is_reply = isinstance(error, ftplib.Error) and not isinstance(error, ftplib.error_proto)
    return f"the server replied '{text}'" if is_reply else text
