"""virt-clone on another host: libvirt copies the volumes, and a failure leaves nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.machine import listing
from tests.live.second_daemon import Daemon, second_daemon
from tests.live.test_virt_clone import MIB, clone_command, fill, qemu_img

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def remote(qemu: None) -> Iterator[Daemon]:
    """Another host with a pool named default."""
    with second_daemon() as daemon:
        daemon.pool("default")
        yield daemon


@pytest.fixture
def folder(remote: Daemon, work: Path) -> Iterator[Path]:
    """The directory of a pool with a base image, an overlay and a raw disk; the guest `vm` has the last two."""
    folder = remote.root / "pools" / "default"
    qemu_img("create", "-q", "-f", "qcow2", folder / "base.qcow2", "64M")
    fill(folder / "base.qcow2")
    qemu_img("create", "-q", "-f", "qcow2", "-b", folder / "base.qcow2", "-F", "qcow2", folder / "vm.qcow2")
    fill(folder / "vm.qcow2", MIB)
    qemu_img("create", "-q", "-f", "raw", folder / "data.img", "64M")
    remote.connection.virsh("pool-refresh", "default")
    definition = work / "vm.xml"
    definition.write_text(
        "<domain type='qemu'><name>vm</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
        "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
        f"<source file='{folder}/vm.qcow2'/><target dev='vda'/></disk>"
        "<disk type='volume' device='disk'><source pool='default' volume='data.img'/><target dev='vdb'/></disk>"
        "</devices></domain>"
    )
    remote.connection.virsh("define", str(definition))
    yield folder
    remote.remove_guests()
    for path in folder.iterdir():
        path.unlink()


def virt_clone(remote: Daemon, *args: str) -> subprocess.CompletedProcess[str]:
    """Run virt-clone on the other host to its end."""
    command = clone_command("--original", "vm", *args, uri=remote.connection.uri)
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_volumes_are_copied_on_the_remote_host(remote: Daemon, folder: Path) -> None:
    """The overlay is still an overlay, the data is equal, holes are preserved, and the clone starts."""
    done = virt_clone(remote, "--auto-clone")

    assert done.returncode == 0, done.stderr
    for form, source, copy in (("qcow2", "vm.qcow2", "vm-clone.qcow2"), ("raw", "data.img", "data-clone.img")):
        assert "identical" in qemu_img("compare", "-f", form, "-F", form, folder / source, folder / copy)
    assert f"backing file: {folder / 'base.qcow2'}" in qemu_img("info", "-U", folder / "vm-clone.qcow2")
    assert (folder / "vm-clone.qcow2").stat().st_blocks * 512 < 3 * MIB
    assert (folder / "data-clone.img").stat().st_blocks * 512 < MIB
    remote.connection.virsh("start", "vm-clone")


def test_rejected_definition_leaves_no_volume(remote: Daemon, folder: Path) -> None:
    """The UUID belongs to another guest; the copied volumes are deleted."""
    before = listing(folder)
    done = virt_clone(remote, "--auto-clone", "--uuid", remote.connection.virsh("domuuid", "vm").strip())
    assert done.returncode == 1
    assert listing(folder) == before
    assert remote.connection.names() == {"vm"}


def test_path_outside_remote_pools_is_an_error(remote: Daemon, folder: Path, work: Path) -> None:
    """Nothing is written on this machine either."""
    before = listing(work, folder)
    done = virt_clone(remote, "--name", "copy", "--file", f"{work}/a.qcow2", "--file", f"{work}/b.img")
    assert done.returncode == 1
    assert "not in a storage pool on the remote host" in done.stderr
    assert listing(work, folder) == before
