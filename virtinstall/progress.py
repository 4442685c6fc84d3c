"""Progress of long steps, reported in bytes through one small protocol; how it is shown is the caller's choice."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a long step reports to; any object with these three methods will do."""

    def start(self, what: str, total_bytes: int | None) -> None:
        """A step begins; `total_bytes` is None where the size is not known."""

    def advance(self, count_bytes: int) -> None:
        """So many more bytes are done."""

    def finish(self) -> None:
        """The step is over, well or not."""


class Silent:
    """Progress that shows nothing."""

    def start(self, what: str, total_bytes: int | None) -> None:
        """Show nothing."""

    def advance(self, count_bytes: int) -> None:
        """Show nothing."""

    def finish(self) -> None:
        """Show nothing."""
