"""QEMU's tools, which verify our images; tests that need them are skipped with a message if they are missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

needs_qemu_img = pytest.mark.skipif(
    shutil.which("qemu-img") is None or shutil.which("qemu-io") is None,
    reason="NOT CHECKED AGAINST QEMU: qemu-img and qemu-io are missing (Debian: qemu-utils)",
)


def rounds(default: int) -> int:
    """Return the number of random cases to try: VIRTINSTALL_FUZZ, or `default`."""
    return int(os.environ.get("VIRTINSTALL_FUZZ", default))


def run(*command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a tool and return its output."""
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=check, timeout=120)


def info(path: Path) -> dict[str, Any]:
    """Return `qemu-img info` without the file's name and its size on disk."""
    shown: dict[str, Any] = json.loads(run("qemu-img", "info", "--output=json", path).stdout)
    for key in ("filename", "actual-size", "children"):
        shown.pop(key, None)
    return shown


def guest_map(path: Path) -> list[tuple[int, int, int, bool, bool, bool]]:
    """Return `qemu-img map` as (start, length, depth, present, zero, data); equal neighbors are joined."""
    merged: list[tuple[int, int, int, bool, bool, bool]] = []
    for part in json.loads(run("qemu-img", "map", "--output=json", path).stdout):
        kind = (part["depth"], part["present"], part["zero"], part["data"])
        if merged and merged[-1][2:] == kind:
            merged[-1] = (merged[-1][0], merged[-1][1] + part["length"], *kind)
        else:
            merged.append((part["start"], part["length"], *kind))
    return merged


def assert_clean(path: Path, image_format: str = "qcow2") -> None:
    """Assert that `qemu-img check` finds neither errors nor leaks."""
    checked = run("qemu-img", "check", "-f", image_format, path, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def assert_same_content(one: Path, other: Path) -> None:
    """Assert that `qemu-img compare` finds no differences."""
    compared = run("qemu-img", "compare", one, other, check=False)
    assert compared.returncode == 0, compared.stdout + compared.stderr
