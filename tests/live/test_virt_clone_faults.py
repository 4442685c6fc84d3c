"""virt-clone with a failing libvirt call or SIGKILL: leftovers are reported or removed."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live.machine import Connection, listing
from tests.live.test_faults import points
from tests.live.test_virt_clone import clone_command, name, original, virt_clone

__all__ = ["name", "original"]
pytestmark = pytest.mark.live

FAULTY = (
    "import sys; from tests.live.faulty import Counter, install; counter = Counter(int(sys.argv[1])); install(counter);"
    "from virtinstall.cli.main import clone_main; status = clone_main(sys.argv[2:]);"
    "print('libvirt calls:', counter.calls); sys.exit(status)"
)


def remove_copy(system: Connection, name: str, work: Path) -> None:
    """Remove the clone and its disks."""
    system.remove(f"{name}-clone")
    for path in work.glob("*-clone*"):
        path.unlink()


def test_failed_libvirt_call_leaves_a_complete_clone_or_none(
    system: Connection, original: Path, name: str, work: Path
) -> None:
    """Each call fails in one of the runs."""
    before = listing(work)

    def run(failing: int) -> subprocess.CompletedProcess[str]:
        args = ("--connect", "qemu:///system", "--original", name, "--auto-clone")
        command = [sys.executable, "-c", FAULTY, str(failing), *args]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    counted = re.search(r"libvirt calls: (\d+)", run(0).stdout)
    assert counted
    remove_copy(system, name, work)
    for failing in points(int(counted[1])):
        done = run(failing)
        assert "Traceback" not in done.stderr, done.stderr
        if done.returncode == 0:
            remove_copy(system, name, work)
        assert listing(work) == before, (failing, done.stderr)
        assert f"{name}-clone" not in system.names(), (failing, done.stderr)


def test_disks_of_a_killed_run_are_removed_by_the_next_one(
    system: Connection, original: Path, name: str, work: Path
) -> None:
    """The next run reports the removal and succeeds."""
    with (work / "data.img").open("r+b") as file:
        file.write(b"data" * (128 << 20))
    process = subprocess.Popen(clone_command("--original", name, "--auto-clone"), stderr=subprocess.DEVNULL)
    while not (work / f"{name}-clone.qcow2").exists() and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    process.wait()

    done = virt_clone("--original", name, "--auto-clone")

    assert done.returncode == 0, done.stderr
    assert "removed the file" in done.stderr
    copies = {path.name for path in work.glob("*-clone*.*")}
    assert copies == {f"{name}-clone.qcow2", "data-clone.img"}


def test_concurrent_runs_create_separate_clones(system: Connection, original: Path, name: str, work: Path) -> None:
    """The runs generate their names at the same time, and all succeed."""
    runs = [
        subprocess.Popen(clone_command("--original", name, "--auto-clone"), stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    errors = [run.communicate(timeout=120)[1] for run in runs]

    clones = sorted(guest for guest in system.names() if guest.startswith(f"{name}-clone"))
    try:
        assert [run.returncode for run in runs] == [0] * 4, errors
        assert clones == [f"{name}-clone{number or ''}" for number in range(4)]
        disks = {source.get("file") for guest in clones for source in system.xml(guest).iterfind("devices/disk/source")}
        assert len(disks) == 8
        assert all(Path(str(path)).exists() for path in disks)
    finally:
        for guest in clones:
            system.remove(guest)
