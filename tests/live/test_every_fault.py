"""Each libvirt call and each system call that changes something fails or ends the run: only reported things are left.

VIRTINSTALL_FAULTS limits the number of calls of each kind (default: all for errors, some for signals).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.machine import Connection, finish, listing, start_virt_install
from virtinstall.rollback.claim_mark import CLAIM_TITLE

pytestmark = pytest.mark.live
SIGNALS_AT = 6
"""At how many of the points a signal comes."""
_FOLDERS = ("/var/lib/libvirt/boot", "/var/lib/libvirt/qemu/nvram", "/var/lib/virtinstall")


class Bench:
    """Runs with faults: each has a separate guest name and a separate directory below `work`."""

    def __init__(self, connection: Connection, work: Path, tree: Path, stem: str) -> None:
        self.connection = connection
        self.stem = stem
        self._work = work
        self._tree = tree

    def job(self, what: str, at: int) -> dict[str, Any]:
        """Return a job for a run with this fault at this call."""
        name = f"{self.stem}-{what.lower()}-{at}"
        folder = self._work / name
        folder.mkdir()
        return {
            "id": name,
            "words": self.args(name),
            "what": what,
            "at": at,
            "output": str(self._work / f"{name}.log"),
        }

    def args(self, name: str) -> list[str]:
        """Return the options of an installation without waiting, with a disk, boot files, a seed and a UUID."""
        return [
            *("--connect", self.connection.option, "--virt-type", "qemu", "--network", "none", "--graphics", "none"),
            *("--name", name, "--memory", "64", "--osinfo", "fedora36", "--location", str(self._tree)),
            *("--disk", f"path={self.disk(name)},size=0.05", "--uuid", str(uuid.uuid5(uuid.NAMESPACE_OID, name))),
            *("--extra-args", "console=ttyS0", "--noautoconsole", "--cloud-init", "hostname=faulty"),
        ]

    def disk(self, name: str) -> Path:
        """Return the path of a run's disk."""
        return self._work / name / "new.qcow2"

    def output(self, name: str) -> str:
        """Return the output of a run."""
        return (self._work / f"{name}.log").read_text(errors="replace")

    def calls(self, name: str) -> list[str]:
        """Return the names of the calls of a run."""
        found: list[str] = json.loads((self._work / f"{name}.log.calls").read_text())
        return found

    def run(self, jobs: list[dict[str, Any]]) -> dict[str, int]:
        """Run the jobs, some of them in parallel; return the exit status of each."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.live.fault_server"],
            input="".join(json.dumps(job) + "\n" for job in jobs),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return {result["id"]: result["status"] for result in map(json.loads, done.stdout.splitlines())}


@pytest.fixture
def bench(system: Connection, work: Path, tiny_tree: Path) -> Iterator[Bench]:
    """Runs with faults, whose guests are removed after the test."""
    work.chmod(0o755)
    stem = f"vitest-{uuid.uuid4().hex[:8]}"
    yield Bench(system, work, tiny_tree, stem)
    for name in system.names():
        if name.startswith(stem):
            system.remove(name)


def files() -> frozenset[str]:
    """Return the files that runs may leave outside of their directories."""
    return frozenset(name for name in listing(*map(Path, _FOLDERS)) if not Path(name).is_dir())


def test_fault_at_any_call_leaves_only_reported_things(bench: Bench) -> None:
    """After SIGKILL, the same command succeeds or reports the guest."""
    before = files()
    whole = bench.job("error", 0)
    assert bench.run([whole]) == {whole["id"]: 0}, bench.output(whole["id"])
    count = len(bench.calls(whole["id"]))
    limit = int(os.environ.get("VIRTINSTALL_FAULTS", count))
    jobs = [bench.job("error", at) for at in spread(count, limit)]
    for what in ("SIGTERM", "SIGKILL"):
        jobs += [bench.job(what, at) for at in spread(count, min(limit, SIGNALS_AT))]
    statuses = bench.run(jobs)
    assert len(statuses) == len(jobs)

    present = bench.connection.names()
    for job in jobs:
        name, output = job["id"], bench.output(job["id"])
        context = f"{name} ({statuses[name]}):\n{output}"
        assert "Traceback" not in output, context
        if job["what"] == "SIGKILL":
            check_after_kill(bench, name)
        elif name in present:
            assert bench.disk(name).exists(), context
            assert statuses[name] == 0 or name in output, context
        else:
            assert statuses[name] != 0, context
            assert not bench.disk(name).exists() or str(bench.disk(name)) in output, context
    left = files() - before
    known = "".join(bench.output(job["id"]) for job in jobs)
    assert {path for path in left if path not in known and not path.endswith(".json")} == set()
    print(f"{count} calls, {len(jobs)} runs")


def check_after_kill(bench: Bench, name: str) -> None:
    """Assert that the same command succeeds after SIGKILL or reports the guest, whose disk exists."""
    if name in bench.connection.names() and bench.connection.xml(name).findtext("title") != CLAIM_TITLE:
        assert bench.disk(name).exists()
        assert name in finish(start_virt_install(*bench.args(name))).output
        return
    again = finish(start_virt_install(*bench.args(name)))
    assert again.status == 0, again.output
    assert bench.disk(name).exists()


def spread(count: int, limit: int) -> list[int]:
    """Return up to `limit` numbers from 1 to `count`, evenly spread, including both ends."""
    limit = min(limit, count)
    return sorted({1 + round(step * (count - 1) / max(1, limit - 1)) for step in range(limit)})
