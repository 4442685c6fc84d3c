"""Progress of a run for several guests: on a terminal, a line for each guest in progress; elsewhere, plain lines."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from virtinstall.cli.messages import error_lines
from virtinstall.safe_text import one_line, printable

if TYPE_CHECKING:
    from virtinstall.fleet.outcome import Outcome

_REDRAW_SECONDS = 0.2
_VERBS = {
    "create": "created",
    "update": "changed",
    "adopt": "adopted",
    "delete": "deleted",
    "recreate": "recreated",
    "reboot": "restarted",
}
_UP, _CLEAR_BELOW = "\x1b[{}A", "\r\x1b[J"


class GuestProgress:
    """A context manager that prints the steps, warnings and results of a run for the guests `names`.

    Several threads can use it at the same time. On a terminal, the lines of the guests in progress are shown below all
    other output and are redrawn in place. Each line shows the guest's current step and the time since its first step.
    `stream` is standard output by default, `width` is the number of columns, by default the terminal's, and `clock`
    returns the time in seconds.
    """

    def __init__(
        self,
        names: Iterable[str],
        stream: TextIO | None = None,
        *,
        width: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        stream = sys.stdout if stream is None else stream
        # the stream of a command escapes what moves the cursor; lines are escaped here instead
        self._stream: TextIO = getattr(stream, "unfiltered", stream) if stream.isatty() else stream
        self._names = tuple(names)
        self._width = width
        self._clock = clock
        self._lock = threading.RLock()
        self._active: dict[str, tuple[str, float]] = {}
        self._drawn: list[str] = []
        self._finished = 0
        self._warned: dict[str, int] = {}
        self._ended = threading.Event()
        self._redraws = self._stream.isatty()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> GuestProgress:
        if self._redraws:
            self._thread = threading.Thread(target=self._redraw_until_end, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            self._active.clear()
            self._write([])
            for text, count in self._warned.items():
                if count > 1:
                    others = f"{count - 1} other {'guest' if count == 2 else 'guests'}"
                    self._warning(f"the same warning for {others}: {text}")

    def report(self, name: str, step: str) -> None:
        """Show the current step of a guest."""
        with self._lock:
            started = self._active[name][1] if name in self._active else self._clock()
            self._active[name] = (one_line(step), started)
            if not self._redraws:
                self._write([f"{name}: {one_line(step)}"])

    def finish(self, outcome: Outcome) -> None:
        """Print the result for a guest."""
        with self._lock:
            self._active.pop(outcome.name, None)
            self._finished += outcome.status != "unchanged"
            if outcome.status == "done":
                done = f"{outcome.name}: {_VERBS.get(outcome.action, outcome.action)}, {outcome.seconds:.1f} s"
                later = "; some changes take effect only after the guest is shut down and started, which --reboot does"
                self._write([done + (later if outcome.pending else "")])
            elif outcome.status in ("failed", "skipped"):
                self._write(error_lines("virt-guest", str(outcome.message), outcome.hint, outcome.name), sys.stderr)

    def warn(self, text: str) -> None:
        """Print a warning; if it is repeated for other guests, only count it.

        The number of repetitions is printed at the end.
        """
        name, separator, rest = text.partition(": ")
        shared = rest if separator and name in self._names else text
        with self._lock:
            self._warned[shared] = self._warned.get(shared, 0) + 1
            if self._warned[shared] == 1:
                self._warning(text)

    def _warning(self, text: str) -> None:
        # a warning that cannot be printed must not stop the run
        with suppress(OSError):
            self._write([f"WARNING  {text}"], sys.stderr)

    def _redraw_until_end(self) -> None:
        while not self._ended.wait(_REDRAW_SECONDS):
            with self._lock:
                self._write([])

    def _write(self, lines: list[str], stream: TextIO | None = None) -> None:
        """Print lines above the lines of the guests, and draw the latter again, in one write."""
        stream = stream or self._stream
        if not self._redraws:
            for line in lines:
                print(line, file=stream, flush=True)
            return
        text = (_UP.format(self._drawn_rows()) + _CLEAR_BELOW) if self._drawn else ""
        self._drawn = []
        if stream is not self._stream and lines:
            self._stream.write(text)
            self._stream.flush()
            print("\n".join(lines), file=stream, flush=True)
            text, lines = "", []
        self._drawn = self._block()
        text += "".join(f"{printable(line)}\n" for line in [*lines, *self._drawn])
        if text:
            self._stream.write(text)
            self._stream.flush()

    def _columns(self) -> int:
        return max(1, self._width or shutil.get_terminal_size().columns)

    def _drawn_rows(self) -> int:
        """Return the number of rows that the lines occupy now; a terminal that became narrower has wrapped them."""
        columns = self._columns()
        return sum(max(1, -(-len(line) // columns)) for line in self._drawn)

    def _block(self) -> list[str]:
        if not self._active:
            return []
        columns, rows = self._columns(), max(1, shutil.get_terminal_size().lines - 3)
        shown = list(self._active.items())[:rows]
        longest = max(len(name) for name, _ in shown)
        now = self._clock()
        lines = [f"{name:<{longest}}  {_elapsed(now - started)}  {step}" for name, (step, started) in shown]
        hidden = len(self._active) - len(shown)
        more = f", {hidden} more in progress" if hidden else ""
        lines.append(f"{self._finished} of {len(self._names)} done{more}")
        return [line[: max(1, columns - 1)] for line in lines]


def _elapsed(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:3d}:{rest:02d}"


def summary(outcomes: Iterable[Outcome], seconds: float) -> str:
    """Return the last line of output: the number of guests by result (created, changed, failed), and the time."""
    counts: dict[str, int] = {}
    for each in outcomes:
        word = _VERBS.get(each.action, each.action) if each.status == "done" else each.status
        counts[word] = counts.get(word, 0) + 1
    order = (*_VERBS.values(), "unchanged", "failed", "skipped")
    shown = ", ".join(f"{counts[word]} {word}" for word in order if word in counts)
    return f"{shown or 'nothing to do'} ({seconds:.1f} s)."
