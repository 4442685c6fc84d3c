"""Progress for the user: bars on a terminal, plain lines on other outputs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TextIO

from virtinstall.progress import Silent
from virtinstall.safe_text import one_line
from virtinstall.units import MIB, human_size

if TYPE_CHECKING:
    from virtinstall.progress import Progress

_MOMENT_SECONDS = 0.3
_LARGE_BYTES = 4 * MIB


class Lines:
    """Progress as plain lines on any output: one after each transfer, and also one before each large transfer."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._what = ""
        self._done_bytes = 0
        self._started = 0.0

    def start(self, what: str, total_bytes: int | None) -> None:
        """Begin the step `what`; print a line if it processes many bytes. `total_bytes` is None if unknown."""
        self._begin(what)
        if total_bytes is not None and total_bytes >= _LARGE_BYTES:
            print(f"{one_line(what)} ({human_size(total_bytes)})...", file=self._stream, flush=True)

    def _begin(self, what: str) -> None:
        self._what = what
        self._done_bytes = 0
        self._started = time.monotonic()

    def advance(self, count_bytes: int) -> None:
        """Add to the number of bytes that the step has processed."""
        self._done_bytes += count_bytes

    def finish(self) -> None:
        """Print the number of processed bytes and the rate, if any bytes were processed."""
        if not self._done_bytes:
            return
        seconds = time.monotonic() - self._started
        rate = f", {human_size(int(self._done_bytes / seconds))}/s" if seconds > 0.05 else ""
        print(f"{one_line(self._what)}: {human_size(self._done_bytes)}{rate}", file=self._stream, flush=True)


class Bars(Lines):
    """Progress on a terminal, as a bar with the rate and the remaining time; when a step ends, a line replaces its bar.

    Source: https://tqdm.github.io/docs/tqdm/
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        # a bar moves the cursor; its text is escaped
        self._terminal: TextIO = getattr(stream, "unfiltered", stream)
        self._bar: Any = None

    def start(self, what: str, total_bytes: int | None) -> None:
        """Begin the step `what`; show a bar if it takes longer than a moment. `total_bytes` is None if unknown."""
        from tqdm import tqdm

        self._begin(what)
        self._bar = tqdm(
            desc=one_line(what),
            total=total_bytes,
            unit="B",
            unit_scale=True,
            unit_divisor=1024,
            file=self._terminal,
            delay=_MOMENT_SECONDS,
            leave=False,
            dynamic_ncols=True,
        )

    def advance(self, count_bytes: int) -> None:
        """Add to the number of bytes that the step has processed."""
        super().advance(count_bytes)
        self._bar.update(count_bytes)

    def finish(self) -> None:
        """Remove the bar; print the number of processed bytes and the rate, if any bytes were processed."""
        self._bar.close()
        super().finish()


def progress_on(stream: TextIO, *, quiet: bool = False) -> Progress:
    """Return a progress display for `stream`: bars on a terminal, plain lines on other outputs, nothing if `quiet`."""
    if quiet:
        return Silent()
    return Bars(stream) if stream.isatty() else Lines(stream)
