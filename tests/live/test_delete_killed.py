"""`virt-guest delete` is killed at any point, and then repeated: nothing of the guest is left.

`VIRTINSTALL_KILLS` sets the number of points, which are spread over all lines that a deletion executes.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import virtinstall
from tests.live.killed import run_killed
from tests.live.machine import Connection
from tests.live.test_delete import files, virt_guest
from virtinstall import parse_request

pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["system"], indirect=True)]
POINTS = int(os.environ.get("VIRTINSTALL_KILLS", "12"))
PARTS = ("/virtinstall/lifecycle/", "/virtinstall/rollback/", "/virtinstall/storage/", "/virtinstall/libvirt_host/")
NETWORK = """<network><name>vitest-kill</name><bridge name='vitest-kill'/>
<ip address='192.168.198.1' prefix='24'><dhcp><range start='192.168.198.100' end='192.168.198.200'/></dhcp></ip>
</network>"""
MAC, ADDRESS = "52:54:00:00:98:10", "192.168.198.10"
STATE = ("/var/lib/libvirt/qemu/nvram", "/var/lib/libvirt/qemu/save", "/var/lib/libvirt/swtpm")
KNOWN_HOSTS, DELETIONS = Path("/var/lib/virtinstall/known_hosts"), Path("/var/lib/virtinstall/deletions")


@pytest.fixture
def network(connection: Connection, work: Path) -> Iterator[str]:
    """A virtual network with a DHCP server."""
    xml = work / "network.xml"
    xml.write_text(NETWORK)
    connection.virsh("net-define", str(xml))
    xml.unlink()
    try:
        connection.virsh("net-start", "vitest-kill")
        yield "vitest-kill"
    finally:
        for command in ("net-destroy", "net-undefine"):
            subprocess.run(["virsh", "-q", "-c", connection.uri, command, "vitest-kill"], check=False)


def create(name: str, work: Path, network: str, uri: str) -> str:
    """Create a running guest with everything that a deletion removes; return its UUID."""
    words = ["--connect", uri, "--virt-type", "qemu", "--name", name, "--memory", "64", "--osinfo", "generic"]
    words += ["--import", "--disk", f"{work}/a.qcow2,size=1", "--disk", f"pool={network},size=1", "--boot", "uefi"]
    words += ["--network", f"network={network},mac={MAC},ip={ADDRESS}", "--tpm", "emulator", "--graphics", "none"]
    words += ["--cloud-init", "hostname=killed,keep=on", "--noautoconsole"]
    with virtinstall.connect(uri) as hypervisor:
        guest = hypervisor.create(parse_request(words))
        assert guest.record is not None
        assert [each.address for each in guest.record.reservations] == [ADDRESS]
        return guest.uuid


def test_killed_deletion_is_completed_by_the_same_command(
    connection: Connection, work: Path, network: str, guest_name: str
) -> None:
    """Only the user's file is left; the guest was running and had an external snapshot."""
    pool = work / "pool"
    pool.mkdir()
    connection.virsh("pool-create-as", network, "dir", "--target", str(pool))
    (work / "mine").write_text("keep")
    before = files(work, *map(Path, STATE))
    command = ["delete", "--connect", connection.option, guest_name, "--yes", "--force"]
    lines, points = 0, [0]
    chance = random.Random(1)
    try:
        for number, last in enumerate(points):
            uuid = create(guest_name, work, network, connection.uri)
            connection.virsh("snapshot-create-as", guest_name, "one", "--disk-only")
            KNOWN_HOSTS.mkdir(parents=True, exist_ok=True)
            (KNOWN_HOSTS / uuid).write_text("key")
            delay = chance.uniform(0.0005, 0.05) if number % 3 == 2 else 0
            done = run_killed(command, line=last, delay=delay, function="delete", parts=PARTS)
            if last == 0:
                assert done.returncode == 0, done.stderr
                lines = int(done.stdout.split()[-1])
                points += [1 + each * lines // POINTS for each in range(POINTS)]
            elif done.returncode == 0:
                assert delay, "the last points may be after the end"
            else:
                assert done.returncode in (-signal.SIGKILL, -signal.SIGALRM), done.stderr
            virt_guest(connection, "delete", guest_name, "--yes", "--force")
            where = f"killed at line {last} of {lines}, after {delay} s"
            assert files(work, *map(Path, STATE)) == before, where
            assert guest_name not in connection.names(), where
            assert MAC not in connection.virsh("net-dumpxml", network), where
            assert MAC not in connection.virsh("net-dumpxml", "--inactive", network), where
            assert connection.virsh("vol-list", network).split() == [], where
            assert list(DELETIONS.iterdir()) == [], where
            assert not (KNOWN_HOSTS / uuid).exists(), where
            assert subprocess.run(["pgrep", "-f", f"guest={guest_name}"], check=False).returncode == 1, where
    finally:
        connection.virsh("pool-destroy", network)
