"""Strings that are hidden in logs and tracebacks."""

from __future__ import annotations


class Secret(str):
    """A string, such as a password, whose `repr` is `***`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"
