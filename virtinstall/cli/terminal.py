"""The terminal: whether there is one, and its raw mode for a guest's console. Source: termios(3)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress


def has_terminal() -> bool:
    """Return whether somebody sits at standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def raw_terminal(fd: int) -> Callable[[], None]:
    """Make the terminal `fd` raw; gives what restores it. Without a terminal nothing is done."""
    if not os.isatty(fd):
        return lambda: None
    import termios
    import tty

    before = termios.tcgetattr(fd)
    tty.setraw(fd)

    def restore() -> None:
        # a terminal that was closed meanwhile (SIGHUP) needs none, and the signal is what counts
        with suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSADRAIN, before)

    return restore
