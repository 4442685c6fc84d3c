"""Disks that virtinstall does not create: block devices, and servers that QEMU connects to."""

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
    """Block devices belong to the system's libvirtd."""
    return system


@pytest.fixture
def image(work: Path) -> Path:
    """32 MiB of zeros that QEMU's user may write."""
    path = work / "disk.img"
    path.write_bytes(b"")
    path.chmod(0o666)
    with path.open("r+b") as file:
        file.truncate(32 << 20)
    return path


@pytest.fixture
def loop_device(image: Path) -> Iterator[Path]:
    """The image as a block device."""
    created = subprocess.run(["losetup", "--find", "--show", image], capture_output=True, text=True, check=False)
    if created.returncode != 0:
        pytest.skip(f"NOT RUN: this machine has no loop devices: {created.stderr.strip()}")
    device = Path(created.stdout.strip())
    yield device
    subprocess.run(["losetup", "--detach", device], check=True)


@pytest.fixture
def nbd_socket(image: Path, work: Path) -> Iterator[Path]:
    """The image that an NBD server exports on a socket."""
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
    """An installation that writes its mark to the first bytes of `disk`."""
    virt_install(
        *("--name", name, "--memory", "256", "--vcpus", "1", "--osinfo", "fedora36", "--network", "none"),
        *("--graphics", "none", "--noautoconsole", "--wait", "4", "--noreboot"),
        *("--disk", disk, "--location", tree, "--extra-args", "console=ttyS0 tiny.mark"),
    ).ok()


def test_block_device(
    connection: Connection,
    virt_install: Callable[..., Outcome],
    tiny_tree: Path,
    loop_device: Path,
    image: Path,
    guest_name: str,
) -> None:
    """A device is used as it is: raw, past the host's cache, and it is still there afterwards."""
    write_mark(virt_install, guest_name, tiny_tree, f"{loop_device},bus=virtio")

    disk = connection.xml(guest_name).find("devices/disk")
    assert disk is not None and disk.get("type") == "block"
    driver = disk.find("driver")
    assert driver is not None
    assert (driver.get("type"), driver.get("cache"), driver.get("io")) == ("raw", "none", "native")
    assert image.read_bytes()[:14] == b"TINY-INSTALLED"
    assert loop_device.is_block_device()


def test_nbd_export(
    connection: Connection,
    virt_install: Callable[..., Outcome],
    tiny_tree: Path,
    nbd_socket: Path,
    image: Path,
    guest_name: str,
) -> None:
    """An export on a socket, by NBD's own form of a URL, is written to."""
    write_mark(virt_install, guest_name, tiny_tree, f"nbd+unix:///export?socket={nbd_socket},bus=virtio")

    source = connection.xml(guest_name).find("devices/disk/source")
    assert source is not None and source.get("name") == "export"
    assert image.read_bytes()[:14] == b"TINY-INSTALLED"
