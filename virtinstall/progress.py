"""Telling the user how far a long step has come, behind one small protocol.

Steps report bytes; what shows them (a bar, plain lines, nothing) is the caller's choice.
"""

from __future__ import annotations

import time
from typing import Protocol, TextIO

from virtinstall.units import human_size


class Progress(Protocol):
    """What a long step reports to."""

    def start(self, what: str, total_bytes: int | None) -> None:
        """A step begins; `total_bytes` is None where the size isn't known."""

    def advance(self, count_bytes: int) -> None:
        """So many more bytes are done."""

    def finish(self) -> None:
        """The step is over, well or not."""


class Silent:
    """Progress that shows nothing: for `--quiet` and for scripts."""

    def start(self, what: str, total_bytes: int | None) -> None:
        """Show nothing."""

    def advance(self, count_bytes: int) -> None:
        """Show nothing."""

    def finish(self) -> None:
        """Show nothing."""


class Lines:
    """Progress as plain lines, one at the start and one at the end of each step; for any output."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._what = ""
        self._done_bytes = 0
        self._started = 0.0

    def start(self, what: str, total_bytes: int | None) -> None:
        """A step begins."""
        self._what = what
        self._done_bytes = 0
        self._started = time.monotonic()

    def advance(self, count_bytes: int) -> None:
        """So many more bytes are done."""
        self._done_bytes += count_bytes

    def finish(self) -> None:
        """Tell what was done, and how fast; a step that moved no data is not worth a line."""
        if not self._done_bytes:
            return
        seconds = time.monotonic() - self._started
        rate = f", {human_size(int(self._done_bytes / seconds))}/s" if seconds > 0.05 else ""
        print(f"{self._what}: {human_size(self._done_bytes)}{rate}", file=self._stream, flush=True)
