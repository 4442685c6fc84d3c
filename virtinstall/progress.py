"""Telling the user how far a long step has come, behind one small protocol.

Steps report bytes; what shows them (a bar, plain lines, nothing) is the caller's choice.
"""

from __future__ import annotations

from typing import Protocol


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
