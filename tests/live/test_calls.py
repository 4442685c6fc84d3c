"""Number of libvirt calls of a creation, because each call may take long over a slow connection."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.machine import Connection

pytestmark = pytest.mark.live
MOST_CALLS = 60
MOST_STREAM_CALLS = 300
"""One call for each chunk of output; a guest on a busy machine causes small chunks."""


@pytest.mark.parametrize("pool", [False, True], ids=["path", "pool"])
def test_installation_with_a_text_console_needs_few_calls(
    system: Connection, tiny_tree: Path, work: Path, name: str, pool: bool
) -> None:
    """The run creates a disk or a volume, downloads a kernel and shows the console to the end."""
    system.virsh("pool-create-as", name, "dir", "--target", str(work))
    others = system.names()
    try:
        disk = f"pool={name},size=0.1" if pool else f"path={work / 'new.qcow2'},size=0.1"
        run = subprocess.run(
            [
                *(sys.executable, "-m", "tests.live.faulty", "0", "--connect", system.option, "--virt-type", "qemu"),
                *("--name", name, "--memory", "256", "--network", "none", "--graphics", "none", "--disk", disk),
                *("--osinfo", "fedora36", "--location", str(tiny_tree), "--extra-args", "console=ttyS0 quiet"),
                *("--autoconsole", "text", "--noreboot"),
            ],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=180,
            check=False,
        )
    finally:
        system.virsh("pool-destroy", name)
    assert run.returncode == 0, run.stderr
    counted = re.search(r"libvirt calls: (\d+), of streams: (\d+)", run.stderr)
    assert counted
    calls, of_streams = int(counted[1]), int(counted[2])
    # two calls read the MAC addresses of each other guest
    assert calls - of_streams <= MOST_CALLS + 2 * len(others)
    assert of_streams <= MOST_STREAM_CALLS
    assert "Domain creation completed" in run.stdout
