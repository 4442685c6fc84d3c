"""`virt-guest reset` with libvirtd: disks, snapshots, seeds and running guests."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

import virtinstall
from tests.live.machine import Connection
from tests.live.test_delete import NO_DEVICES, VirtInstall, files, virt_guest

pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["system"], indirect=True)]
SCHEMA = json.loads((Path(virtinstall.__file__).parent / "schema" / "guest-reset.json").read_text())


def qemu_io(path: Path, command: str) -> str:
    """Read or write a disk as a guest would."""
    return subprocess.run(["qemu-io", "-c", command, path], check=True, capture_output=True, text=True).stdout


def is_empty(path: Path) -> bool:
    """Return whether the overlay has no data and a size of 64 MiB."""
    listed = json.loads(
        subprocess.run(["qemu-img", "map", "--output=json", path], check=True, capture_output=True, text=True).stdout
    )
    size = sum(each["length"] for each in listed)
    return size == 64 << 20 and not any(each["depth"] == 0 and each["data"] for each in listed)


@pytest.fixture
def disk(work: Path, virt_install: VirtInstall, guest_name: str) -> Path:
    """The disk of a guest that is off: an overlay of 64 MiB on an image of 8 MiB, with data."""
    base, disk = work / "base.qcow2", work / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", base, "8M"], check=True)
    words = ("--disk", f"{disk},size=0.0625,backing_store={base}", "--network", "none")
    virt_install("--name", guest_name, *NO_DEVICES, "--import", *words, "--noreboot").ok()
    subprocess.run(["virsh", "-q", "destroy", guest_name], check=False)
    qemu_io(disk, "write -P 7 0 1M")
    assert not is_empty(disk)
    return disk


def reset(connection: Connection, name: str, *words: str) -> dict[str, object]:
    """Reset the guest; return the JSON after validation."""
    _, printed, _ = virt_guest(connection, "reset", name, "--yes", "--output", "json", *words)
    document: dict[str, object] = json.loads(printed)
    jsonschema.validate(document, SCHEMA)
    return document


def test_guest_without_cloud_init_is_reset(connection: Connection, disk: Path, guest_name: str) -> None:
    """The file, its size and the definition are kept; the data is removed."""
    before, inode = connection.virsh("dumpxml", "--inactive", guest_name), disk.stat().st_ino
    assert reset(connection, guest_name, "--dry-run")["changed"] is False
    assert not is_empty(disk)
    assert reset(connection, guest_name)["changed"] is True
    assert is_empty(disk)
    assert (connection.virsh("dumpxml", "--inactive", guest_name), disk.stat().st_ino) == (before, inode)
    assert sorted(path.name for path in disk.parent.iterdir()) == ["base.qcow2", "disk.qcow2"]


def test_other_disks_keep_their_data(connection: Connection, work: Path, disk: Path, guest_name: str) -> None:
    """The user attached them, or virtinstall created them without an image."""
    own = work / "own.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", own, "8M"], check=True)
    connection.virsh("attach-disk", guest_name, str(own), "vdz", "--config", "--subdriver", "qcow2")
    qemu_io(own, "write -P 7 0 1M")
    document = reset(connection, guest_name)
    assert document["kept"] == [{"path": str(own), "reason": "virtinstall did not create it for this guest"}]
    assert is_empty(disk)
    assert "0/1048576 bytes" not in qemu_io(own, "read -P 7 0 1M")


def test_reset_of_a_running_guest_requires_force_or_shutdown(
    connection: Connection, disk: Path, guest_name: str
) -> None:
    """A guest that does not shut down in time keeps its data."""
    connection.virsh("start", guest_name)
    status, _, error = virt_guest(connection, "reset", guest_name, "--yes", ok=False)
    assert (status, "is running" in error) == (1, True)
    status, _, error = virt_guest(connection, "reset", guest_name, "--yes", "--shutdown", "1", ok=False)
    assert (status, "did not shut down within 1 seconds; nothing was reset" in error) == (3, True)
    reset(connection, guest_name, "--force", "--start")
    assert connection.state(guest_name) == "running"
    connection.virsh("destroy", guest_name)
    assert is_empty(disk)


@pytest.mark.parametrize("words", [(), ("--disk-only",)], ids=["internal", "external"])
def test_snapshots_are_deleted_only_on_request(
    connection: Connection, disk: Path, guest_name: str, words: tuple[str, ...]
) -> None:
    """The overlay of an external snapshot is removed, and the guest uses its original disk again."""
    connection.virsh("snapshot-create-as", guest_name, "one", *words)
    connection.virsh("managedsave", guest_name) if connection.state(guest_name) == "running" else None
    before = files(disk.parent)
    status, _, error = virt_guest(connection, "reset", guest_name, "--yes", ok=False)
    assert (status, "--delete-snapshots" in error, files(disk.parent) == before) == (1, True, True)
    document = reset(connection, guest_name, "--delete-snapshots")
    assert document["snapshots"] == ["one"]
    assert is_empty(disk)
    assert connection.virsh("snapshot-list", "--name", guest_name).split() == []
    assert {str(node.get("file")) for node in connection.xml(guest_name).iterfind("devices/disk/source")} == {str(disk)}
    assert sorted(path.name for path in disk.parent.iterdir()) == ["base.qcow2", "disk.qcow2"]
    connection.virsh("start", guest_name)


def test_snapshot_of_another_disk_prevents_a_reset(
    connection: Connection, work: Path, disk: Path, guest_name: str
) -> None:
    """Deleting the snapshot would lose data of that disk."""
    own = work / "own.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", own, "8M"], check=True)
    connection.virsh("attach-disk", guest_name, str(own), "vdz", "--config", "--subdriver", "qcow2")
    connection.virsh("snapshot-create-as", guest_name, "one", "--disk-only")
    before = files(work)
    status, _, error = virt_guest(connection, "reset", guest_name, "--yes", "--delete-snapshots", ok=False)
    assert (status, str(own) in error or "own.one" in error, files(work) == before) == (1, True, True)
    connection.virsh("snapshot-delete", "--metadata", guest_name, "one")


def test_ejected_seed_is_inserted_again(
    connection: Connection, work: Path, virt_install: VirtInstall, guest_name: str
) -> None:
    """cloud-init needs it; without a kept seed, the reset requires --without-seed."""
    base, key = work / "base.qcow2", work / "key"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", base, "8M"], check=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    words = ("--disk", f"{work}/disk.qcow2,backing_store={base}", "--cloud-init")
    virt_install(
        "--name", guest_name, *NO_DEVICES, "--import", *words, f"user=anna,user-ssh-key={key}.pub,keep=on"
    ).ok()
    connection.virsh("destroy", guest_name)
    drive = connection.xml(guest_name).find("devices/disk[@device='cdrom']")
    assert drive is not None
    source, target = drive.find("source"), drive.find("target")
    assert source is not None
    assert target is not None
    seed = source.get("file", "")
    connection.virsh("change-media", guest_name, target.get("dev", ""), "--eject", "--config")
    reset(connection, guest_name)
    inserted = connection.xml(guest_name).find("devices/disk[@device='cdrom']/source")
    assert inserted is not None
    assert inserted.get("file") == seed
    Path(seed).unlink()
    status, _, error = virt_guest(connection, "reset", guest_name, "--yes", ok=False)
    assert (status, "--without-seed" in error) == (1, True)
    reset(connection, guest_name, "--without-seed")


def test_failed_reset_changes_nothing(
    connection: Connection, disk: Path, guest_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file system is full; the guest keeps its disk and its saved state."""
    connection.virsh("start", guest_name)
    connection.virsh("managedsave", guest_name)
    before = disk.read_bytes()

    def fail(*args: object) -> None:
        raise virtinstall.StorageError("no space left on device")

    monkeypatch.setattr("virtinstall.lifecycle.reset.provision_image", fail)
    with virtinstall.connect(connection.option) as hypervisor:
        guest = hypervisor.guest(guest_name)
        with pytest.raises(virtinstall.StorageError, match="no space left"):
            guest.reset()
        assert guest.handle.has_managed_save() and disk.read_bytes() == before
        monkeypatch.undo()
        guest.reset()
        assert not guest.handle.has_managed_save() and is_empty(disk)
    assert sorted(path.name for path in disk.parent.iterdir()) == ["base.qcow2", "disk.qcow2"]


def test_disk_that_qemu_has_open_is_not_reset(
    connection: Connection, disk: Path, guest_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guest was started after the check that it is off: QEMU's image lock prevents the reset."""
    before = disk.read_bytes()
    monkeypatch.setattr("virtinstall.lifecycle.deletion_facts.open_by", lambda *args, **more: [])
    with subprocess.Popen(["qemu-io", str(disk)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as qemu:
        assert qemu.stdin is not None and qemu.stdout is not None
        qemu.stdin.write(b"length\n")
        while b"MiB" not in qemu.stdout.readline():
            pass
        with virtinstall.connect(connection.option) as hypervisor:
            with pytest.raises(virtinstall.StorageError, match="in use by a running guest"):
                hypervisor.guest(guest_name).reset()
            assert disk.read_bytes() == before
            qemu.stdin.close()
            qemu.wait()
            hypervisor.guest(guest_name).reset()
    assert is_empty(disk)
