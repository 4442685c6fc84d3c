"""libvirtd ends during the start of a guest: an existing guest has its disk, and leftovers are reported.

VIRTINSTALL_FAULTS sets the number of points at which the daemon ends (manual runs: 26).
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.machine import finish, start_virt_install
from tests.live.second_daemon import Daemon, second_daemon

pytestmark = pytest.mark.live
POINTS = int(os.environ.get("VIRTINSTALL_FAULTS", "2"))


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """A libvirtd that the test can stop."""
    with second_daemon() as daemon:
        yield daemon


def args(daemon: Daemon, name: str, disk: Path) -> list[str]:
    """Return the options of a guest with a new disk."""
    return [
        *("--connect", daemon.local_uri, "--virt-type", "qemu", "--network", "none", "--graphics", "none"),
        *("--name", name, "--memory", "32", "--osinfo", "generic", "--noautoconsole", "--import"),
        *("--disk", f"path={disk},size=0.05"),
    ]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_guest_keeps_its_disk_when_the_daemon_ends(daemon: Daemon, work: Path, how: signal.Signals) -> None:
    """The same command then succeeds or reports the existing guest."""
    work.chmod(0o755)
    started = time.monotonic()
    whole = f"vitest-{uuid.uuid4().hex[:8]}"
    finish(start_virt_install(*args(daemon, whole, work / "whole.qcow2"))).ok()
    lasted = time.monotonic() - started
    daemon.connection.remove(whole)
    counts = {"created": 0, "guest left": 0, "nothing left": 0, "disk left": 0}
    for point in range(POINTS):
        name, disk = f"vitest-{uuid.uuid4().hex[:8]}", work / f"{how.name}-{point}.qcow2"
        process = start_virt_install(*args(daemon, name, disk))
        time.sleep(lasted * (0.45 + 0.5 * point / POINTS))
        if how is signal.SIGKILL:
            daemon.kill()
        else:
            daemon.stop()
        run = finish(process)
        daemon.start()
        assert "Traceback" not in run.output
        if name in daemon.connection.names():
            assert disk.exists(), run.output
            counts["created" if run.status == 0 else "guest left"] += 1
            if run.status != 0:
                assert name in run.output
                assert str(disk) in run.output or "was created and is kept" in run.output, run.output
                again = finish(start_virt_install(*args(daemon, name, disk)))
                assert again.status == 1 and "already exists" in again.output, again.output
                for line in re.findall(r"remove it with: (.*)\)", again.output):
                    subprocess.run(["sh", "-c", line], capture_output=True)
            daemon.connection.remove(name)
            disk.unlink(missing_ok=True)
        else:
            assert run.status != 0
            if disk.exists():
                assert str(disk) in run.output, run.output
            counts["disk left" if disk.exists() else "nothing left"] += 1
            finish(start_virt_install(*args(daemon, name, disk))).ok()
            daemon.connection.remove(name)
    print(how.name, counts)


def test_apply_reports_how_to_continue(daemon: Daemon, work: Path) -> None:
    """The daemon ends after the first guest: each guest that fails has a hint, and the same command creates it."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    path = work / "guests.yaml"
    path.write_text(
        f"version: 1\nproject: {name}\nconnect: {daemon.local_uri}\nguests:\n  {name}: {{count: 5, memory: 32, "
        "virt-type: qemu, osinfo: generic, import: true, graphics: none, network: none, disk: none}\n"
    )
    script = "from virtinstall.cli.main import guest_main as m; raise SystemExit(m())"
    command = [sys.executable, "-c", script, "apply", "-f", str(path), "--yes", "-j", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while ": created" not in process.stdout.readline():
        assert process.poll() is None
    daemon.kill()
    _, errors = process.communicate(timeout=120)
    daemon.start()
    lines = errors.splitlines()
    failed = [line.split(": ")[2] for line in lines if line.startswith("virt-guest: error: ")]
    hints = [line for line in lines if line.startswith("virt-guest: hint: ")]
    assert process.returncode == 1 and len(set(failed)) == len(hints) > 1, errors
    assert all("libvirt daemon is running" in hint or "check the guest with" in hint for hint in hints), errors
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    names = [f"{name}-{number}" for number in range(1, 6)]
    assert set(names) <= set(daemon.connection.names())
    for each in names:
        daemon.connection.remove(each)
