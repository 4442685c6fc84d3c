"""Transfers over any protocol, with a size limit, stall detection, resumption, progress and a check of the free space.

A protocol provides an `Opener`: a function that opens a file at an offset and returns a `Reader`. `transfer` writes the
data from the reader. After an interruption, `transfer` opens the file again, and continues if the server still has the
same version.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from virtinstall.errors import FetchError
from virtinstall.media.fetcher import FILE_LIMIT_BYTES, Target, check_size, write_all
from virtinstall.progress import Progress, Silent
from virtinstall.redact import logger
from virtinstall.safe_text import one_line
from virtinstall.units import human_size


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits for the response times of a server, the size of a file, and the interruptions of a transfer.

    `connect_seconds` limits the time to connect, `idle_seconds` the time to wait for any data, and `reply_seconds` the
    total time before the contents of the file arrive, including the server's greeting, redirects and headers. A
    transfer that is slower than `slowest_bytes_per_second` over `stall_seconds` counts as interrupted. `file_bytes` is
    the maximum size of a file, `redirects` is the maximum number of redirects of a request, and `resumes` is the
    maximum number of times that a transfer is resumed.
    """

    connect_seconds: float = 15.0
    idle_seconds: float = 60.0
    reply_seconds: float = 60.0
    stall_seconds: float = 120.0
    slowest_bytes_per_second: int = 1024
    file_bytes: int = FILE_LIMIT_BYTES
    redirects: int = 10
    resumes: int = 1


DEFAULT_LIMITS = Limits()
SERVER_HINT = "try again later, or use another server"
INTERRUPTED_HINT = "run the command again; if the error persists, use another server"
_NETWORK_HINT = "check the URL, the network connection and the proxy settings"


@dataclass(frozen=True, kw_only=True)
class Response:
    """A server's information about a file.

    `url` is the URL after all redirects, without user name, password or query. `length` is the size of the whole file
    in bytes, or None if it is unknown; it is always known after a complete transfer. `etag`, `last_modified` and
    `content_type` are in the server's format, or empty strings. `not_modified` is true if the cached copy is current,
    so that the server sends no contents.
    """

    url: str
    length: int | None = None
    etag: str = ""
    last_modified: str = ""
    content_type: str = ""
    not_modified: bool = False

    def may_equal(self, other: Response) -> bool:
        """Return whether this response and `other` may describe the same version of a file.

        The result is False if the size, ETag or modification time is known in both responses and differs.
        """
        pairs = (
            (self.length, other.length),
            (self.etag, other.etag),
            (self.last_modified, other.last_modified),
        )
        return all(mine == theirs for mine, theirs in pairs if mine not in (None, "") and theirs not in (None, ""))

    @property
    def is_verifiable(self) -> bool:
        """Whether a change of the file can be detected, because its size, ETag or modification time is known."""
        return self.length is not None or bool(self.etag or self.last_modified)


class Reader(Protocol):
    """A reader of the data in one response."""

    @property
    def response(self) -> Response:
        """The server's information about the file."""

    @property
    def offset(self) -> int:
        """The offset in the file of the first byte that `read` returns."""

    def read(self) -> bytes:
        """Return the next chunk of data, waiting for it if necessary; return empty bytes at the end.

        Raises: TransferInterrupted, if the connection fails or no data arrives in time.
        """

    def close(self) -> None:
        """Release the connection."""


Opener = Callable[[int, "Response | None"], Reader]
"""A function that opens a file at an offset, or at 0 if the server does not support this, and returns a `Reader`.

The first argument is the offset. The second argument is the response for the version to continue, or None.
"""


class TransferInterrupted(Exception):
    """An interruption of a transfer, which may be resumed; `why` is the reason, in one line."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = one_line(why)


class StallGuard:
    """A detector of stalled transfers.

    A read timeout is not sufficient, because it starts again with each byte.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._since = time.monotonic()
        self._bytes = 0

    def check(self, count_bytes: int) -> None:
        """Record that `count_bytes` more bytes have arrived.

        Raises: TransferInterrupted, if the transfer is slower than the limits allow.
        """
        self._bytes += count_bytes
        now = time.monotonic()
        seconds = now - self._since
        if seconds <= self._limits.stall_seconds:
            return
        if self._bytes < seconds * self._limits.slowest_bytes_per_second:
            raise TransferInterrupted(f"only {self._bytes} bytes arrived in {seconds:.0f} seconds")
        self._since, self._bytes = now, 0


def transfer(
    name: str,
    open_at: Opener,
    target: Target,
    *,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    label: str = "",
    start: int = 0,
    before: Response | None = None,
    on_data: Callable[[memoryview], None] | None = None,
    on_restart: Callable[[], None] | None = None,
) -> Response:
    """Write the file that `open_at` opens to `target`, and return the server's response.

    `name` is the name of the file in messages, and `label` is the title of the progress bar. To continue a partial
    download, set `start` to the number of bytes that `target` already contains, and `before` to the response for the
    version from which these bytes were downloaded.

    `on_data` is called with each chunk that has been written. If the server has a different version when a transfer
    continues, `on_restart` is called; it must empty the target and discard the data that `on_data` collected. If
    `on_restart` is None, a different version is an error. `progress` shows the progress; None shows nothing.

    Raises: FetchError, if the file cannot be downloaded or written, or is too large.
    """
    run = _Transfer(name, open_at, target, limits, progress or Silent(), label, on_data, on_restart)
    response = run.run(start, before)
    logger("media").info("fetched %s: %s", one_line(name), response)
    return response


def read_start(name: str, open_at: Opener, limit_bytes: int, limits: Limits) -> tuple[Response, bytes]:
    """Return the server's response and the first `limit_bytes` bytes of the file that `open_at` opens.

    `name` is the name of the file in messages.

    Raises: FetchError, if the file cannot be downloaded.
    """
    reader = open_at(0, None)
    data = bytearray()
    guard = StallGuard(limits)
    expected = min(reader.response.length or 0, limit_bytes)
    try:
        if reader.offset:
            raise _other_part(name, 0)
        while len(data) < limit_bytes and (chunk := reader.read()):
            guard.check(len(chunk))
            data += chunk
            check_announced(name, len(data), reader.response.length)
    except TransferInterrupted as cut:
        raise fetch_failure(name, cut.why, hint=INTERRUPTED_HINT) from cut
    finally:
        reader.close()
    if len(data) < expected:
        raise fetch_failure(name, "the connection was closed", hint=INTERRUPTED_HINT)
    return reader.response, bytes(data[:limit_bytes])


def fetch_failure(name: str, why: str, *, hint: str = _NETWORK_HINT) -> FetchError:
    """Return the error for a failed download of the file called `name`; `why` is the reason."""
    return FetchError(f"cannot download '{name}': {one_line(why)}", hint=hint)


def check_room(place: int | str | os.PathLike[str], needed_bytes: int, where: str) -> None:
    """Check that a file system has at least `needed_bytes` of free space.

    `place` is the path or file descriptor of a file or directory on the file system; `where` is a path that denotes the
    file system in messages.

    Raises: FetchError, if there is not enough free space.
    """
    status = os.statvfs(place)
    free_bytes = status.f_bavail * status.f_frsize
    if needed_bytes > free_bytes:
        raise FetchError(
            f"the file system that contains '{where}' has only {human_size(free_bytes)} free, "
            f"but {human_size(needed_bytes)} is needed",
            hint="free up space on that file system",
        )


def check_announced(name: str, done: int, total: int | None) -> None:
    """Check that a server has not sent more bytes than it announced.

    `done` is the number of received bytes; `total` is the announced number, or None if the server announced none.

    Raises: FetchError, if more bytes were received than announced.
    """
    if total is not None and done > total:
        raise fetch_failure(name, f"the server sent more than the announced {total} bytes", hint=SERVER_HINT)


def _other_part(name: str, offset: int) -> FetchError:
    why = f"the server did not send the requested data, which starts at byte {offset}"
    return fetch_failure(name, why, hint=SERVER_HINT)


class _Transfer:
    """The transfer of one file, over one or several responses."""

    def __init__(
        self,
        name: str,
        open_at: Opener,
        target: Target,
        limits: Limits,
        progress: Progress,
        label: str,
        on_data: Callable[[memoryview], None] | None,
        on_restart: Callable[[], None] | None,
    ) -> None:
        self._name = name
        self._open_at = open_at
        self._target = target
        self._limits = limits
        self._progress = progress
        self._label = label
        self._on_data = on_data
        self._on_restart = on_restart
        self._done = 0
        self._response: Response | None = None
        self._is_shown = False

    def run(self, start: int, before: Response | None) -> Response:
        """Transfer the file, and return the server's response.

        The target must already contain the first `start` bytes of the version that `before` describes.
        """
        self._done, self._response = start, before
        if before is not None and start and start == before.length:
            return before
        reader = self._open("the file on the server has changed")
        if reader.response.not_modified:
            reader.close()
            return reader.response
        interruptions = 0
        self._start_progress()
        try:
            while True:
                try:
                    self._take(reader)
                    return replace(reader.response, length=self._done)
                except TransferInterrupted as cut:
                    interruptions += 1
                    if interruptions > self._limits.resumes:
                        why = self._history(interruptions, cut)
                        raise fetch_failure(self._name, why, hint=INTERRUPTED_HINT) from None
                    logger("media").info("resuming %s after %d bytes: %s", self._name, self._done, cut.why)
                    reader = self._open(f"{cut.why}, and the file has changed since")
        finally:
            self._progress.finish()

    def _open(self, changed: str) -> Reader:
        """Return a reader that continues at the byte reached, or restart from the first byte."""
        before = self._response
        reader = self._open_at(self._done, before)
        now = reader.response
        if now.not_modified:
            return reader
        try:
            if self._done and not (before is not None and before.is_verifiable and before.may_equal(now)):
                if self._on_restart is None:
                    raise fetch_failure(self._name, changed, hint="run the command again")
                self._on_restart()
                self._done = 0
                if reader.offset:
                    reader.close()
                    reader = self._open_at(0, None)
                    now = reader.response
                self._response = now
                if self._is_shown:
                    self._start_progress()
            if reader.offset not in (0, self._done):
                raise _other_part(self._name, self._done)
            self._check(now)
        except BaseException:
            reader.close()
            raise
        if now.length is None and self._done and before is not None:
            now = replace(now, length=before.length)
        self._response = now
        return reader

    def _check(self, now: Response) -> None:
        """Reject a file that is too large for the limit or for the file system."""
        if now.length is None:
            return
        check_size(f"'{self._name}'", now.length, self._limits.file_bytes)
        try:
            descriptor = self._target.fileno()
        except OSError:  # a buffer in memory
            return
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            check_room(descriptor, now.length - self._done, str(getattr(self._target, "name", "the target")))

    def _start_progress(self) -> None:
        if self._is_shown:
            self._progress.finish()
        self._is_shown = True
        total = self._response.length if self._response is not None else None
        self._progress.start(self._label or f"Retrieving {self._name}", total)
        if self._done:
            self._progress.advance(self._done)

    def _take(self, reader: Reader) -> None:
        """Write the data of the reader, without the bytes that the target already contains."""
        skip = self._done - reader.offset
        guard = StallGuard(self._limits)
        total = self._response.length if self._response is not None else None
        limit = self._limits.file_bytes
        try:
            while chunk := reader.read():
                guard.check(len(chunk))
                data = memoryview(chunk)
                if skip:
                    passed = min(skip, len(data))
                    skip -= passed
                    data = data[passed:]
                self._write(data, total, limit)
        finally:
            reader.close()
        if total is not None and self._done < total:
            raise TransferInterrupted("the connection was closed")

    def _write(self, data: memoryview, total: int | None, limit: int) -> None:
        after = self._done + len(data)
        check_size(f"'{self._name}'", after, limit)
        check_announced(self._name, after, total)
        write_all(self._target, data)
        self._done = after
        if self._on_data is not None:
            self._on_data(data)
        self._progress.advance(len(data))

    def _history(self, interruptions: int, cut: TransferInterrupted) -> str:
        times = {1: "once", 2: "twice"}.get(interruptions, f"{interruptions} times")
        return f"interrupted {times}, the last time after {self._done} bytes: {cut.why}"
