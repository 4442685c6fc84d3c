"""Terminal of a text console: raw mode, and its restoration."""

from __future__ import annotations

import os
import termios

from virtinstall.cli.terminal import raw_terminal


def test_a_terminal_is_given_back_as_it_was() -> None:
    """Typed letters go to the guest one by one meanwhile, unechoed."""
    master, slave = os.openpty()
    before = termios.tcgetattr(slave)
    restore = raw_terminal(slave)
    assert not termios.tcgetattr(slave)[3] & termios.ECHO
    restore()
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)


def test_a_terminal_that_was_closed_is_ignored() -> None:
    """The connection over which the user typed is gone: the run ends by that signal, not by a traceback."""
    master, slave = os.openpty()
    restore = raw_terminal(slave)
    os.close(master)
    restore()
    os.close(slave)
