"""Uses of a disk by the host, from simulated tables of the kernel."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from virtinstall.storage.file_uses import FileUse, Role
from virtinstall.storage.host_devices import HostTables, block_relatives, host_uses
from virtinstall.storage.in_use import FilesInUse, file_identity

DISK, FIRST, SECOND = os.makedev(8, 0), os.makedev(8, 1), os.makedev(8, 2)
NUMBERS = {"/dev/sda": DISK, "/dev/sda1": FIRST, "/dev/sda2": SECOND}


@pytest.fixture
def tables(tmp_path: Path) -> HostTables:
    """A host with the disk /dev/sda and two partitions; nothing is mounted."""
    sys = tmp_path / "sys"
    for name, number in (("sda", "8:0"), ("sda/sda1", "8:1"), ("sda/sda2", "8:2")):
        folder = sys / "block" / name
        (folder / "holders").mkdir(parents=True)
        (folder / "dev").write_text(number + "\n")
        if name != "sda":
            (folder / "partition").write_text("1\n")
        (sys / "dev" / "block").mkdir(parents=True, exist_ok=True)
        (sys / "dev" / "block" / number).symlink_to(folder)
    (tmp_path / "mountinfo").write_text("22 1 0:21 / /proc rw - proc proc rw\n")
    (tmp_path / "swaps").write_text("Filename Type Size Used Priority\n")
    return HostTables(str(tmp_path / "mountinfo"), str(tmp_path / "swaps"), str(sys), NUMBERS.get)


def uses_of(path: str, tables: HostTables) -> list[str]:
    """Return the host's uses as text."""
    return [use.device for use in host_uses(path, tables)]


def test_unused_disk_is_free(tables: HostTables) -> None:
    """Its partitions are free as well."""
    assert uses_of("/dev/sda", tables) == uses_of("/dev/sda1", tables) == []


@pytest.mark.parametrize(
    "line", ["30 1 8:1 / /mnt/a\\040b rw - ext4 /dev/sda1 rw", "30 1 0:40 / /mnt/a\\040b rw - btrfs /dev/sda1 rw"]
)
def test_mounted_partition_is_in_use_with_its_disk(tables: HostTables, line: str) -> None:
    """It is found by its device number or by the source of the mount; the other partition is free."""
    Path(tables.mounts).write_text(line + "\n")
    assert uses_of("/dev/sda1", tables) == uses_of("/dev/sda", tables) == ["mounted on '/mnt/a b'"]
    assert uses_of("/dev/sda2", tables) == []


def test_partition_of_a_mounted_disk_is_in_use(tables: HostTables) -> None:
    """Writing to the partition would destroy the file system."""
    Path(tables.mounts).write_text("30 1 8:0 / /data rw - ext4 /dev/sda rw\n")
    assert uses_of("/dev/sda2", tables) == ["mounted on '/data'"]


def test_disk_with_a_read_only_mount_can_be_read(tables: HostTables) -> None:
    """A guest can be installed from a CD that the desktop has mounted."""
    Path(tables.mounts).write_text("30 1 8:0 / /cd ro - iso9660 /dev/sda ro\n")
    (use,) = host_uses("/dev/sda", tables)
    assert not use.excludes(FileUse("a", Role.CDROM, "/dev/sda"))
    assert use.excludes(FileUse("a", Role.DISK, "/dev/sda", writes=True))


def test_swap_and_volume_groups_are_in_use(tables: HostTables) -> None:
    """The same applies to disks that device mapper or RAID uses."""
    Path(tables.swaps).write_text("Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n")
    (Path(tables.sys) / "block/sda/sda1/holders/dm-0").mkdir()
    (Path(tables.sys) / "block/dm-0/dm").mkdir(parents=True)
    (Path(tables.sys) / "block/dm-0/dm/name").write_text("vg-root\n")
    assert uses_of("/dev/sda1", tables) == ["part of 'vg-root'"]
    assert uses_of("/dev/sda", tables) == ["part of 'vg-root'", "swap space '/dev/sda2'"]


def test_swap_file_and_loop_device_use_a_file(tables: HostTables, tmp_path: Path) -> None:
    """The path may be any path of the file; an ISO image with a loop device can be read."""
    swap, iso = tmp_path / "swapfile", tmp_path / "x.iso"
    swap.touch()
    iso.touch()
    (tmp_path / "link").symlink_to(swap)
    Path(tables.swaps).write_text(f"Filename Type Size Used Priority\n{swap} file 1 0 -2\n")
    loop = Path(tables.sys) / "block/loop0"
    (loop / "loop").mkdir(parents=True)
    (loop / "loop/backing_file").write_text(f"{iso}\n")
    (loop / "dev").write_text("7:0\n")
    assert uses_of(str(tmp_path / "link"), tables) == [f"swap file '{swap}'"]
    in_use = FilesInUse([], identify=file_identity, tables=tables)
    assert in_use.conflicts([FileUse("a", Role.CDROM, str(iso))]) == []
    assert in_use.conflicts([FileUse("a", Role.DISK, str(iso), writes=True)])


def test_partition_conflicts_with_a_guest_that_has_the_disk(tables: HostTables) -> None:
    """The reverse is a conflict as well; two partitions do not conflict."""
    assert block_relatives(DISK, tables) == {FIRST, SECOND}
    assert block_relatives(FIRST, tables) == {DISK}

    def conflicts(held: str, wanted: str) -> bool:
        xml = f"<domain><devices><disk><source dev='{held}'/></disk></devices></domain>"
        in_use = FilesInUse([("other", xml)], identify=lambda path: ("block", NUMBERS[path]), tables=tables)
        return bool(in_use.conflicts([FileUse("a", Role.DISK, wanted, writes=True)]))

    assert conflicts("/dev/sda", "/dev/sda1")
    assert conflicts("/dev/sda2", "/dev/sda")
    assert not conflicts("/dev/sda1", "/dev/sda2")
