"""Fixtures for guests of the repository's cloud image: the image, and an isolated network."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.machine import Connection, cache_of

ADDRESS, GATEWAY = "192.168.199.50", "192.168.199.1"
NETWORK = f"""<network><name>vitest-cloud</name><forward mode='open'/><bridge name='vitest-cloud'/>
<ip address='{GATEWAY}' prefix='24'/></network>"""


@pytest.fixture(scope="session")
def cloud_image(qemu: None) -> Path:
    """The image that scripts/cloud-image builds."""
    return cache_of("cloud-image", 600) / "cloud.qcow2"


@pytest.fixture
def network(connection: Connection, work: Path) -> Iterator[str]:
    """An isolated network of this host and its guests."""
    with isolated_network(connection, work, "vitest-cloud", NETWORK) as name:
        yield name


@contextmanager
def isolated_network(connection: Connection, work: Path, name: str, definition: str) -> Iterator[str]:
    """Create the transient network `name` for the block; skip the test if libvirt cannot create a bridge here."""
    xml = work / "network.xml"
    xml.write_text(definition)
    try:
        connection.virsh("net-create", str(xml))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"NOT RUN: libvirt cannot make a bridge here: {error.stderr.strip()}")
    yield name
    connection.virsh("net-destroy", name)
