"""Lines for people: warnings and what happened."""

from __future__ import annotations

import sys
from contextlib import suppress


class Messages:
    """Prints lines for people to standard output unless `quiet`, and each warning once to standard error."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._warned: set[str] = set()

    def say(self, text: str) -> None:
        """Print a line, unless quiet."""
        if not self.quiet:
            print(text, flush=True)

    def warn(self, text: str) -> None:
        """Print a warning, the same only once."""
        if text not in self._warned:
            self._warned.add(text)
            # a warning that nobody can read is no reason to stop halfway
            with suppress(OSError):
                print(f"WARNING  {text}", file=sys.stderr)
