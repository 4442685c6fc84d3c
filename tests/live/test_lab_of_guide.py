"""The lab of docs/guides/lab.md: one database, three web servers, cloud-init, and SSH between them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.cloud_guest import cloud_image
from tests.live.machine import Connection

pytestmark = [
    pytest.mark.live,
    pytest.mark.parametrize("connection", ["system"], indirect=True),
    pytest.mark.skipif("VIRTINSTALL_LAB" not in os.environ, reason="boots four systems: set VIRTINSTALL_LAB to run it"),
]
__all__ = ["cloud_image"]
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "lab.md"
NETWORK = """<network><name>{name}</name><forward mode='open'/><bridge name='vilab'/>
<ip address='192.168.122.1' prefix='24'><dhcp><range start='192.168.122.100' end='192.168.122.200'/></dhcp></ip>
</network>"""


@pytest.fixture
def network(connection: Connection, work: Path) -> Iterator[str]:
    """A network with the addresses of `default`."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    (work / "network.xml").write_text(NETWORK.format(name=name))
    connection.virsh("net-define", str(work / "network.xml"))
    try:
        connection.virsh("net-start", name)
    except subprocess.CalledProcessError as error:
        connection.virsh("net-undefine", name)
        pytest.skip(f"NOT RUN: libvirt cannot create a bridge here: {error.stderr.strip()}")
    yield name
    connection.virsh("net-destroy", name)
    connection.virsh("net-undefine", name)


def file_of_the_guide(connection: Connection, network: str, image: Path, key: Path) -> str:
    """Return the file as printed, with this network, image and key, and with small emulated guests."""
    found = re.search(r"```yaml\n(version: 1\n.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found is not None
    text = str(found[1])
    for old, new in (
        ("image: debian12", f"image: {image}\n  virt-type: qemu\n  cpu: qemu64\n  osinfo: debian11\n  graphics: none"),
        ("project: shop", f"project: shop\nconnect: {connection.option}"),
        ("memory: 1G", "memory: 512"),
        ("memory: 2G", "memory: 768"),
        ("network: default", f"network: {network}"),
        ("id_ed25519.pub", f"{key}.pub"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    return text


def virt_guest(*words: str | Path, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run virt-guest."""
    command = [sys.executable, "-c", "from virtinstall.cli.main import guest_main as m; raise SystemExit(m())", *words]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, env=os.environ, check=False
    )


def test_lab_of_the_guide_works(connection: Connection, network: str, cloud_image: Path, work: Path) -> None:
    """One command creates it, the database server reaches each web server by SSH, and all guests are deleted."""
    key, path, config = work / "key", work / "shop.yaml", work / "lab.ssh"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    path.write_text(file_of_the_guide(connection, network, cloud_image, key))
    try:
        applied = virt_guest("apply", "-f", path, "--yes", "--output", "json", timeout=2400)
        assert applied.returncode == 0, applied.stdout + applied.stderr
        outcomes = json.loads(applied.stdout)["guests"]
        assert [(each["name"], each["status"]) for each in outcomes] == [
            ("db", "done"), ("web-1", "done"), ("web-2", "done"), ("web-3", "done"),
        ]  # fmt: skip
        assert virt_guest("diff", "-f", path).returncode == 0
        printed = virt_guest("inventory", "-f", path, "--format", "ssh-config")
        assert printed.returncode == 0, printed.stderr
        config.write_text(printed.stdout + f"\nHost *\n  IdentityFile {key}\n  BatchMode yes\n")
        for name in ("web-1", "web-2", "web-3"):
            reached = subprocess.run(
                [
                    "ssh",
                    "-F",
                    config,
                    "-J",
                    "db",
                    name,
                    "cloud-init status --wait >/dev/null; hostname; cat /etc/database",
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
            assert (reached.returncode, reached.stdout) == (0, f"{name}\n192.168.122.10\n"), reached.stderr
    finally:
        deleted = virt_guest("delete", "-f", path, "--yes", "--force", timeout=240)
    assert deleted.returncode == 0, deleted.stderr
    assert not {"db", "web-1", "web-2", "web-3"} & set(connection.names())
