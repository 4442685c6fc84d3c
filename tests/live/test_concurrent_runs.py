"""Two runs at the same time that want the same name or UUID: one guest, and the loser touches nothing of the winner's.

VIRTINSTALL_PAIRS sets how many pairs of each kind are run (manual runs: 20).
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
"""Whether both runs keep their journals in one folder, like runs of one user, or in separate folders."""


@pytest.fixture
def stem(system: Connection) -> Iterator[str]:
    """A name that no guest has; guests whose names begin with it are removed."""
    stem = f"vitest-{uuid.uuid4().hex[:8]}"
    yield stem
    for name in system.names():
        if name.startswith(stem):
            system.remove(name)


def environ_of(users: str, number: int, work: Path) -> dict[str, str]:
    """The environment of a run: a run of another user cannot see the first one's journals."""
    if users == "one" or number == 0:
        return dict(os.environ)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(work), os.environ.get("PYTHONPATH")]))}


def args(connection: Connection, name: str, guest_uuid: str, disk: Path) -> list[str]:
    """The options of a guest with an image that it creates."""
    return [
        *("--connect", connection.option, "--virt-type", "qemu", "--network", "none", "--graphics", "none"),
        *("--name", name, "--uuid", guest_uuid, "--memory", "32", "--osinfo", "generic", "--noautoconsole"),
        *("--disk", f"path={disk},size=0.05"),
    ]


def as_another_user(work: Path) -> None:
    """Have runs that find `work` on their path keep their journals there."""
    (work / "sitecustomize.py").write_text(
        "from virtinstall.rollback import journal\n"
        f"journal.journal_folder = lambda environ, uid: {str(work / 'journals')!r}\n"
    )


def settle(connection: Connection, stem: str, runs: list[Outcome], disks: list[Path]) -> None:
    """One run succeeded, its guest is there with its disk, and the other run's disk is gone."""
    output = "\n----\n".join(run.output for run in runs)
    assert sorted(run.status for run in runs) == [0, 1], output
    assert "Traceback" not in output
    winner = [run.status for run in runs].index(0)
    (name,) = [name for name in connection.names() if name.startswith(stem)]
    assert connection.live_xml(name).xpath("devices/disk/source/@file") == [str(disks[winner])], output
    assert disks[winner].exists() and not disks[1 - winner].exists(), output


def identities(stem: str, same: str) -> list[tuple[str, str]]:
    """(name, UUID) of both runs; `same` selects which of them are equal."""
    names = [stem, stem] if same in ("name", "both") else [f"{stem}-0", f"{stem}-1"]
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    return [(names[0], first), (names[1], first if same in ("uuid", "both") else second)]


@pytest.mark.parametrize("users", USERS)
@pytest.mark.parametrize("same", SAME)
@pytest.mark.parametrize("how", ["import", "transient", "location"])
def test_two_creations(
    system: Connection, work: Path, tiny_tree: Path, stem: str, how: str, same: str, users: str
) -> None:
    """virt-install with the same name, UUID or both."""
    as_another_user(work)
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
            for number, (name, guest_uuid) in enumerate(identities(stem, same))
        ]
        settle(system, stem, [finish(process) for process in both], disks)
        for name in system.names():
            if name.startswith(stem):
                system.remove(name)


@pytest.mark.parametrize("users", USERS)
@pytest.mark.parametrize("same", SAME)
def test_two_clones(system: Connection, work: Path, stem: str, same: str, users: str) -> None:
    """virt-clone with the same name, UUID or both."""
    as_another_user(work)
    original = f"{stem}-original"
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
            for number, (name, guest_uuid) in enumerate(identities(stem, same))
        ]
        runs = [finish(process) for process in both]
        for name in system.names():
            if name.startswith(stem) and name != original:
                system.virsh("start", name)
        copies = [name for name in system.names() if name.startswith(stem) and name != original]
        assert len(copies) == 1, [run.output for run in runs]
        assert sorted(run.status for run in runs) == [0, 1]
        winner = [run.status for run in runs].index(0)
        assert system.live_xml(copies[0]).xpath("devices/disk/source/@file") == [str(disks[winner])]
        assert disks[winner].exists() and not disks[1 - winner].exists()
        system.remove(copies[0])


@pytest.mark.parametrize("users", USERS)
def test_two_reinstallations(system: Connection, work: Path, tiny_tree: Path, stem: str, users: str) -> None:
    """The same guest is installed again twice: one does it, the other fails, and the guest runs on."""
    as_another_user(work)
    finish(start_virt_install(*args(system, stem, str(uuid.uuid4()), work / "o.qcow2"), "--import")).ok()
    again = [
        *("--connect", system.option, "--reinstall", stem, "--location", str(tiny_tree)),
        *("--extra-args", "console=ttyS0", "--noautoconsole", "--osinfo", "generic"),
    ]
    for _ in range(PAIRS):
        system.virsh("destroy", stem)
        before = system.xml(stem).findtext("uuid")
        both = [start_virt_install(*again, environ=environ_of(users, number, work)) for number in (0, 1)]
        runs = [finish(process) for process in both]
        assert sorted(run.status for run in runs) == [0, 1], "\n----\n".join(run.output for run in runs)
        assert system.state(stem) == "running"
        assert system.xml(stem).findtext("uuid") == before
        assert (work / "o.qcow2").exists()
