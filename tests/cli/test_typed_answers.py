"""Values specified as `-`: typed on a terminal without an echo, or read from standard input."""

from __future__ import annotations

import io
import os
import pty
import sys
import time

import pytest

from virtinstall.cli.typed_answers import with_typed_answers
from virtinstall.options.command import parse_request

GUEST = ["--name", "x", "--disk", "none", "--osinfo", "debian11"]
SECONDS = 30


def typed(*args: str) -> dict[str, str]:
    """Return the values that are read for these options of a guest."""
    return dict(with_typed_answers(parse_request([*GUEST, *args])).install.typed)


def test_each_password_is_one_line_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line is root's password, the second the user's; any other file is the remaining input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\nother\n#cloud-config\n{}\n"))
    requested = typed("--cloud-init", "user=a,root-password-file=-,user-password-file=-,user-data=-")
    assert requested == {
        "--cloud-init root-password-file": "secret\n",
        "--cloud-init user-password-file": "other\n",
        "--cloud-init user-data": "#cloud-config\n{}\n",
    }
    assert "secret" not in repr(requested)


def test_standard_input_is_not_read_without_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be meant for another program."""
    stream = io.StringIO("untouched")
    monkeypatch.setattr(sys, "stdin", stream)
    assert typed("--cloud-init", "root-password-file=/pw", "--ignition", "/x") == {}
    assert stream.read() == "untouched"


def on_a_terminal(*lines: bytes) -> tuple[int, bytes]:
    """Type each of `lines` at a prompt of virt-install on a terminal; return the exit status and the output."""
    command = [sys.executable, "-m", "virtinstall", "--connect", "test:///default", *GUEST, "--memory", "1024"]
    command += ["--unattended", "admin-password-file=-", "--pxe", "--dry-run"]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    seen, left = b"", list(lines)
    end = time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            try:
                seen += os.read(terminal, 4096)
            except OSError:  # Linux reports EIO when the other end is closed
                break
            if left and seen.endswith((b"(not shown): ", b"Repeat the password: ")):
                os.write(terminal, left.pop(0) + b"\n")
    finally:
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


def test_typed_passwords_that_differ_are_an_error() -> None:
    """The password must be typed twice, and is not shown."""
    status, seen = on_a_terminal(b"Tr0ub4dor", b"Tr0ub4dour")
    assert status == 1
    assert b"--unattended admin-password-file=-: the two passwords differ" in seen
    assert b"Tr0ub4d" not in seen
