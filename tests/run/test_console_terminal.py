"""Terminal of a text console: raw mode, and its restoration."""

from __future__ import annotations

import os
import termios

from virtinstall.cli.terminal import raw_terminal


def test_terminal_settings_are_restored() -> None:
    """Raw mode disables the echo."""
    master, slave = os.openpty()
    before = termios.tcgetattr(slave)
    restore = raw_terminal(slave)
    assert not termios.tcgetattr(slave)[3] & termios.ECHO
    restore()
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)


def test_closed_terminal_causes_no_error() -> None:
    """The connection of the user is closed; the run ends with a signal instead of a traceback."""
    master, slave = os.openpty()
    restore = raw_terminal(slave)
    os.close(master)
    restore()
    os.close(slave)
