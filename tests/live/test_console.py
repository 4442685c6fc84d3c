"""The text console: input and output are unchanged, and leaving and resizing work."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.machine import Connection, virt_install_command
from tests.live.second_daemon import second_daemon

pytestmark = pytest.mark.live

KIB = 1024
ESCAPE = b"\x1d"
READY = b"READY to send back"
# Linux loses bytes of a larger write to a terminal, because the buffer of n_tty has 4096 bytes
WINDOW_BYTES = 2048
SECONDS = 120


def echo_guest(connection: Connection, name: str, tree: Path) -> list[str]:
    """Return the command that creates a guest which echoes the input of its serial port."""
    files = tree / "images" / "pxeboot"
    boot = f"kernel={files / 'vmlinuz'},initrd={files / 'initrd.img'}"
    return [
        *virt_install_command(),
        *("--connect", connection.option, "--virt-type", "qemu", "--name", name, "--memory", "192"),
        *("--osinfo", "generic", "--import", "--disk", "none", "--network", "none", "--graphics", "none"),
        *("--boot", boot, "--boot", "kernel_args=console=ttyS0 quiet loglevel=0 tiny.echo"),
        *("--autoconsole", "text"),
    ]


def random_bytes_without(left_out: bytes, size: int) -> bytes:
    """Return random bytes, the same in each run."""
    alphabet = bytes(sorted(set(range(256)) - set(left_out)))
    return bytes(random.Random(7).choices(alphabet, k=size))


class Terminal:
    """virt-install on a new pseudo terminal."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environ)
        self.output = b""

    def read(self, seconds: float = 0.5) -> bytes:
        """Return the next output; empty when none arrives in time."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            # Linux reports EIO when the other end of a pty is closed
            return b""
        self.output += data
        return data

    def read_until(self, expected: bytes) -> None:
        """Read until the output contains the bytes."""
        end = time.monotonic() + SECONDS
        while expected not in self.output:
            assert time.monotonic() < end, f"{expected!r} didn't come: {self.output[-2000:]!r}"
            self.read()

    def ended(self) -> int:
        """Return the exit status after the end of the process."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            self.read(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(f"virt-install didn't end: {self.output[-2000:]!r}")

    def close(self) -> None:
        """Kill the process and wait for its end."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@contextmanager
def terminal(command: list[str], environ: dict[str, str]) -> Iterator[Terminal]:
    """A Terminal that is closed at the end."""
    created = Terminal(command, environ)
    try:
        yield created
    finally:
        created.close()


def exchange(data: bytes, send: Callable[[bytes], None], receive: Callable[[], bytes]) -> bytes:
    """Send `data` with flow control; return the received bytes."""
    back, sent = b"", 0
    end = time.monotonic() + SECONDS
    while len(back) < len(data):
        assert time.monotonic() < end, f"{sent} bytes sent, {len(back)} came back"
        room = WINDOW_BYTES - (sent - len(back))
        if room > WINDOW_BYTES // 2 and sent < len(data):
            send(data[sent : sent + room])
            sent = min(len(data), sent + room)
        back += receive()
    return back


def test_console_transfers_all_bytes_unchanged(connection: Connection, tiny_tree: Path, guest_name: str) -> None:
    """All bytes except ^] are echoed while the terminal is resized; ^] detaches and restores the terminal."""
    data = random_bytes_without(ESCAPE, (64 if connection.option == "embed" else 256) * KIB)
    with terminal(echo_guest(connection, guest_name, tiny_tree), connection.full_environ()) as console:
        before = termios.tcgetattr(console.fd)
        console.read_until(READY)
        time.sleep(0.5)
        while console.read(0.2):
            pass
        assert termios.tcgetattr(console.fd) != before
        sizes = iter(range(30, 100))

        def send(part: bytes) -> None:
            if random.random() < 0.05:
                size = struct.pack("HHHH", next(sizes, 40), 80, 0, 0)
                fcntl.ioctl(console.fd, termios.TIOCSWINSZ, size)
            os.write(console.fd, part)

        back = exchange(data, send, console.read)

        assert back == data
        os.write(console.fd, ESCAPE)
        assert console.ended() == 0
        assert termios.tcgetattr(console.fd) == before
    if connection.option != "embed":
        assert connection.state(guest_name) == "running"


@pytest.fixture
def tmux(work: Path) -> Iterator[Callable[..., str]]:
    """A function that runs tmux on a separate server: `tmux("new-session", ...)`."""
    if shutil.which("tmux") is None:
        pytest.skip("NOT RUN: tmux is missing (Debian: tmux)")

    def run(*args: str, stdin: bytes = b"") -> str:
        command = ["tmux", "-S", str(work / "tmux"), "-f", "/dev/null", *args]
        return subprocess.run(command, input=stdin, capture_output=True, check=True, timeout=30).stdout.decode()

    yield run
    run("kill-server")


@pytest.mark.parametrize("connection", ["system"], indirect=True)
def test_console_works_in_tmux(
    connection: Connection, tiny_tree: Path, work: Path, guest_name: str, tmux: Callable[..., str]
) -> None:
    """Pasted text is echoed unchanged while the window is resized; ^] restores the terminal of the shell."""
    # tmux interprets the characters after an ESC
    data = random_bytes_without(ESCAPE + b"\x1b", 64 * 1024)
    log = work / "pane.log"
    tmux("new-session", "-d", "-x", "100", "-y", "30", "sh")
    log.touch()
    tmux("pipe-pane", f"cat >>{log}")
    tmux(
        "send-keys",
        "stty -a >{}; {}; echo STATUS=$?; stty -a >{}; echo RESTORED\n".format(
            work / "before", shlex.join(echo_guest(connection, guest_name, tiny_tree)), work / "after"
        ),
    )

    def wait_for(args: bytes) -> int:
        end = time.monotonic() + SECONDS
        while args not in log.read_bytes():
            assert time.monotonic() < end, f"{args!r} didn't come: {log.read_bytes()[-1000:]!r}"
            time.sleep(0.1)
        return log.read_bytes().index(args)

    wait_for(READY)
    time.sleep(1)
    start = log.stat().st_size
    seen = start

    def send(part: bytes) -> None:
        tmux("load-buffer", "-", stdin=part)
        tmux("paste-buffer", "-r")
        tmux("resize-window", "-x", str(random.randrange(60, 160)), "-y", "30")

    def receive() -> bytes:
        nonlocal seen
        time.sleep(0.01)
        with log.open("rb") as file:
            file.seek(seen)
            new = file.read()
        seen += len(new)
        return new

    assert exchange(data, send, receive) == data
    tmux("send-keys", "C-]")
    # the echoed command contains the word, too
    wait_for(b"\nRESTORED")
    assert b"STATUS=0" in log.read_bytes()[start:]
    sizes = re.compile(r"rows \d+; columns \d+;")
    assert sizes.sub("", (work / "before").read_text()) == sizes.sub("", (work / "after").read_text())
    assert connection.state(guest_name) == "running"


def test_console_reports_a_lost_connection(qemu: None, tiny_tree: Path) -> None:
    """The daemon of the other host dies; the message must not report the end of the guest."""
    with second_daemon() as daemon:
        with terminal(echo_guest(daemon.connection, "vitest-lost", tiny_tree), dict(os.environ)) as console:
            console.read_until(READY)
            daemon.kill()
            assert console.ended() == 1
        assert b"lost the connection" in console.output
        daemon.start()
