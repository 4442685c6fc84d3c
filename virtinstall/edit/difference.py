"""The change as a unified diff of two documents."""

from __future__ import annotations


def difference(before: str, after: str) -> str:
    """The diff of two XML texts, ending in a newline; empty where they are the same."""
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "Original XML", "Altered XML", lineterm="")
    return "".join(line.rstrip("\n") + "\n" for line in lines)
