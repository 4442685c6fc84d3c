"""Text tables that fit the width of the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

_GAP = "  "
_SHORTEST = 8
_MORE = "~"


def table(rows: Sequence[Sequence[str]], flexible: Sequence[int], width: int | None) -> str:
    """Return the rows as lines of text; the first row is the heading.

    Columns in `flexible` (numbers from 0) are shortened, the widest first, until each line has at most `width`
    characters. If `width` is None, no column is shortened.
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    if width is not None:
        while sum(widths) + len(_GAP) * (len(widths) - 1) > width:
            widest = max(flexible, key=lambda column: widths[column])
            if widths[widest] <= _SHORTEST:
                break
            widths[widest] -= 1
    lines = (
        _GAP.join(_cell(text, size) for text, size in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )
    return "".join(lines)


def _cell(text: str, size: int) -> str:
    return text.ljust(size) if len(text) <= size else text[: size - 1] + _MORE


def terminal_width() -> int | None:
    """Return the number of columns of the terminal on standard output; None if standard output is not a terminal."""
    if not sys.stdout.isatty():
        return None
    try:
        return os.get_terminal_size(1).columns or None
    except OSError:
        return None
