"""Many concurrent runs on one host and one pool: generated names differ, and no run fails because of another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.machine import Connection, finish, listing, start_virt_install
from tests.live.second_daemon import Daemon, second_daemon

pytestmark = pytest.mark.live

AT_ONCE = 16
ROUNDS = int(os.environ.get("VIRTINSTALL_ROUNDS", "1"))


@pytest.fixture(scope="module")
def daemon(qemu: None) -> Iterator[Daemon]:
    """A second libvirtd, used like a local one, with guests of this test only."""
    with second_daemon() as found:
        found.pool("vitest")
        yield found


def definitions(connection: Connection) -> dict[str, tuple[str, str]]:
    """Return MAC address and disk of each guest, by name."""
    found = {}
    for name in connection.names():
        xml = connection.xml(name)
        mac, source = xml.find("devices/interface/mac"), xml.find("devices/disk/source")
        assert mac is not None and source is not None
        found[name] = (mac.get("address", ""), source.get("file", ""))
    return found


def test_sixteen_concurrent_runs_generate_different_names(daemon: Daemon) -> None:
    """Names, volumes and MAC addresses are generated; nothing else is left."""
    connection = Connection(daemon.local_uri, daemon.local_uri)
    pools = connection.virsh("pool-list", "--all")
    for number in range(ROUNDS):
        runs = [
            start_virt_install(
                *("--connect", daemon.local_uri, "--virt-type", "qemu", "--memory", "32", "--osinfo", "fedora36"),
                *(
                    "--disk",
                    "pool=vitest,size=0.01",
                    "--network",
                    "user",
                    "--graphics",
                    "none",
                    "--import",
                    "--noautoconsole",
                ),
            )
            for _ in range(AT_ONCE)
        ]
        for run in [finish(process) for process in runs]:
            run.ok()

        guests = definitions(connection)
        assert len(guests) == AT_ONCE, f"round {number}"
        assert len({mac for mac, _ in guests.values()}) == AT_ONCE
        disks = {path for _, path in guests.values()}
        assert len(disks) == AT_ONCE
        files = listing(daemon.root / "pools" / "vitest")
        assert {Path(path).name for path in files} == {Path(path).name for path in disks}
        daemon.remove_guests()
        for path in files:
            Path(path).unlink()
        connection.virsh("pool-refresh", "vitest")
    assert connection.virsh("pool-list", "--all") == pools


def test_one_of_several_runs_with_a_name_succeeds(daemon: Daemon) -> None:
    """The other runs report an error and leave nothing."""
    args = ("--connect", daemon.local_uri, "--virt-type", "qemu", "--memory", "32", "--osinfo", "fedora36")
    runs = [
        start_virt_install(
            *(*args, "--name", "vitest-one", "--disk", "pool=vitest,size=0.01", "--network", "none"),
            *("--graphics", "none", "--import", "--noautoconsole"),
        )
        for _ in range(4)
    ]
    ended = [finish(process) for process in runs]

    assert sorted(run.status for run in ended) == [0, 1, 1, 1], [run.output for run in ended]
    assert all("'vitest-one'" in run.output for run in ended if run.status)
    assert len(listing(daemon.root / "pools" / "vitest")) == 1
