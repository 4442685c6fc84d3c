"""The difference between two XML documents as a unified diff."""

from __future__ import annotations


def difference(before: str, after: str) -> str:
    """Return a unified diff of two XML documents, which ends with a newline; an empty string if they are equal."""
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "Original XML", "Altered XML", lineterm="")
    return "".join(line.rstrip("\n") + "\n" for line in lines)
