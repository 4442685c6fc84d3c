"""Lines for the user: warnings, notes and events."""

from __future__ import annotations

import sys
from contextlib import suppress


def error_lines(program: str, message: str, hint: str | None, subject: str = "") -> list[str]:
    """Return the lines of an error with its hint; `subject` is the guest that each line of the message is about."""
    start = f"{program}: error: {subject}: " if subject else f"{program}: error: "
    lines = [start + line for line in message.split("\n")]
    return [*lines, f"{program}: hint: {hint}"] if hint else lines


class Messages:
    """The printer of lines to standard output (none if `quiet`), and of warnings and `notes` to standard error.

    Each warning is printed once.
    """

    def __init__(self, *, quiet: bool = False, notes: bool = True) -> None:
        self.quiet = quiet
        self._notes = notes
        self._warned: set[str] = set()

    def report(self, text: str) -> None:
        """Print a line if `quiet` is false."""
        if not self.quiet:
            print(text, flush=True)

    def note(self, text: str) -> None:
        """Print a remark about the output to standard error, if `notes` is true."""
        if self._notes:
            with suppress(OSError):
                print(f"note: {text}", file=sys.stderr)

    def warn(self, text: str) -> None:
        """Print a warning once."""
        if text not in self._warned:
            self._warned.add(text)
            # a warning that cannot be printed must not stop the run
            with suppress(OSError):
                print(f"WARNING  {text}", file=sys.stderr)
