"""Time limits for reads from a socket: one for each read, and one for all reads of a response."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Deadline:
    """Time limits for reads from a connection.

    `idle_seconds` limits each read, and `within` sets a common deadline for several reads. A socket's timeout alone is
    not sufficient, because it starts again with each byte: a server that sends one byte per second, or endless headers,
    would never exceed it.
    """

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._end: float | None = None
        self._allowed = 0.0

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Within the `with` block, limit the total time of all reads to `seconds`."""
        self._allowed, self._end = seconds, time.monotonic() + seconds
        try:
            yield
        finally:
            self._end = None

    def timeout(self) -> float:
        """Return the timeout for the next read, in seconds.

        Raises: TimeoutError, if the common deadline has passed.
        """
        if self._end is None:
            return self._idle_seconds
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.exceeded()
        return min(left, self._idle_seconds)

    def is_over(self) -> bool:
        """Return whether the common deadline has passed; always False outside the `with` block of `within`."""
        return self._end is not None and time.monotonic() >= self._end

    def exceeded(self) -> TimeoutError:
        """Return the error for a server that did not finish its reply before the common deadline."""
        return TimeoutError(f"the server did not finish its reply within {self._allowed:g} seconds")


class TimedReader(io.RawIOBase):
    """A reader for a connected socket; it applies the limits of a `Deadline`."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._connection = connection
        self._deadline = deadline
        self._raw = connection.makefile("rb", buffering=0)
        self._timeout: float | None = None
        self.at_end = False
        """Whether the other side has closed the connection."""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        """Wait for data, store it in `buffer`, and return the number of stored bytes, or 0 at the end of the data.

        Raises: TimeoutError, if no data arrives in time.
        """
        timeout = self._deadline.timeout()
        if timeout != self._timeout:
            self._timeout = timeout
            self._connection.settimeout(timeout)
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError:
            if self._deadline.is_over():
                raise self._deadline.exceeded() from None
            raise
        self.at_end = count == 0
        return count

    def close(self) -> None:
        """Close the reader; the socket stays open."""
        self._raw.close()
        super().close()
