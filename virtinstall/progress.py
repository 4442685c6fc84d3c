"""Progress of long steps, reported in bytes through a small protocol; the caller chooses the presentation."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A receiver of the progress of long steps: any object with these three methods."""

    def start(self, what: str, total_bytes: int | None) -> None:
        """Start a step; `total_bytes` is None if the size is not known."""

    def advance(self, count_bytes: int) -> None:
        """Report that `count_bytes` more bytes are done."""

    def finish(self) -> None:
        """End the step, after success or failure."""


class Silent:
    """Progress that shows nothing."""

    def start(self, what: str, total_bytes: int | None) -> None:
        """Show nothing."""

    def advance(self, count_bytes: int) -> None:
        """Show nothing."""

    def finish(self) -> None:
        """Show nothing."""
