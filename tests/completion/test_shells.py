"""The scripts in completion/, run by bash, zsh and fish."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
COMPLETION = PROJECT / "completion"
ENTRIES = {"virt-install": "main", "virt-clone": "clone_main", "virt-xml": "xml_main", "virt-guest": "guest_main"}
SECONDS = 20

Environment = dict[str, str]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A PATH with the commands of this checkout, and a home directory without settings."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, entry in ENTRIES.items():
        script = commands / name
        script.write_text(
            f"#!/bin/sh\nexec {sys.executable} -c "
            f"'from virtinstall.cli.main import {entry} as m; raise SystemExit(m())' "
            '"$@"\n'
        )
        script.chmod(0o755)
    return {
        "PATH": f"{commands}:/usr/bin:/bin",
        "PYTHONPATH": str(PROJECT),
        "HOME": str(tmp_path),
        "LIBVIRT_DEFAULT_URI": "test:///default",
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
    }


def need(shell: str) -> None:
    """Skip the test if the shell is not installed."""
    if shutil.which(shell) is None:
        pytest.skip(f"NOT RUN: {shell} is missing (Debian: {shell})")


BASH = """
source {script}
COMP_LINE=$1 COMP_POINT=${{#1}}
eval "$(complete -p virt-install | sed 's/.*-F \\([^ ]*\\) .*/\\1 "${{1%% *}}"/')" 2>/dev/null
printf '%s|\\n' "${{COMPREPLY[@]}}"
"""


def in_bash(line: str, environment: Environment) -> list[str]:
    """Return the candidates that bash would insert, each followed by `|`."""
    need("bash")
    script = BASH.format(script=COMPLETION / "bash" / line.split()[0])
    ran = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", line],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.stderr == ""
    return ran.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("virt-install --noautoc", ["--noautoconsole |"]),
        ("virt-install --disk pa", ["path=|"]),
        ("virt-install --disk size=1,fo", ["1,format=|"]),
        ("virt-install --disk=si", ["size=|"]),
        ("virt-install --network network=", ["default|"]),
        ("virt-install --connect test:///default --reinstall ", ["test |"]),
        ("virt-install --connect test:///d", ["///default |"]),
        ("virt-clone --original t", ["test |"]),
        ("virt-xml te", ["test |"]),
        ("virt-xml test --add-device --dis", ["--disk |"]),
    ],
)
def test_bash_completes_the_current_word(line: str, expected: list[str], environment: Environment) -> None:
    """bash treats `=` and `:` as word boundaries: candidates contain only the text after them."""
    assert in_bash(line, environment) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("virt-install --noautoc", "--noautoconsole"),
        ("virt-install --disk pa", "path="),
        ("virt-install --disk size=1,fo", "size=1,format="),
        ("virt-install --network network=", "network=default"),
        ("virt-clone --original t", "test"),
        ("virt-xml te", "test"),
    ],
)
def test_fish_completes_the_whole_argument(line: str, expected: str, environment: Environment) -> None:
    """The script prints the argument with its description."""
    need("fish")
    script = COMPLETION / "fish" / f"{line.split()[0]}.fish"
    ran = subprocess.run(
        ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.stderr == ""
    assert [row.partition("\t")[0] for row in ran.stdout.splitlines()] == [expected]


def typed_at(argv: list[str], settings: str, keys: str, environment: Environment, done: Callable[[str], bool]) -> str:
    """Start a shell on a terminal, run `settings`, type `keys`; return what it shows when `done` returns true."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(argv[0], argv, environment)
    shown = ""

    def read_until(enough: Callable[[str], bool]) -> None:
        nonlocal shown
        end = time.monotonic() + SECONDS
        while not enough(on_screen(shown)) and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                shown += os.read(terminal, 65536).decode(errors="replace")

    try:
        os.write(terminal, f"{settings}; echo rea''dy\n".encode())
        read_until(lambda text: "ready" in text)
        shown = ""
        os.write(terminal, keys.encode())
        read_until(done)
    finally:
        os.close(terminal)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    return on_screen(shown)


def on_screen(shown: str) -> str:
    """Return the text that a terminal shows; a backspace moves back, and the next characters overwrite."""
    cells: list[str] = []
    place = 0
    for char in shown:
        if char == "\b":
            place -= 1
        else:
            cells[place : place + 1] = [char]
            place += 1
    return "".join(cells)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("virt-install --disk siz\t", "--disk size="),
        ("virt-install --disk size=1,fo\t", "size=1,format="),
        ("virt-install --network network=def\t,mt\t", "network=default,mtu."),
        ("virt-install --noautoc\t--noreb\t", "--noautoconsole --noreboot "),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_tab_completes_the_line_of_a_terminal(shell: str, keys: str, expected: str, environment: Environment) -> None:
    """No space is inserted after an incomplete candidate."""
    need(shell)
    if shell == "bash":
        argv = ["bash", "--norc", "-i"]
        settings = f"source {COMPLETION}/bash/virt-install; bind 'set enable-bracketed-paste off'"
    else:
        argv = ["zsh", "-f", "-i"]
        settings = f"fpath=({COMPLETION}/zsh $fpath); autoload -Uz compinit; compinit -u -D; unset zle_bracketed_paste"
    shown = typed_at(argv, settings, keys, environment, lambda text: expected in text)
    assert expected in shown


def test_completion_does_not_wait_for_unreachable_hosts(environment: Environment) -> None:
    """It takes less than 0.3 s, as with a host that can be reached; a busy machine gets more attempts."""

    def seconds(uri: str) -> float:
        start = time.monotonic()
        ran = subprocess.run(
            ["virt-install", "--complete", "fish", "--connect", uri, "--network", "network="],
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        assert ran.stderr == ""
        return time.monotonic() - start

    for uri in ("test:///default", "qemu:///system", "qemu+ssh://192.0.2.1/system"):
        assert any(seconds(uri) < 0.3 + 0.3 for _ in range(5)), uri
