"""Two concurrent runs with the same name or UUID: one guest is created, and the failed run does not affect it.

VIRTINSTALL_PAIRS sets the number of pairs of each kind (manual runs: 20).
"""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, finish, start_virt_install
from tests.live.test_virt_clone import clone_command

pytestmark = pytest.mark.live
PAIRS = int(os.environ.get("VIRTINSTALL_PAIRS", "1"))
SAME = ("name", "uuid", "both")
USERS = ("one", "two")
"""Whether the journals of both runs are in one directory, like those of one user, or in separate directories."""


@pytest.fixture
def prefix(system: Connection) -> Iterator[str]:
    """A prefix for names of guests; guests with the prefix are removed after the test."""
    prefix = f"vitest-{uuid.uuid4().hex[:8]}"
    yield prefix
    for name in system.names():
        if name.startswith(prefix):
            system.remove(name)


def environ_of(users: str, number: int, work: Path) -> dict[str, str]:
    """Return the environment of a run; a run of another user cannot see the journals of the first one."""
    if users == "one" or number == 0:
        return dict(os.environ)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(work), os.environ.get("PYTHONPATH")]))}


def args(connection: Connection, name: str, guest_uuid: str, disk: Path) -> list[str]:
    """Return the options of a guest with a new image."""
    return [
        *("--connect", connection.option, "--virt-type", "qemu", "--network", "none", "--graphics", "none"),
        *("--name", name, "--uuid", guest_uuid, "--memory", "32", "--osinfo", "generic", "--noautoconsole"),
        *("--disk", f"path={disk},size=0.05"),
    ]


def separate_journals(work: Path) -> None:
    """Store the journals of runs that have `work` in PYTHONPATH in a separate directory."""
    (work / "sitecustomize.py").write_text(
        "from virtinstall.rollback import journal\n"
        f"journal.journal_folder = lambda environ, uid: {str(work / 'journals')!r}\n"
    )


def check_one_winner(connection: Connection, prefix: str, runs: list[Outcome], disks: list[Path]) -> None:
    """Assert that one run created its guest and disk, and that the other run's disk was removed."""
    output = "\n----\n".join(run.output for run in runs)
    assert sorted(run.status for run in runs) == [0, 1], output
    assert "Traceback" not in output
    winner = [run.status for run in runs].index(0)
    (name,) = [name for name in connection.names() if name.startswith(prefix)]
    assert connection.live_xml(name).xpath("devices/disk/source/@file") == [str(disks[winner])], output
    assert disks[winner].exists() and not disks[1 - winner].exists(), output


def identities(prefix: str, same: str) -> list[tuple[str, str]]:
    """Return (name, UUID) of both runs; `same` selects which of them are equal."""
    names = [prefix, prefix] if same in ("name", "both") else [f"{prefix}-0", f"{prefix}-1"]
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    return [(names[0], first), (names[1], first if same in ("uuid", "both") else second)]


@pytest.mark.parametrize("users", USERS)
@pytest.mark.parametrize("same", SAME)
@pytest.mark.parametrize("how", ["import", "transient", "location"])
def test_one_of_two_creations_succeeds(
    system: Connection, work: Path, tiny_tree: Path, prefix: str, how: str, same: str, users: str
) -> None:
    """virt-install runs with the same name, UUID or both."""
    separate_journals(work)
    method = {
        "import": ["--import"],
        "transient": ["--import", "--transient"],
        "location": ["--location", str(tiny_tree), "--memory", "256", "--extra-args", "console=ttyS0", "--noreboot"],
    }[how]
    for turn in range(PAIRS):
        disks = [work / f"{turn}-{number}.qcow2" for number in (0, 1)]
        both = [
            start_virt_install(
                *args(system, name, guest_uuid, disks[number]), *method, environ=environ_of(users, number, work)
            )
            for number, (name, guest_uuid) in enumerate(identities(prefix, same))
        ]
        check_one_winner(system, prefix, [finish(process) for process in both], disks)
        for name in system.names():
            if name.startswith(prefix):
                system.remove(name)


@pytest.mark.parametrize("users", USERS)
@pytest.mark.parametrize("same", SAME)
def test_one_of_two_clones_succeeds(system: Connection, work: Path, prefix: str, same: str, users: str) -> None:
    """virt-clone runs with the same name, UUID or both."""
    separate_journals(work)
    original = f"{prefix}-original"
    finish(start_virt_install(*args(system, original, str(uuid.uuid4()), work / "o.qcow2"), "--import")).ok()
    system.virsh("destroy", original)
    for turn in range(PAIRS):
        disks = [work / f"{turn}-{number}.qcow2" for number in (0, 1)]
        both = [
            subprocess.Popen(
                clone_command("-o", original, "-n", f"{name}-c", "--uuid", guest_uuid, "--file", disks[number]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=environ_of(users, number, work),
            )
            for number, (name, guest_uuid) in enumerate(identities(prefix, same))
        ]
        runs = [finish(process) for process in both]
        for name in system.names():
            if name.startswith(prefix) and name != original:
                system.virsh("start", name)
        copies = [name for name in system.names() if name.startswith(prefix) and name != original]
        assert len(copies) == 1, [run.output for run in runs]
        assert sorted(run.status for run in runs) == [0, 1]
        winner = [run.status for run in runs].index(0)
        assert system.live_xml(copies[0]).xpath("devices/disk/source/@file") == [str(disks[winner])]
        assert disks[winner].exists() and not disks[1 - winner].exists()
        system.remove(copies[0])


@pytest.mark.parametrize("users", USERS)
def test_one_of_two_reinstallations_succeeds(
    system: Connection, work: Path, tiny_tree: Path, prefix: str, users: str
) -> None:
    """The guest continues to run."""
    separate_journals(work)
    finish(start_virt_install(*args(system, prefix, str(uuid.uuid4()), work / "o.qcow2"), "--import")).ok()
    again = [
        *("--connect", system.option, "--reinstall", prefix, "--location", str(tiny_tree)),
        *("--extra-args", "console=ttyS0", "--noautoconsole", "--osinfo", "generic"),
    ]
    for _ in range(PAIRS):
        system.virsh("destroy", prefix)
        before = system.xml(prefix).findtext("uuid")
        both = [start_virt_install(*again, environ=environ_of(users, number, work)) for number in (0, 1)]
        runs = [finish(process) for process in both]
        assert sorted(run.status for run in runs) == [0, 1], "\n----\n".join(run.output for run in runs)
        assert system.state(prefix) == "running"
        assert system.xml(prefix).findtext("uuid") == before
        assert (work / "o.qcow2").exists()
