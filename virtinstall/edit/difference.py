"""The difference of two XML documents as a unified diff."""

from __future__ import annotations


def difference(before: str, after: str) -> str:
    """Return the unified diff of two XML texts, ending in a newline; empty if they are equal."""
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "Original XML", "Altered XML", lineterm="")
    return "".join(line.rstrip("\n") + "\n" for line in lines)
