"""Progress of long steps, reported in bytes through a small protocol; the caller chooses the presentation."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A receiver of the progress of long steps; any object with these three methods can be used."""

    def start(self, what: str, total_bytes: int | None) -> None:
        """Start to show a step, which `what` describes; `total_bytes` is its size, None if it is not known."""

    def advance(self, count_bytes: int) -> None:
        """Add `count_bytes` to the number of bytes that are done."""

    def finish(self) -> None:
        """Stop showing the step; called after success and after a failure."""


class Silent:
    """A receiver that shows no progress."""

    def start(self, what: str, total_bytes: int | None) -> None:
        """Show nothing."""

    def advance(self, count_bytes: int) -> None:
        """Show nothing."""

    def finish(self) -> None:
        """Show nothing."""
