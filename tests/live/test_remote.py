"""Guests on another host: a second libvirtd that is reached over TCP, with separate pools."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

import virtinstall
from tests.live.machine import Outcome, finish, listing, serial_log, start_virt_install, wait_until
from tests.live.second_daemon import Daemon, second_daemon
from tests.live.ssh_server import ssh_server
from tests.live.test_ignition import FwCfg
from tests.servers import WebServer

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def remote(qemu: None) -> Iterator[Daemon]:
    """Another host with a pool named default."""
    with second_daemon() as daemon:
        daemon.pool("default")
        yield daemon


@pytest.fixture(autouse=True)
def unchanged_host(remote: Daemon, work: Path) -> Iterator[None]:
    """Assert that the test leaves no guest on the host, and in the pool only disks that it created."""
    yield
    remote.remove_guests()
    for path in (remote.root / "pools").rglob("*"):
        if path.is_file():
            path.unlink()
    remote.connection.virsh("pool-refresh", "default")


def install(remote: Daemon, *args: str | Path) -> Outcome:
    """Run virt-install for a guest on the remote host."""
    return finish(start_virt_install("--connect", remote.connection.option, *common(), *args))


def common() -> tuple[str, ...]:
    """Return the options of all guests here."""
    return (
        *("--virt-type", "qemu", "--memory", "256", "--osinfo", "fedora36"),
        *("--network", "none", "--graphics", "none"),
    )


def pool_files(remote: Daemon) -> set[str]:
    """Return the names of the files in the pool."""
    return {Path(path).name for path in listing(remote.root / "pools" / "default")}


def test_local_tree_is_uploaded(remote: Daemon, tiny_tree: Path, work: Path) -> None:
    """Kernel and initrd are uploaded and removed again, the disk is a volume, and local directories are unchanged."""
    log = remote.root / "pools" / "serial.log"
    injected = work / "tiny.ks"
    injected.write_text("# answers\n")
    digest = hashlib.sha256(injected.read_bytes()).hexdigest()

    install(
        remote,
        *("--name", "vitest-tree", "--disk", "size=0.05,format=raw,bus=virtio", "--serial", f"file,path={log}"),
        *("--location", tiny_tree, "--extra-args", "console=ttyS0 tiny.mark", "--initrd-inject", injected),
        *("--noautoconsole", "--wait", "4", "--noreboot"),
    ).ok()

    assert f"INJECTED: /tiny.ks {digest}" in serial_log(log)
    assert pool_files(remote) == {"vitest-tree.img"}
    disk = remote.root / "pools" / "default" / "vitest-tree.img"
    assert disk.read_bytes()[:14] == b"TINY-INSTALLED"
    assert "vitest-tree.img" in remote.connection.virsh("vol-list", "default")
    assert remote.connection.xml("vitest-tree").find("os/kernel") is None


def test_downloaded_tree_boots_on_the_remote_host(remote: Daemon, tree_server: WebServer) -> None:
    """The output of the console arrives through the connection."""
    run = install(
        remote,
        *("--name", "vitest-web", "--disk", "size=0.05,format=raw,bus=virtio", "--location", tree_server.url),
        *("--extra-args", "console=ttyS0 tiny.mark", "--autoconsole", "text", "--noreboot"),
    ).ok()

    assert "WRITTEN" in run.output
    assert pool_files(remote) == {"vitest-web.img"}


def test_local_iso_is_uploaded(remote: Daemon, tiny_tree: Path, work: Path) -> None:
    """The medium of --cdrom is deleted after it is ejected; --location reads kernel and initrd from it."""
    iso = work / "tiny.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-V", "TINY", "-r", "-o", iso, tiny_tree], check=True)
    before = iso.read_bytes()

    install(remote, *("--name", "vitest-cd", "--disk", "size=0.05", "--cdrom", iso, "--noautoconsole")).ok()
    running = remote.connection.virsh("dumpxml", "vitest-cd")
    assert f"{remote.root}/pools/default/virtinst-" in running
    devices = remote.connection.xml("vitest-cd").find("devices")
    assert devices is not None
    assert b"tiny.iso" not in etree.tostring(devices), "the record in the metadata names it, no device does"
    assert pool_files(remote) == {"vitest-cd.qcow2"}

    install(
        remote,
        *("--name", "vitest-loc", "--disk", "size=0.05,format=raw,bus=virtio", "--location", iso),
        *("--extra-args", "console=ttyS0 tiny.mark", "--autoconsole", "text", "--noreboot"),
    ).ok()
    assert pool_files(remote) == {"vitest-cd.qcow2", "vitest-loc.img"}
    assert iso.read_bytes() == before


def test_cloud_init_seed_is_uploaded(remote: Daemon, work: Path) -> None:
    """The volume is deleted as soon as the guest has it open."""
    run = install(
        remote,
        *("--name", "vitest-seed", "--disk", "size=0.05", "--import", "--noautoconsole"),
        *("--cloud-init", "root-password-generate=on,disable=on"),
    ).ok()

    assert "Password for first root login is:" in run.output
    assert "-cloudinit.iso" in remote.connection.virsh("dumpxml", "vitest-seed")
    assert pool_files(remote) == {"vitest-seed.qcow2"}


def test_ignition_configuration_is_uploaded(remote: Daemon, work: Path) -> None:
    """QEMU reads it at the first boot; a placeholder remains, which later boots do not use."""
    config = {"ignition": {"version": "3.4.0"}}
    (work / "server.ign").write_text(json.dumps(config))

    install(
        remote,
        *("--name", "vitest-ign", "--disk", "size=0.05", "--import", "--noautoconsole"),
        *("--ignition", work / "server.ign"),
    ).ok()

    # two readers of the console would each miss bytes
    remote.connection.virsh("suspend", "vitest-ign")
    blobs = FwCfg(remote.connection.uri, "vitest-ign")
    try:
        assert json.loads(blobs.content("opt/com.coreos/config")) == config
    finally:
        blobs.close()
    (placeholder,) = pool_files(remote) - {"vitest-ign.qcow2"}
    assert set((remote.root / "pools" / "default" / placeholder).read_bytes()) == {0}
    assert remote.connection.xml("vitest-ign").find("sysinfo") is None


def test_local_image_becomes_a_volume(remote: Daemon, work: Path) -> None:
    """`--disk path=LOCAL,pool=P` creates an exact copy with the same format in the pool."""
    image = work / "golden.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "40M"], check=True)
    subprocess.run(["qemu-io", "-c", "write -P 0x5a 1M 3M", image], check=True, stdout=subprocess.DEVNULL)

    args = ("--name", "vitest-copy", "--disk", f"path={image},pool=default", "--import", "--noautoconsole")
    install(remote, *args).ok()

    remote.connection.virsh("destroy", "vitest-copy")
    copy = remote.root / "pools" / "default" / "golden.qcow2"
    assert copy.read_bytes() == image.read_bytes()
    driver = remote.connection.xml("vitest-copy").find("devices/disk/driver")
    assert driver is not None and driver.get("type") == "qcow2"
    again = install(remote, *args[2:], "--name", "vitest-copy2")
    assert again.status == 1
    assert "already contains a volume named 'golden.qcow2'" in again.output


def test_holes_are_not_uploaded(remote: Daemon, work: Path) -> None:
    """A file of 1 GiB with little data is sparse on the remote host."""
    image = work / "sparse.img"
    with image.open("wb") as file:
        file.truncate(1 << 30)
        file.seek(600 << 20)
        file.write(b"here" * 1000)

    args = ("--name", "vitest-sparse", "--disk", f"path={image},pool=default", "--import", "--noautoconsole")
    install(remote, *args).ok()

    remote.connection.virsh("destroy", "vitest-sparse")
    copy = remote.root / "pools" / "default" / "sparse.img"
    assert copy.stat().st_size == 1 << 30
    assert copy.stat().st_blocks * 512 < 10 << 20
    assert subprocess.run(["cmp", image, copy], check=False).returncode == 0


def test_failed_run_leaves_nothing_on_the_remote_host(remote: Daemon, tiny_tree: Path) -> None:
    """The guest does not start; its volumes, kernel and initrd are removed from the pool."""
    run = install(
        remote,
        *("--name", "vitest-bad", "--disk", "size=0.05", "--location", tiny_tree, "--noautoconsole"),
        "--qemu-commandline=--no-such-option",
    )

    assert run.status == 1
    assert "Traceback" not in run.output
    assert pool_files(remote) == set()
    assert remote.connection.names() == set()


def test_upload_without_a_pool_is_an_error(remote: Daemon, tiny_tree: Path) -> None:
    """The error names the required type of pool."""
    remote.connection.virsh("pool-destroy", "default")
    try:
        run = install(remote, "--name", "vitest-nopool", "--disk", "none", "--location", tiny_tree)
    finally:
        target = str(remote.root / "pools" / "default")
        remote.connection.virsh("pool-create-as", "default", "dir", "--target", target)

    assert run.status == 1
    assert "not in a storage pool" in run.output and "--disk pool=" in run.output


@pytest.fixture
def through_ssh(remote: Daemon) -> Iterator[str]:
    """The URI of the same host through an sshd on loopback."""
    if shutil.which("sshd") is None:
        pytest.skip("NOT RUN: sshd is missing (Debian: openssh-server)")
    with ssh_server() as uri:
        yield f"{uri}&socket={remote.socket}"


def test_guest_is_installed_over_ssh(remote: Daemon, through_ssh: str, tiny_tree: Path) -> None:
    """The preview changes nothing, the console works, and the guest is removed."""
    args: tuple[str | Path, ...] = (
        *("--connect", through_ssh, *common(), "--name", "vitest-ssh"),
        *("--disk", "size=0.05,format=raw,bus=virtio", "--location", tiny_tree),
        *("--extra-args", "console=ttyS0 tiny.mark", "--autoconsole", "text", "--noreboot"),
    )

    preview = finish(start_virt_install(*args, "--print-xml", "1")).ok()
    assert f"<kernel>{remote.root}/pools/default/virtinst-" in preview.output
    assert pool_files(remote) == set() and remote.connection.names() == set()

    run = finish(start_virt_install(*args)).ok()
    assert "WRITTEN" in run.output
    assert pool_files(remote) == {"vitest-ssh.img"}
    subprocess.run(["virsh", "-c", through_ssh, "undefine", "vitest-ssh"], check=True, timeout=60)
    assert remote.connection.names() == set()


def test_lost_connection_is_reported(remote: Daemon, tiny_tree: Path) -> None:
    """The daemon dies during the installation; the error states that the state is unknown, and how to query it."""
    process = start_virt_install(
        *("--connect", remote.connection.option, *common(), "--name", "vitest-lost"),
        *("--disk", "size=0.05,bus=virtio", "--location", tiny_tree),
        *("--extra-args", "console=ttyS0 tiny.wait", "--noautoconsole", "--wait", "4"),
    )
    wait_until(process, "the guest to run", lambda: "vitest-lost" in remote.connection.names())
    wait_until(process, "the kernel's removal", lambda: pool_files(remote) == {"vitest-lost.qcow2"})

    remote.kill()
    try:
        run = finish(process, 30)
    finally:
        remote.start()

    assert run.status == 1
    assert "Traceback" not in run.output
    assert "connection" in run.output and "unknown" in run.output
    assert f"virsh --connect {remote.connection.uri} domstate vitest-lost" in run.output.replace("'", "")


def test_disk_by_path_uses_a_temporary_pool(remote: Daemon) -> None:
    """The pool is removed afterwards; a failed run leaves neither pool nor disk."""
    name, data = "remote-no-pool", remote.root / "data"
    data.mkdir(exist_ok=True)
    pools = remote.connection.virsh("pool-list", "--all", "--name")
    disk = ("--disk", f"{data}/x.qcow2,size=1,permissions.mode=0640", "--import", "--noautoconsole")

    failed = install(remote, "--name", name, *disk, "--qemu-commandline=-nonsense")
    assert failed.status == 1, failed.output
    assert listing(data) == set()
    assert remote.connection.virsh("pool-list", "--all", "--name") == pools

    install(remote, "--name", name, *disk).ok()
    assert listing(data) == {str(data / "x.qcow2")}
    assert remote.connection.virsh("pool-list", "--all", "--name") == pools
    missing = install(remote, "--name", f"{name}2", "--disk", f"{data}/none/x.qcow2,size=1", "--import")
    assert missing.status == 1
    assert "--disk pool=NAME,size=20" in missing.output
    shutil.rmtree(data)


def test_temporary_pool_of_a_killed_run_is_removed(remote: Daemon, work: Path) -> None:
    """The next run for the same guest removes it, and reports the image in it."""
    name = "remote-killed"
    script = (
        "import os, sys, virtinstall\n"
        "from virtinstall.rollback.leftovers import begin_journal\n"
        "from virtinstall.storage.temporary_pool import TEMPORARY_POOL\n"
        "uri, name, folder = sys.argv[1:]\n"
        "host = virtinstall.connect(uri).host\n"
        "journal = begin_journal(name, print, host.uri)\n"
        "journal.__enter__()\n"
        "journal.record(TEMPORARY_POOL, 'virtinstall-temporary-test')\n"
        "journal.record('volume', 'virtinstall-temporary-test/x')\n"
        "open(folder + '/x', 'w').close()\n"
        "host.create_temporary_pool('virtinstall-temporary-test', folder)\n"
        "os._exit(9)\n"
    )
    uri = remote.connection.option
    killed = subprocess.run([sys.executable, "-c", script, uri, name, str(work)], check=False)
    assert killed.returncode == 9
    assert "virtinstall-temporary-test" in remote.connection.virsh("pool-list", "--name")
    warnings: list[str] = []
    with virtinstall.connect(uri) as hypervisor:
        hypervisor.remove_leftovers(name, on_warning=warnings.append)
    assert "virtinstall-temporary-test" not in remote.connection.virsh("pool-list", "--all", "--name")
    assert any(f"{work}/x" in warning and "on the host, left by a killed run" in warning for warning in warnings)
    assert (work / "x").exists()
