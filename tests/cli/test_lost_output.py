"""Standard output that cannot be written: a guest that was created is named on standard error."""

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
    """Run virt-install with this standard output."""
    return subprocess.run(
        [sys.executable, *CREATE, *args], stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
    )


@pytest.mark.parametrize("args", [(), ("--output", "json")], ids=["text", "JSON"])
@pytest.mark.parametrize("kind", ["full", "closed"])
def test_created_guest_is_reported_on_standard_error(args: tuple[str, ...], kind: str) -> None:
    """The guest exists before the first line is printed: the run succeeds, with a warning."""
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
    assert "cannot write to standard output: " in done.stderr and done.stderr.rstrip().endswith("was created")
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    if not args:
        assert "'lost'" in done.stderr


@pytest.mark.parametrize("args", [("--dry-run",), ("--print-xml",)])
def test_preview_that_cannot_be_printed_is_an_error(args: tuple[str, ...]) -> None:
    """A preview has no other result than its output."""
    target = os.open("/dev/full", os.O_WRONLY)
    done = run(*args, stdout=target)
    os.close(target)
    assert done.returncode == 1
    assert "no space left on device" in done.stderr
    assert "created" not in done.stderr


def test_writable_output_causes_no_warning(tmp_path: Path) -> None:
    """JSON is printed to standard output without a message."""
    done = subprocess.run([sys.executable, *CREATE, "--output", "json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["name"] == "lost"
    assert "cannot be written" not in done.stderr
