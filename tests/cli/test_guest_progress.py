"""Progress of several guests: redrawn lines on a terminal, plain lines elsewhere, and each warning once."""

from __future__ import annotations

import io
import os
import shutil
from typing import TextIO, cast

import pytest

from virtinstall.cli.guest_progress import GuestProgress, summary
from virtinstall.cli.safe_stream import SafeStream
from virtinstall.fleet.outcome import Outcome


class Terminal(io.StringIO):
    """Output stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def screen(text: str) -> list[str]:
    """Return the lines that a terminal shows after `text` was written to it."""
    lines = [""]
    row = 0
    rest = text
    while rest:
        if rest.startswith("\x1b["):
            number = rest[2:].rstrip("\n")
            count = ""
            while number[0].isdigit():
                count, number = count + number[0], number[1:]
            if number[0] == "A":
                row -= int(count)
            else:
                assert number[0] == "J"
                del lines[row + 1 :]
                lines[row] = ""
            rest = rest[len(count) + 3 :]
        elif rest[0] == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
            rest = rest[1:]
        else:
            if rest[0] != "\r":
                lines[row] += rest[0]
            rest = rest[1:]
    return lines


def test_terminal_shows_each_guest_with_step_and_time() -> None:
    """The lines of finished guests stay above those of the others."""
    now = [0.0]
    terminal = Terminal()
    progress = GuestProgress(["web-1", "web-2"], terminal, width=80, clock=lambda: now[0])
    progress.report("web-1", "creating")
    progress.report("web-2", "creating")
    now[0] = 65.0
    progress.report("web-1", "waiting for ssh")
    progress.finish(Outcome(name="web-2", action="create", status="done", seconds=1.5))
    assert screen(terminal.getvalue()) == ["web-2: created, 1.5 s", "web-1    1:05  waiting for ssh", "1 of 2 done", ""]
    with progress:
        progress.finish(Outcome(name="web-1", action="create", status="done", seconds=65))
    assert screen(terminal.getvalue()) == ["web-2: created, 1.5 s", "web-1: created, 65.0 s", ""]


def test_display_moves_the_cursor_and_guest_names_do_not() -> None:
    """The command's standard output escapes the control characters of names, but not those of the display."""
    terminal = Terminal()
    progress = GuestProgress(["a\x1b[2J"], cast("TextIO", SafeStream(terminal)), width=80, clock=lambda: 0.0)
    progress.report("a\x1b[2J", "creating")
    progress.report("a\x1b[2J", "waiting")
    progress.finish(Outcome(name="a\x1b[2J", action="create", status="done"))
    assert screen(terminal.getvalue()) == ["a\\x1b[2J: created, 0.0 s", ""]


def test_narrower_terminal_leaves_no_old_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that becomes narrower wraps the existing lines, which then occupy more rows."""
    columns = [40]
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((columns[0], 24)))
    terminal = Terminal()
    progress = GuestProgress(["web", "db"], terminal, clock=lambda: 0.0)
    progress.report("web", "waiting for cloud-init")
    progress.finish(Outcome(name="db", action="create", status="done"))
    drawn = len(terminal.getvalue())
    columns[0] = 20
    progress.finish(Outcome(name="db", action="create", status="done"))
    # `web    0:00  waiting for cloud-init` has two rows now, `1 of 2 done` one
    assert terminal.getvalue()[drawn:].startswith("\x1b[3A\r\x1b[J")


def test_each_step_is_one_line_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Steps and results go to the stream, errors to standard error."""
    stream = io.StringIO()
    with GuestProgress(["a", "b"], stream) as progress:
        progress.report("a", "creating")
        progress.finish(Outcome(name="a", action="update", status="done", pending=True))
        progress.finish(Outcome(name="b", action="create", status="failed", message="one\ntwo", hint="three"))
    assert stream.getvalue() == (
        "a: creating\n"
        "a: changed, 0.0 s; "
        "some changes take effect only after the guest is shut down and started, which --reboot does\n"
    )
    assert capsys.readouterr().err == "virt-guest: error: b: one\nvirt-guest: error: b: two\nvirt-guest: hint: three\n"


def test_warning_of_many_guests_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    """One line states how many other guests have the same warning."""
    names = [f"web-{number}" for number in range(5)]
    with GuestProgress(names, io.StringIO()) as progress:
        for name in names:
            progress.warn(f"{name}: slow devices")
        progress.warn("web-0: only here")
    assert capsys.readouterr().err == (
        "WARNING  web-0: slow devices\nWARNING  web-0: only here\n"
        "WARNING  the same warning for 4 other guests: slow devices\n"
    )


def test_text_of_guests_cannot_control_the_terminal() -> None:
    """Escape sequences and line breaks in the name of a step are escaped."""
    stream = io.StringIO()
    GuestProgress(["a"], stream).report("a", "x\x1b[2J\ny")
    assert "\x1b" not in stream.getvalue() and stream.getvalue().count("\n") == 1


def test_summary_counts_the_guests_by_result() -> None:
    """The order of the results is fixed; without guests, there is nothing to do."""
    outcomes = [
        Outcome(name="a", action="create", status="done"),
        Outcome(name="b", action="create", status="done"),
        Outcome(name="c", action="none", status="unchanged"),
        Outcome(name="d", action="update", status="failed"),
    ]
    assert summary(outcomes, 3.04) == "2 created, 1 unchanged, 1 failed (3.0 s)."
    assert summary([], 0) == "nothing to do (0.0 s)."
