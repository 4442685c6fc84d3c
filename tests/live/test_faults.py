"""Whatever fails, and whenever the run is stopped: nothing is left that the program does not name.

VIRTINSTALL_FAULTS sets at how many points each kind of fault is tried (manual runs: 200).
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
    """A whole installation, with a disk, a kernel, a file for the initrd, a seed, and the wait for its end."""
    return [
        *("--connect", connection.option, "--virt-type", "qemu", "--network", "none", "--graphics", "none"),
        *("--name", name, "--memory", "256", "--vcpus", "1", "--osinfo", "fedora36", "--location", str(tree)),
        *("--disk", f"path={work / 'new.qcow2'},size=0.1,bus=virtio", "--extra-args", "console=ttyS0"),
        *("--cloud-init", "hostname=faulty", "--noautoconsole", "--wait", "4", "--noreboot"),
    ]


def settle(connection: Connection, name: str, work: Path, run: Outcome, before: State) -> None:
    """Either nothing is left, or a guest that the messages name; that guest is removed."""
    assert "Traceback" not in run.output, run.output
    if name in connection.names():
        assert name in run.output, run.output
        connection.remove(name)
        (work / "new.qcow2").unlink()
    assert state_of(connection, work) == before, run.output


@pytest.fixture
def guest_name(system: Connection) -> Iterator[str]:
    """A name no guest has."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    yield name
    system.remove(name)


def points(count: int) -> list[int]:
    """Up to POINTS numbers from 1 to `count`, evenly spread, both ends among them."""
    return sorted({1 + round(step * (count - 1) / max(1, POINTS - 1)) for step in range(POINTS)})


def test_each_libvirt_call_fails(system: Connection, tiny_tree: Path, work: Path, guest_name: str) -> None:
    """A call of libvirt's fails: an error, and nothing left but what it names."""
    before = state_of(system, work)

    def run(failing: int) -> Outcome:
        command = [sys.executable, "-m", "tests.live.faulty", str(failing), *args(system, guest_name, work, tiny_tree)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180)
        return Outcome(done.returncode, done.stdout)

    whole = run(0).ok()
    settle(system, guest_name, work, whole, before)
    counted = re.search(r"libvirt calls: (\d+)", whole.output)
    assert counted
    for failing in points(int(counted[1])):
        settle(system, guest_name, work, run(failing), before)


@pytest.mark.parametrize("fault", SYSTEM_CALLS)
def test_each_system_call_fails(system: Connection, tiny_tree: Path, work: Path, guest_name: str, fault: str) -> None:
    """The kernel refuses a call on our files: an error, and it names everything that remains."""
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
        settle(system, guest_name, work, finish(process), before)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda stop: stop.name)
def test_stopped_anywhere(
    system: Connection, tiny_tree: Path, work: Path, guest_name: str, stop: signal.Signals
) -> None:
    """A signal at any point of the run's life."""
    before = state_of(system, work)
    started = time.monotonic()
    settle(system, guest_name, work, finish(start_virt_install(*args(system, guest_name, work, tiny_tree))), before)
    lasted = time.monotonic() - started

    for point in range(POINTS):
        process = start_virt_install(*args(system, guest_name, work, tiny_tree))
        time.sleep(0.15 + lasted * point / POINTS)
        os.killpg(process.pid, stop)
        settle(system, guest_name, work, finish(process), before)


def test_killed_anywhere(system: Connection, tiny_tree: Path, work: Path, guest_name: str) -> None:
    """After SIGKILL at any point the next run of the same command works, or names the guest that is there;
    the other files that it names are removed by the commands that it prints."""
    before = state_of(system, work)
    command = args(system, guest_name, work, tiny_tree)
    started = time.monotonic()
    settle(system, guest_name, work, finish(start_virt_install(*command)), before)
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
