"""Uses of a disk or an image by this host: mounts, swap, LVM, RAID and loop devices.

Source: proc(5) (`/proc/[pid]/mountinfo`, `/proc/swaps`), https://docs.kernel.org/admin-guide/abi-stable.html
(`/sys/block`, `/sys/dev/block`, `holders`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from virtinstall.named import NamedTuple
from virtinstall.storage.file_uses import FileUse, Role


def block_number(path: str) -> int | None:
    """Return the device number of the block device at `path`; None if `path` is not a block device."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_rdev if stat.S_ISBLK(status.st_mode) else None


class HostTables(NamedTuple):
    """The places where the kernel lists mounts, swap spaces and block devices.

    `mounts` and `swaps` are the paths of files, and `sys` is the directory of sysfs. `number_of` is called with a path,
    and returns the device number of the block device at that path, or None if the path is not a block device.
    """

    mounts: str = "/proc/self/mountinfo"
    swaps: str = "/proc/swaps"
    sys: str = "/sys"
    number_of: Callable[[str], int | None] = block_number


def host_uses(path: str, tables: HostTables) -> list[FileUse]:
    """Return the uses of the block device or image at `path` by this host, for example as swap space."""
    number = tables.number_of(path)
    if number is not None:
        return _device_uses(path, number, tables)
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return []
    if not stat.S_ISREG(status.st_mode):
        return []
    found = [_use(path, f"swap file '{name}'") for name in _swaps(tables) if _same_file(name, status)]
    mounted = _mounted(tables)
    for loop, number, backing in _loops(tables):
        if _same_file(backing, status):
            # a mounted ISO is only read, although its loop device may be writable
            writes = any(not readonly for _, readonly in mounted.get(number, ()))
            found.append(_use(path, f"loop device '/dev/{loop}'", writes=writes))
    return found


def block_relatives(device: int, tables: HostTables) -> set[int]:
    """Return the device numbers of all partitions of a disk, or of the disk that contains a partition.

    `device` is the device number of the disk or partition. The result is empty if the kernel does not list it.
    """
    folder = _folder(device, tables)
    if folder is None:
        return set()
    if os.path.exists(f"{folder}/partition"):
        whole = _number(f"{os.path.dirname(folder)}/dev")
        return set() if whole is None else {whole}
    partitions = (each for each in _names(folder) if os.path.exists(f"{folder}/{each}/partition"))
    found = (_number(f"{folder}/{each}/dev") for each in partitions)
    return {number for number in found if number is not None}


def _device_uses(path: str, device: int, tables: HostTables) -> list[FileUse]:
    """Return the uses of the device, and those of its partitions or of the disk that contains it."""
    found = []
    mounted = _mounted(tables)
    swaps = {number: name for name in _swaps(tables) if (number := tables.number_of(name)) is not None}
    relatives = sorted(block_relatives(device, tables))
    for number in (device, *relatives):
        for point, readonly in mounted.get(number, ()):
            found.append(_use(path, f"mounted on '{point}'", writes=not readonly))
        if number in swaps:
            found.append(_use(path, f"swap space '{swaps[number]}'"))
        folder = _folder(number, tables)
        for holder in _names(f"{folder}/holders") if folder is not None else ():
            name = _text(f"{tables.sys}/block/{holder}/dm/name") or holder
            found.append(_use(path, f"part of '{name}'"))
    return found


def _use(path: str, how: str, *, writes: bool = True) -> FileUse:
    return FileUse("", Role.HOST, path, how, writes=writes)


def _mounted(tables: HostTables) -> dict[int, list[tuple[str, bool]]]:
    """Return the mounts by device number: mount point, and whether the file system is read-only."""
    found: dict[int, list[tuple[str, bool]]] = {}
    for line in _text(tables.mounts).splitlines():
        fields, _, rest = line.partition(" - ")
        parts, more = fields.split(" "), rest.split(" ")
        if len(parts) < 6 or len(more) < 3:
            continue
        place = (unescaped(parts[4]), "ro" in more[2].split(","))
        major, _, minor = parts[2].partition(":")
        # Btrfs and others have separate numbers: the source names the device
        numbers = {os.makedev(int(major), int(minor)), tables.number_of(unescaped(more[1]))}
        for number in numbers:
            if number is not None and place not in found.setdefault(number, []):
                found[number].append(place)
    return found


def _swaps(tables: HostTables) -> list[str]:
    lines = _text(tables.swaps).splitlines()[1:]
    return [unescaped(line.split()[0]) for line in lines if line.strip()]


def _loops(tables: HostTables) -> list[tuple[str, int, str]]:
    """Return the name, the device number and the file of each loop device in use."""
    found = []
    for name in _names(f"{tables.sys}/block"):
        device = f"{tables.sys}/block/{name}"
        if name.startswith("loop") and os.path.exists(f"{device}/loop/backing_file"):
            found.append((name, _number(f"{device}/dev") or 0, _text(f"{device}/loop/backing_file")))
    return found


def _same_file(path: str, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), status)
    except (OSError, ValueError):
        return False


def _folder(device: int, tables: HostTables) -> str | None:
    folder = f"{tables.sys}/dev/block/{os.major(device)}:{os.minor(device)}"
    return os.path.realpath(folder) if os.path.exists(folder) else None


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _number(path: str) -> int | None:
    major, colon, minor = _text(path).partition(":")
    return os.makedev(int(major), int(minor)) if colon else None


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().strip()
    except OSError:
        return ""


def unescaped(text: str) -> str:
    """Return `text`, a path from one of the kernel's lists, with octal escapes (such as that for a space) decoded."""
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, character)
    return text
