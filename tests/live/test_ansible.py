"""community.libvirt's module virt_install runs a bare `virt-install`: ours serves it unchanged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.stage import commands
from tests.live.machine import Connection

pytestmark = pytest.mark.live
PLAYBOOK = Path(__file__).with_name("ansible.yml")


@pytest.fixture
def guest(system: Connection) -> Iterator[str]:
    """A name for the guest of the playbook."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    yield name
    system.remove(name)


@pytest.fixture
def network(system: Connection, work: Path) -> Iterator[str]:
    """A transient network without addresses: the module has no word for none."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    xml = work / "network.xml"
    xml.write_text(f"<network><name>{name}</name><bridge name='vt{name[-8:]}'/></network>")
    system.virsh("net-create", str(xml))
    yield name
    system.virsh("net-destroy", name)


@pytest.fixture
def pool_folder(system: Connection, work: Path) -> Iterator[Path]:
    """The folder of a transient pool."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    folder = work / "pool"
    folder.mkdir()
    system.virsh("pool-create-as", name, "dir", "--target", str(folder))
    yield folder
    system.virsh("pool-destroy", name)


def test_playbook(system: Connection, work: Path, guest: str, network: str, pool_folder: Path) -> None:
    """A playbook runs in check mode, creates a guest, finds it unchanged, creates it again, and removes it."""
    cache = Path(os.environ.get("VIRTINSTALL_CACHE", "/var/cache/virtinstall"))
    program = shutil.which("ansible-playbook", path=f"{cache}/ansible/bin:{os.environ['PATH']}")
    if program is None:
        pytest.skip("NOT RUN: there is no ansible-playbook (scripts/test installs PyPI's ansible)")
    given = {
        "guest": guest,
        "folder": pool_folder,
        "uri": system.uri,
        "network": network,
        "ansible_python_interpreter": sys.executable,
    }
    played = subprocess.run(
        [program, "-i", "localhost,", "-c", "local", str(PLAYBOOK)]
        + [word for name, value in given.items() for word in ("--extra-vars", f"{name}={value}")],
        env={**os.environ, "PATH": f"{commands(work / 'bin')}:{os.environ['PATH']}", "HOME": str(work)},
        capture_output=True,
        text=True,
        timeout=180,
    )

    assert played.returncode == 0, played.stdout + played.stderr
