"""Ansible's modules of community.libvirt run `virt-install`: ours works with them, on one host and on three."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.stage import commands
from tests.live.cloud_guest import cloud_image
from tests.live.machine import Connection
from tests.live.second_daemon import second_daemon
from tests.servers import WebServer

pytestmark = pytest.mark.live
__all__ = ["cloud_image"]
PLAYBOOK = Path(__file__).with_name("ansible.yml")
CLOUD_PLAYBOOK = Path(__file__).with_name("ansible_cloud.yml")


@pytest.fixture
def guest(system: Connection) -> Iterator[str]:
    """A name for the guest of the playbook."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    yield name
    system.remove(name)


@pytest.fixture
def network(system: Connection, work: Path) -> Iterator[str]:
    """A transient network without addresses, because the module requires a network."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    xml = work / "network.xml"
    xml.write_text(f"<network><name>{name}</name><bridge name='vt{name[-8:]}'/></network>")
    system.virsh("net-create", str(xml))
    yield name
    system.virsh("net-destroy", name)


@pytest.fixture
def pool_folder(system: Connection, work: Path) -> Iterator[Path]:
    """The directory of a transient pool."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    folder = work / "pool"
    folder.mkdir()
    system.virsh("pool-create-as", name, "dir", "--target", str(folder))
    yield folder
    system.virsh("pool-destroy", name)


def play(playbook: Path, hosts: dict[str, dict[str, str]], work: Path, timeout: float) -> None:
    """Run a playbook on hosts with these variables; all of them are on this machine."""
    cache = Path(os.environ.get("VIRTINSTALL_CACHE", "/var/cache/virtinstall"))
    program = shutil.which("ansible-playbook", path=f"{cache}/ansible/bin:{os.environ['PATH']}")
    if program is None:
        pytest.skip("NOT RUN: there is no ansible-playbook (scripts/test installs PyPI's ansible)")
    inventory = work / "inventory.json"
    shared = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory.write_text(json.dumps({"all": {"vars": shared, "hosts": hosts}}))
    played = subprocess.run(
        [program, "-i", str(inventory), "-f", str(len(hosts)), str(playbook)],
        env={
            **os.environ,
            "PATH": f"{commands(work / 'bin')}:{os.environ['PATH']}",
            "HOME": str(work),
            "ANSIBLE_COLLECTIONS_PATH": f"{cache}/ansible/collections",
        },
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert played.returncode == 0, played.stdout + played.stderr


def test_playbook_creates_and_removes_a_guest(
    system: Connection, work: Path, guest: str, network: str, pool_folder: Path, tree_server: WebServer
) -> None:
    """A playbook runs in check mode, creates a guest, finds it unchanged, creates it again, and removes it.

    Then it waits for the end of an installation.
    """
    values = {"guest": guest, "folder": str(pool_folder), "uri": system.uri, "network": network}
    play(PLAYBOOK, {"host": {**values, "tree": tree_server.url}}, work, 400)


def test_playbook_runs_on_three_hosts_in_parallel(work: Path) -> None:
    """Each host has a separate libvirtd, pool and network."""
    with ExitStack() as stack:
        daemons = [stack.enter_context(second_daemon()) for _ in range(3)]
        hosts = {}
        for number, daemon in enumerate(daemons):
            xml = work / f"network-{number}.xml"
            xml.write_text(f"<network><name>lab</name><bridge name='vian{number}'/></network>")
            daemon.connection.virsh("net-create", str(xml))
            stack.callback(daemon.connection.virsh, "net-destroy", "lab")
            folder = str(daemon.pool("lab"))
            hosts[f"host{number}"] = {"guest": "web", "folder": folder, "uri": daemon.local_uri, "network": "lab"}
        play(PLAYBOOK, hosts, work, 400)
        assert not any(daemon.connection.names() for daemon in daemons)


@pytest.mark.skipif("VIRTINSTALL_LAB" not in os.environ, reason="takes five minutes: set VIRTINSTALL_LAB to run it")
def test_virt_cloud_instance_waits_for_the_reboot(
    system: Connection, work: Path, guest: str, network: str, pool_folder: Path, cloud_image: Path
) -> None:
    """The module appends a reboot to the user data and waits until the guest has rebooted."""
    values = {"guest": guest, "folder": str(pool_folder), "uri": system.uri, "network": network}
    play(CLOUD_PLAYBOOK, {"host": {**values, "image": str(cloud_image)}}, work, 900)
