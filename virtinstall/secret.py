"""Text that does not show itself in logs and tracebacks."""

from __future__ import annotations


class Secret(str):
    """Password or similar text that its representation hides."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"
