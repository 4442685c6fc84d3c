"""Text that does not show itself in logs and tracebacks."""

from __future__ import annotations


class Secret(str):
    """A password or the like; its representation hides it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"
