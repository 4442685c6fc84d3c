"""Disks that virtinstall does not create: block devices, and NBD servers."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome

pytestmark = pytest.mark.live


@pytest.fixture
def connection(system: Connection) -> Connection:
    """The system's libvirtd, because the user of the embedded driver has no access to block devices."""
    return system


@pytest.fixture
def image(work: Path) -> Path:
    """A file of 32 MiB of zeros that QEMU's user can write."""
    path = work / "disk.img"
    path.write_bytes(b"")
    path.chmod(0o666)
    with path.open("r+b") as file:
        file.truncate(32 << 20)
    return path


@pytest.fixture
def loop_device(image: Path) -> Iterator[Path]:
    """A loop device of the image."""
    created = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True, check=False)
    if created.returncode != 0:
        pytest.skip(f"NOT RUN: this machine has no loop devices: {created.stderr.strip()}")
    device = Path(created.stdout.strip())
    yield device
    subprocess.run(["losetup", "--detach", device], check=True)


@pytest.fixture
def nbd_socket(image: Path, work: Path) -> Iterator[Path]:
    """The socket of an NBD server that exports the image."""
    path = work / "nbd.sock"
    server = subprocess.Popen(["qemu-nbd", "-f", "raw", "-k", path, "--persistent", "-x", "export", image])
    try:
        while not path.exists():
            assert server.poll() is None
            time.sleep(0.05)
        path.chmod(0o666)
        yield path
    finally:
        server.terminate()
        server.wait(10)


def write_mark(virt_install: Callable[..., Outcome], name: str, tree: Path, disk: str) -> None:
    """Run an installation that writes a mark to the start of `disk`."""
    virt_install(
        *("--name", name, "--memory", "256", "--vcpus", "1", "--osinfo", "fedora36", "--network", "none"),
        *("--graphics", "none", "--noautoconsole", "--wait", "4", "--noreboot"),
        *("--disk", disk, "--location", tree, "--extra-args", "console=ttyS0 tiny.mark"),
    ).ok()


def test_block_device_is_used_directly(
    connection: Connection,
    virt_install: Callable[..., Outcome],
    tiny_tree: Path,
    loop_device: Path,
    image: Path,
    guest_name: str,
) -> None:
    """The format is raw and the host's page cache is not used; the device still exists afterwards."""
    write_mark(virt_install, guest_name, tiny_tree, f"{loop_device},bus=virtio")

    disk = connection.xml(guest_name).find("devices/disk")
    assert disk is not None and disk.get("type") == "block"
    driver = disk.find("driver")
    assert driver is not None
    assert (driver.get("type"), driver.get("cache"), driver.get("io")) == ("raw", "none", "native")
    assert image.read_bytes()[:14] == b"TINY-INSTALLED"
    assert loop_device.is_block_device()


def test_nbd_export_is_written(
    connection: Connection,
    virt_install: Callable[..., Outcome],
    tiny_tree: Path,
    nbd_socket: Path,
    image: Path,
    guest_name: str,
) -> None:
    """The URL is an nbd+unix URL with the socket as a parameter."""
    write_mark(virt_install, guest_name, tiny_tree, f"nbd+unix:///export?socket={nbd_socket},bus=virtio")

    source = connection.xml(guest_name).find("devices/disk/source")
    assert source is not None and source.get("name") == "export"
    assert image.read_bytes()[:14] == b"TINY-INSTALLED"
