"""The terminal on standard input, and its raw mode for a guest's console.

Source: termios(3).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress


def has_terminal() -> bool:
    """Return whether standard input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def raw_terminal(fd: int) -> Callable[[], None]:
    """Set the terminal with the file descriptor `fd` to raw mode; return a function that restores its previous mode.

    If `fd` is not a terminal, nothing is changed.
    """
    if not os.isatty(fd):
        return lambda: None
    import termios
    import tty

    before = termios.tcgetattr(fd)
    tty.setraw(fd)

    def restore() -> None:
        # the terminal may have been closed (SIGHUP)
        with suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSADRAIN, before)

    return restore
