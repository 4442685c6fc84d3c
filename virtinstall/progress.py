"""Progress of long steps, reported in bytes through a small protocol; the caller chooses the presentation."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A receiver of the progress of long steps; any object with these three methods can be used."""

    def start(self, what: str, total_bytes: int | None) -> None:
        """Start showing a step; `what` describes the step, and `total_bytes` is its size, or None if unknown."""

    def advance(self, count_bytes: int) -> None:
        """Add `count_bytes` to the number of bytes that have been processed."""

    def finish(self) -> None:
        """Stop showing the step; this method is called whether or not the step was successful."""


class Silent:
    """A `Progress` object that shows nothing."""

    def start(self, what: str, total_bytes: int | None) -> None:
        """Show nothing."""

    def advance(self, count_bytes: int) -> None:
        """Show nothing."""

    def finish(self) -> None:
        """Show nothing."""
