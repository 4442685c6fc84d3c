"""Lines for the user: warnings, notes and events."""

from __future__ import annotations

import sys
from contextlib import suppress


def error_lines(program: str, message: str, hint: str | None, subject: str = "") -> list[str]:
    """Return the lines that report an error of `program`, with its hint, if any.

    If `subject`, the name of a guest, is not empty, each line of the message starts with it.
    """
    start = f"{program}: error: {subject}: " if subject else f"{program}: error: "
    lines = [start + line for line in message.split("\n")]
    return [*lines, f"{program}: hint: {hint}"] if hint else lines


class Messages:
    """A printer of events, notes and warnings.

    Events are printed to standard output, unless `quiet`. Notes (if `notes`) and warnings are printed to standard
    error.
    """

    def __init__(self, *, quiet: bool = False, notes: bool = True) -> None:
        self.quiet = quiet
        self._notes = notes
        self._warned: set[str] = set()

    def report(self, text: str) -> None:
        """Print an event, unless `quiet`."""
        if not self.quiet:
            print(text, flush=True)

    def note(self, text: str) -> None:
        """Print a remark about the output, if `notes`."""
        if self._notes:
            with suppress(OSError):
                print(f"note: {text}", file=sys.stderr)

    def warn(self, text: str) -> None:
        """Print a warning, unless it was printed before."""
        if text not in self._warned:
            self._warned.add(text)
            # a warning that cannot be printed must not stop the run
            with suppress(OSError):
                print(f"WARNING  {text}", file=sys.stderr)
