"""`virt-guest apply` is killed at any point: the next apply completes it, and nothing else is left.

`VIRTINSTALL_KILLS` sets the number of points, which are spread over all lines that an apply executes.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import virtinstall
from tests.live.killed import run_killed
from tests.live.machine import Connection
from tests.live.test_delete import files
from virtinstall import Disk, Interface
from virtinstall.storage.probe import probe_image
from virtinstall.units import MIB

pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["system"], indirect=True)]
POINTS = int(os.environ.get("VIRTINSTALL_KILLS", "6"))
PARTS = ("/fleet/", "/rollback/", "/storage/", "/libvirt_host/", "/run/", "/virtinstall/create.py", "/attach.py")
JOURNALS = Path("/var/lib/virtinstall")


def guests_file(uri: str, name: str, work: Path, *, larger: bool) -> str:
    """Return a guests file with two guests; `larger` adds memory, disk space, disks and interfaces."""
    disks = f"{{path: '{work}/{{name}}.qcow2', size: {'0.2' if larger else '0.1'}}}"
    disks += f", {{path: '{work}/{{name}}-more.qcow2', size: 0.1}}" if larger else ""
    more = "network: [user, user], autostart: true" if larger else "network: user"
    return (
        f"version: 1\nproject: {name}\nconnect: {uri}\nguests:\n  {name}: {{count: 2, memory: {{memory: 64, "
        f"currentMemory: {64 if larger else 48}}}, virt-type: qemu, osinfo: linux2022, import: true, graphics: none, "
        f"{more}, disk: [{disks}]}}\n"
    )


def virt_guest(*words: str | Path) -> tuple[int, str]:
    """Run virt-guest; return its exit status and output."""
    command = [sys.executable, "-c", "from virtinstall.cli.main import guest_main as m; raise SystemExit(m())", *words]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 5), (words, done.stdout, done.stderr)
    return done.returncode, done.stdout + done.stderr


def test_killed_apply_is_completed_by_the_next_one(connection: Connection, work: Path, guest_name: str) -> None:
    """Half of the points are in the creation of guests, half in a change of running guests."""
    path = work / "guests.yaml"
    disks = work / "disks"
    disks.mkdir()
    names = [f"{guest_name}-1", f"{guest_name}-2"]
    before = files(disks, JOURNALS)
    chance = random.Random(1)
    lines = {False: 0, True: 0}
    points = [(False, 0), (True, 0), *((number % 2 == 1, number) for number in range(POINTS))]
    try:
        for place, (larger, number) in enumerate(points):
            measuring = place < len(lines)
            path.write_text(guests_file(connection.option, guest_name, disks, larger=False))
            if larger:
                virt_guest("apply", "-f", path, "--yes", "-j", "1")
                path.write_text(guests_file(connection.option, guest_name, disks, larger=True))
            last = 0 if measuring else 1 + number * lines[larger] // POINTS
            delay = chance.uniform(0.0005, 0.05) if number % 3 == 2 else 0
            words = ("apply", "-f", path, "--yes", "-j", "1")
            done = run_killed(words, line=last, delay=delay, function="apply_all", parts=PARTS)
            where = f"{'change' if larger else 'creation'} killed at line {last} of {lines[larger]}, after {delay} s"
            if measuring:
                assert done.returncode == 0, done.stderr
                lines[larger] = int(done.stdout.split()[-1])
            else:
                assert done.returncode in (-signal.SIGKILL, -signal.SIGALRM, *((0,) if delay else ())), done.stderr
            virt_guest("apply", "-f", path, "--yes", "-j", "1")
            assert virt_guest("diff", "-f", path)[0] == 0, where
            check_guests(connection, names, disks, larger=larger, where=where)
            _, printed = virt_guest("delete", "-f", path, "--yes", "--force")
            assert files(disks, JOURNALS) == before, f"{where}: {printed}"
            assert not set(names) & set(connection.names()), where
    finally:
        for name in names:
            connection.remove(name)


def check_guests(connection: Connection, names: list[str], disks: Path, *, larger: bool, where: str) -> None:
    """Assert that both guests run with the disks of the file, and that no other images exist."""
    expected = set()
    with virtinstall.connect(connection.option) as hypervisor:
        for name in names:
            guest = hypervisor.guest(name)
            assert guest.state.is_active, where
            wanted = [f"{disks}/{name}.qcow2", *([f"{disks}/{name}-more.qcow2"] if larger else [])]
            assert [disk.source_file for disk in guest.domain.devices_of(Disk)] == wanted, where
            live = virtinstall.Domain.parse(guest.xml)
            assert [disk.source_file for disk in live.devices_of(Disk)] == wanted, where
            for present in (live, guest.domain):
                assert len(present.devices_of(Interface)) == (2 if larger else 1), where
            assert guest.handle.is_autostarted() == larger, where
            expected |= {Path(path).name for path in wanted}
            size = guest.handle.disk_capacity("vda")
            assert size == pytest.approx((0.2 if larger else 0.1) * 1024 * MIB, abs=MIB), where
            assert probe_image(wanted[0], "qcow2").format == "qcow2"
    assert {each.name for each in disks.iterdir()} == expected, where
