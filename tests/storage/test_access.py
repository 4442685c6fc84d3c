"""The access check agrees with the kernel, and its hint is the command that fixes the problem."""

from __future__ import annotations

import os
import random
import shutil
import struct
from pathlib import Path

import pytest

from tests.storage.qemu_tools import rounds
from virtinstall.errors import StorageError
from virtinstall.storage.access import find_blocked, require_access
from virtinstall.storage.posix_acl import (
    ACCESS_ATTRIBUTE,
    READ,
    SEARCH,
    WRITE,
    Permissions,
    allows,
    parse_acl,
)
from virtinstall.storage.qemu_account import Account

STRANGER = Account("libvirt-qemu", 64055, 64055, frozenset([64055]))
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to act as another user")


def acl(*entries: tuple[int, int, int]) -> bytes:
    """Return the extended attribute with these entries: tag, bits, ID."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)


def test_first_matching_class_of_mode_bits_is_used() -> None:
    """The owner has only the owner's permissions, even if others have more."""
    file = Permissions(uid=1, gid=2, mode=0o057)
    assert not allows(file, 1, {2}, READ)
    assert allows(file, 9, {2}, READ | SEARCH)
    assert not allows(file, 9, {2}, WRITE)
    assert allows(file, 9, {9}, READ | WRITE | SEARCH)
    assert allows(file, 0, set(), READ | WRITE)


def test_acl_entry_is_limited_by_the_mask() -> None:
    """The permissions of a named user are ANDed with the mask."""
    nobody = 0xFFFFFFFF
    entries = [(0x01, 7, nobody), (0x02, 7, 64055), (0x04, 0, nobody), (0x10, 4, nobody), (0x20, 0, nobody)]
    file = Permissions(0, 0, 0o740, parse_acl(acl(*entries)))
    assert allows(file, 64055, {64055}, READ)
    assert not allows(file, 64055, {64055}, WRITE)
    assert not allows(file, 64056, {64056}, READ)


def test_invalid_acl_is_an_error() -> None:
    """The extended attribute has another version or length."""
    for data in (b"", b"\1\0\0\0", acl() + b"x"):
        with pytest.raises(ValueError, match="ACL"):
            parse_acl(data)


def open_folder(path: Path) -> Path:
    """Make `path` and its parents searchable, if they belong to this user; return `path`."""
    for folder in [path, *path.parents]:
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o111)
    return path


def test_closed_directory_is_found_with_a_command(tmp_path: Path) -> None:
    """The command grants search permission for this directory only; the check itself changes nothing."""
    home = open_folder(tmp_path) / "my home"
    (home / "disks").mkdir(parents=True)
    disk = home / "disks" / "disk"
    disk.write_bytes(b"")
    disk.chmod(0o666)
    assert find_blocked(str(disk), STRANGER) == []
    home.chmod(0o700)
    (blocked,) = find_blocked(str(disk), STRANGER)
    assert (blocked.path, blocked.need) == (str(home), "search")
    assert blocked.command in (f"setfacl -m u:libvirt-qemu:x '{home}'", f"chmod o+x '{home}'")
    with pytest.raises(StorageError, match="my home") as caught:
        require_access(str(disk), STRANGER)
    assert blocked.command in (caught.value.hint or "")
    assert home.stat().st_mode & 0o777 == 0o700


def test_new_disk_requires_access_to_its_directory(tmp_path: Path) -> None:
    """The directory is checked before anything is allocated."""
    folder = open_folder(tmp_path) / "disks"
    folder.mkdir(mode=0o700)
    assert [b.path for b in find_blocked(str(folder / "new"), STRANGER)] == [str(folder)]


def test_file_mode_is_ignored_if_libvirt_changes_the_owner(tmp_path: Path) -> None:
    """Otherwise QEMU's user cannot write to the file."""
    disk = open_folder(tmp_path) / "disk"
    disk.write_bytes(b"")
    disk.chmod(0o604)
    assert [b.need for b in find_blocked(str(disk), STRANGER)] == ["write"]
    assert find_blocked(str(disk), STRANGER, write=False) == []
    assert find_blocked(str(disk), STRANGER, owner_is_given=True) == []


def test_directories_of_a_symbolic_link_are_checked(tmp_path: Path) -> None:
    """The target is in a closed directory; a loop is an error."""
    open_folder(tmp_path)
    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
    (tmp_path / "closed" / "disk").write_bytes(b"")
    (tmp_path / "closed" / "disk").chmod(0o666)
    (tmp_path / "open" / "link").symlink_to("../closed/disk")
    (tmp_path / "closed").chmod(0o700)
    found = find_blocked(str(tmp_path / "open" / "link"), STRANGER)
    assert [b.path for b in found] == [str(tmp_path / "closed")]
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StorageError, match="links"):
        find_blocked(str(tmp_path / "loop"), STRANGER)


@needs_root
def test_check_agrees_with_the_kernel(tmp_path: Path) -> None:
    """For random modes, owners and ACLs, the result equals that of open(2) as that user."""
    open_folder(tmp_path)
    for seed in range(rounds(40) if rounds(40) < 500 else 500):
        dice = random.Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        disk = folder / "disk"
        disk.write_bytes(b"x")
        for path, full in ((disk, 7), (folder, 7)):
            os.chown(path, dice.choice([0, 64055]), dice.choice([0, 64055]))
            path.chmod(dice.randrange(0o1000))
            if dice.random() < 0.6:
                set_random_acl(path, dice, full)
        write = dice.random() < 0.5
        output = not find_blocked(str(disk), STRANGER, write=write)
        assert output == kernel_allows(disk, write), (seed, os.stat(folder), os.stat(disk))
        shutil.rmtree(folder)


def set_random_acl(path: Path, dice: random.Random, full: int) -> None:
    """Set a valid access ACL with entries for QEMU's user or another one, and a group."""
    nobody = 0xFFFFFFFF
    entries = [(0x01, dice.randint(0, full), nobody)]
    if dice.random() < 0.5:
        entries.append((0x02, dice.randint(0, full), dice.choice([64055, 7])))
    entries.append((0x04, dice.randint(0, full), nobody))
    entries.append((0x08, dice.randint(0, full), dice.choice([64055, 7])))
    entries += [(0x10, dice.randint(0, full), nobody), (0x20, dice.randint(0, full), nobody)]
    os.setxattr(path, ACCESS_ATTRIBUTE, acl(*entries))


def kernel_allows(path: Path, write: bool) -> bool:
    """Return whether a process of QEMU's user can open the file."""
    child = os.fork()  # not a separate program, because that user may be unable to start this Python
    if child == 0:
        os.setgroups([])
        os.setresgid(STRANGER.gid, STRANGER.gid, STRANGER.gid)
        os.setresuid(STRANGER.uid, STRANGER.uid, STRANGER.uid)
        try:
            os.open(path, os.O_RDWR if write else os.O_RDONLY)
        except PermissionError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
