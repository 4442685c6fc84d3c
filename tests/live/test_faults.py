"""Failures and signals at any point: only things that the program reports are left.

VIRTINSTALL_FAULTS sets the number of points for each kind of fault (manual runs: 200).
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

from tests.live.machine import Connection, Outcome, finish, start_virt_install
from tests.live.test_nothing_left import State, state_of

pytestmark = pytest.mark.live
POINTS = int(os.environ.get("VIRTINSTALL_FAULTS", "2"))
SYSTEM_CALLS = ("openat:ENOSPC", "write:ENOSPC", "linkat:EACCES", "fsync:EIO")


def args(connection: Connection, name: str, work: Path, tree: Path) -> list[str]:
    """Return the options of a complete installation, with a disk, boot files and a seed."""
    return [
        *("--connect", connection.option, "--virt-type", "qemu", "--network", "none", "--graphics", "none"),
        *("--name", name, "--memory", "256", "--vcpus", "1", "--osinfo", "fedora36", "--location", str(tree)),
        *("--disk", f"path={work / 'new.qcow2'},size=0.1,bus=virtio", "--extra-args", "console=ttyS0"),
        *("--cloud-init", "hostname=faulty", "--noautoconsole", "--wait", "4", "--noreboot"),
    ]


def check_leftovers(connection: Connection, name: str, work: Path, run: Outcome, before: State) -> None:
    """Assert that nothing is left, or a guest that the messages name; remove that guest."""
    assert "Traceback" not in run.output, run.output
    if name in connection.names():
        assert name in run.output, run.output
        connection.remove(name)
        (work / "new.qcow2").unlink()
    assert state_of(connection, work) == before, run.output


@pytest.fixture
def guest_name(system: Connection) -> Iterator[str]:
    """A name that no guest has."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    yield name
    system.remove(name)


def points(count: int) -> list[int]:
    """Return up to POINTS numbers from 1 to `count`, evenly spread, including both ends."""
    return sorted({1 + round(step * (count - 1) / max(1, POINTS - 1)) for step in range(POINTS)})


def test_failed_libvirt_call_leaves_only_reported_things(
    system: Connection, tiny_tree: Path, work: Path, guest_name: str
) -> None:
    """Each call fails in one of the runs."""
    before = state_of(system, work)

    def run(failing: int) -> Outcome:
        command = [sys.executable, "-m", "tests.live.faulty", str(failing), *args(system, guest_name, work, tiny_tree)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180)
        return Outcome(done.returncode, done.stdout)

    whole = run(0).ok()
    check_leftovers(system, guest_name, work, whole, before)
    counted = re.search(r"libvirt calls: (\d+)", whole.output)
    assert counted
    for failing in points(int(counted[1])):
        check_leftovers(system, guest_name, work, run(failing), before)


@pytest.mark.parametrize("fault", SYSTEM_CALLS)
def test_failed_system_call_leaves_only_reported_things(
    system: Connection, tiny_tree: Path, work: Path, guest_name: str, fault: str
) -> None:
    """The kernel rejects a call for our files."""
    before = state_of(system, work)
    call, error = fault.split(":")
    for turn in range(1, max(2, POINTS)):
        process = subprocess.Popen(
            [
                *("strace", "-f", "-qq", "-o", "/dev/null", "-P", str(work / "new.qcow2"), "-P", str(work)),
                *("-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={turn}"),
                *(sys.executable, "-m", "virtinstall", *args(system, guest_name, work, tiny_tree)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        check_leftovers(system, guest_name, work, finish(process), before)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda stop: stop.name)
def test_signal_at_any_time_leaves_only_reported_things(
    system: Connection, tiny_tree: Path, work: Path, guest_name: str, stop: signal.Signals
) -> None:
    """The signals are sent at different times of the run."""
    before = state_of(system, work)
    started = time.monotonic()
    check_leftovers(
        system, guest_name, work, finish(start_virt_install(*args(system, guest_name, work, tiny_tree))), before
    )
    lasted = time.monotonic() - started

    for point in range(POINTS):
        process = start_virt_install(*args(system, guest_name, work, tiny_tree))
        time.sleep(0.15 + lasted * point / POINTS)
        os.killpg(process.pid, stop)
        check_leftovers(system, guest_name, work, finish(process), before)


def test_command_can_be_repeated_after_sigkill(
    system: Connection, tiny_tree: Path, work: Path, guest_name: str
) -> None:
    """It succeeds or reports the existing guest; the commands that it prints remove the other leftovers."""
    before = state_of(system, work)
    command = args(system, guest_name, work, tiny_tree)
    started = time.monotonic()
    check_leftovers(system, guest_name, work, finish(start_virt_install(*command)), before)
    lasted = time.monotonic() - started

    for point in range(POINTS):
        process = start_virt_install(*command)
        time.sleep(0.15 + lasted * point / POINTS)
        process.kill()
        process.wait()
        messages = ""
        if guest_name in system.names():
            messages = finish(start_virt_install(*command)).output
            assert guest_name in messages
            system.remove(guest_name)
            (work / "new.qcow2").unlink()
        again = finish(start_virt_install(*command)).ok()
        for line in re.findall(r"remove it with: (.*)\)", messages + again.output):
            subprocess.run(["sh", "-c", line], capture_output=True)
        system.remove(guest_name)
        (work / "new.qcow2").unlink(missing_ok=True)
        finish(start_virt_install(*command, "--dry-run")).ok()
        assert state_of(system, work) == before, messages + again.output
