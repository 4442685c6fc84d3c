"""Storage pools are created only on request; virt-install 4.1 creates one for each directory that it uses."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.live.machine import Connection, Outcome, finish, start_virt_install

pytestmark = pytest.mark.live
NAME = "vitest-nopool"


def pool_folders(connection: Connection) -> dict[str, str]:
    """Return the directory of each pool, by name."""
    found = {}
    for name in connection.virsh("pool-list", "--all", "--name").split():
        xml = etree.fromstring(connection.virsh("pool-dumpxml", name))
        found[name] = xml.findtext("target/path") or ""
    return found


@pytest.fixture
def run(system: Connection, work: Path) -> Iterator[Callable[..., Outcome]]:
    """A function that runs virt-install with libvirtd; afterwards, no directory of its arguments may be a pool."""
    before = pool_folders(system)

    def install(*args: str | Path) -> Outcome:
        common = ("--name", NAME, "--virt-type", "qemu", "--memory", "64", "--osinfo", "fedora36")
        quiet = ("--network", "none", "--graphics", "none", "--noautoconsole")
        return finish(start_virt_install("--connect", system.option, *common, *quiet, *args))

    yield install
    system.remove(NAME)
    shown = (str(work), "/var/lib/libvirt/images", "/var/lib/libvirt/boot")
    new = {name: path for name, path in pool_folders(system).items() if name not in before}
    assert not [name for name, path in new.items() if path.startswith(shown)], new


def test_disks_by_path_create_no_pool(run: Callable[..., Outcome], work: Path) -> None:
    """A disk is new, another one exists, and another one is in a separate directory."""
    (work / "sub").mkdir()
    shutil.copy(_image(work / "old.qcow2"), work / "sub" / "other.qcow2")

    run(
        *("--disk", f"path={work}/new.qcow2,size=0.01", "--disk", f"path={work}/old.qcow2"),
        *("--disk", work / "sub" / "other.qcow2", "--import"),
    ).ok()


def test_cdrom_creates_no_pool(run: Callable[..., Outcome], tiny_iso: Path, work: Path) -> None:
    """The medium is in a separate directory."""
    run("--disk", f"path={work}/new.qcow2,size=0.01", "--cdrom", tiny_iso).ok()


def test_location_creates_no_pool(run: Callable[..., Outcome], tiny_iso: Path, work: Path) -> None:
    """The directories are that of the ISO image and that of the extracted kernel."""
    run("--disk", f"path={work}/new.qcow2,size=0.01", "--location", tiny_iso).ok()


def test_failed_run_creates_no_pool(run: Callable[..., Outcome], tiny_iso: Path, work: Path) -> None:
    """One run fails at the start of the guest, another one before anything is created."""
    args = ("--disk", f"path={work}/new.qcow2,size=0.01", "--cdrom", tiny_iso)

    assert run(*args, "--qemu-commandline=--no-such-option").status == 1
    assert run("--disk", f"path={work}/none.qcow2", "--cdrom", tiny_iso).status == 1
    assert not (work / "new.qcow2").exists()


@pytest.fixture
def tiny_iso(tiny_tree: Path, work: Path) -> Path:
    """The tiny tree as an ISO image, in a separate directory."""
    iso = work / "media" / "tiny.iso"
    iso.parent.mkdir()
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-V", "TINY", "-r", "-o", iso, tiny_tree], check=True)
    return iso


def _image(path: Path) -> Path:
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "10M"], check=True)
    return path


def test_name_of_a_removed_file_can_be_used_again(run: Callable[..., Outcome], system: Connection, work: Path) -> None:
    """libvirt's list still contains the volume after `rm`; the disk is specified by name, by path and by pool."""
    pool = f"{NAME}-pool"
    folder = work / "pool"
    folder.mkdir()
    system.virsh("pool-create-as", pool, "dir", "--target", str(folder))
    try:
        for disk in (f"pool={pool},size=0.01", f"pool={pool},size=0.01", f"path={folder}/{NAME}.qcow2,size=0.01"):
            run("--disk", disk, "--import").ok()
            assert [path.name for path in folder.iterdir()] == [f"{NAME}.qcow2"]
            system.remove(NAME)
            (folder / f"{NAME}.qcow2").unlink(missing_ok=True)
        assert "no such volume" in run("--disk", f"vol={pool}/{NAME}.qcow2", "--import", "--dry-run").output
        (folder / "copied-by-hand.img").write_bytes(b"0" * 4096)
        run("--disk", f"vol={pool}/copied-by-hand.img", "--import", "--dry-run").ok()
    finally:
        system.virsh("pool-destroy", pool)


def test_active_pool_lists_an_existing_image_of_the_guest(
    run: Callable[..., Outcome], system: Connection, work: Path
) -> None:
    """Ansible's modules find the volume by path to delete it."""
    folder = work / "listed"
    folder.mkdir()
    system.virsh("pool-create-as", "vitest-listed", "dir", "--target", str(folder))
    try:
        image = shutil.copy(_image(work / "old.qcow2"), folder / "disk.qcow2")
        run("--disk", image, "--import").ok()
        assert "disk.qcow2" in system.virsh("vol-list", "vitest-listed")
    finally:
        system.virsh("pool-destroy", "vitest-listed")
