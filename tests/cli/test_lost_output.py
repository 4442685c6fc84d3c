"""Standard output that cannot be written: no guest, or a guest that standard error names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CREATE = [
    "-m",
    "virtinstall",
    "--connect",
    "test:///default",
    "--name",
    "lost",
    "--memory",
    "64",
    "--disk",
    "none",
    "--network",
    "none",
    "--graphics",
    "none",
    "--osinfo",
    "generic",
    "--import",
    "--noautoconsole",
]


def run(*args: str, stdout: int) -> subprocess.CompletedProcess[str]:
    """virt-install with that standard output."""
    return subprocess.run(
        [sys.executable, *CREATE, *args], stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
    )


@pytest.mark.parametrize("args", [(), ("--output", "json")], ids=["text", "JSON"])
@pytest.mark.parametrize("kind", ["full", "closed"])
def test_the_guest_that_exists_is_named(args: tuple[str, ...], kind: str) -> None:
    """The guest is created when the first line cannot be written: success, and a warning about it."""
    if kind == "full":
        target = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, target = os.pipe()
        os.close(reader)
    try:
        done = run(*args, stdout=target)
    finally:
        os.close(target)
    assert done.returncode == 0, done.stderr
    assert "was created; standard output cannot be written" in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    if not args:
        assert "'lost'" in done.stderr


@pytest.mark.parametrize("args", [("--dry-run",), ("--print-xml",)])
def test_without_a_guest_it_is_an_error(args: tuple[str, ...]) -> None:
    """What was asked for is the output."""
    target = os.open("/dev/full", os.O_WRONLY)
    done = run(*args, stdout=target)
    os.close(target)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "created" not in done.stderr


def test_output_that_can_be_written_is(tmp_path: Path) -> None:
    """JSON is printed to standard output without a message."""
    done = subprocess.run([sys.executable, *CREATE, "--output", "json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["name"] == "lost"
    assert "cannot be written" not in done.stderr
