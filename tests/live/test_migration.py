"""A default guest migrates live from one libvirtd to another."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.machine import Connection, finish, start_virt_install
from tests.live.second_daemon import Daemon, second_daemon
from virtinstall.guest_record import NAMESPACE

pytestmark = pytest.mark.live

NAME = "vitest-migrates"


@pytest.fixture(scope="module")
def there() -> Iterator[Daemon]:
    """Another host."""
    with second_daemon() as daemon:
        yield daemon


@pytest.fixture(autouse=True)
def unchanged_hosts(system: Connection, there: Daemon) -> Iterator[None]:
    """Assert that the guest is on neither host before and after a test."""
    system.remove(NAME)
    yield
    system.remove(NAME)
    there.remove_guests()


def free_port() -> int:
    """Return an unused port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def migrate(system: Connection, there: Daemon) -> None:
    """Migrate the running guest to the other daemon."""
    system.virsh(
        # both daemons can access the disk, but libvirt cannot know that a local file system is shared
        *("migrate", "--live", "--unsafe", "--persistent", "--undefinesource", NAME),
        *(there.local_uri, "--migrateuri", f"tcp://127.0.0.1:{free_port()}", "--listen-address", "127.0.0.1"),
    )


def metadata(connection: Connection, *words: str) -> str:
    """Return the record of what was created for the guest."""
    return "".join(connection.virsh("metadata", NAME, NAMESPACE, *words).split())


@pytest.mark.parametrize("system_name", ["debian11", "win11"])
def test_default_guest_migrates(system: Connection, there: Daemon, work: Path, system_name: str) -> None:
    """Afterwards it runs on the other host only, with the same devices."""
    if system_name == "win11" and shutil.which("swtpm") is None:
        pytest.skip("NOT RUN: swtpm is missing (Debian: swtpm, swtpm-tools)")
    finish(
        start_virt_install(
            *("--connect", system.option, "--virt-type", "qemu", "--name", NAME, "--osinfo", system_name),
            *("--memory", "256", "--network", "user", "--noautoconsole", "--check", "migration=on"),
            *("--import", "--disk", f"path={work}/disk.qcow2,size=1"),
        )
    ).ok()
    devices = [device.tag for device in system.live_xml(NAME).iterfind("devices/*")]
    record = metadata(system)
    assert f"{work}/disk.qcow2" in record
    migrate(system, there)
    assert there.connection.state(NAME) == "running"
    assert [device.tag for device in there.connection.live_xml(NAME).iterfind("devices/*")] == devices
    assert NAME not in system.names()
    assert metadata(there.connection) == record
    assert metadata(there.connection, "--config") == record
