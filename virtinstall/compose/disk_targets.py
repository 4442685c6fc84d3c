"""The bus, the device name and the driver of each disk.

Source: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms; the order of
preference among buses is virt-install's.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from virtinstall.compose.draft import Draft
from virtinstall.devices.controller import Controller
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.facts import Platform

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain

_PREFIXES = {
    "virtio": "vd",
    "scsi": "sd",
    "sata": "sd",
    "usb": "sd",
    "sd": "sd",
    "ide": "hd",
    "fdc": "fd",
    "xen": "xvd",
}
_IDE_LIMIT = 4
_NO_DRIVER_TYPES = ("nvme", "vhostuser")
_NOT_HOTPLUGGED = ("sata", "ide", "sd")


def resolve_targets(draft: Draft, disks: list[Disk], others: Sequence[Disk] = ()) -> None:
    """Set the bus, the device name and the driver of each disk in `disks`.

    `others` are the guest's other disks, which are not changed.

    Raises: RequestError, if the IDE bus is full, if two disks have the same device name, or if QEMU does not support a
    requested empty CD-ROM drive.
    """
    given = [disk.target_dev for disk in disks]
    used = [name for name in (*given, *(disk.target_dev for disk in others)) if name is not None]
    twice = next((name for name in used if used.count(name) > 1), None)
    if twice is not None:
        raise RequestError(f"--disk target.dev={twice}: used by two disks", hint="omit target.dev= for one of them")
    for disk, name in zip(disks, given, strict=True):
        _resolve_target(draft, disk, name, used)
        resolve_driver(draft, disk)


def _resolve_target(draft: Draft, disk: Disk, name: str | None, used: list[str]) -> None:
    if disk.device is None:
        disk.device = "disk"
    if disk.target_bus is None:
        disk.target_bus = _bus(draft, disk)
        if draft.running is not None and name is None and disk.target_bus in _NOT_HOTPLUGGED:
            disk.target_bus = _hotplug_bus(draft.running, disk)
    if name is None:
        disk.target_dev = name = _free_name(disk, used)
        used.append(name)
    _refuse_empty_drive(draft, disk)
    if disk.device == "cdrom" and not disk.readonly:
        disk.readonly = True


def _refuse_empty_drive(draft: Draft, disk: Disk) -> None:
    """Raise RequestError for a drive without a medium that QEMU cannot plug in, or that is on the USB bus."""
    if draft.running is not None and disk.device == "cdrom" and disk.is_empty and draft.platform.is_qemu:
        raise RequestError(
            "--disk device=cdrom: an empty CD-ROM drive cannot be plugged into a running guest",
            hint="add a medium with path=, or omit --update to change only the configuration",
        )
    if disk.device == "cdrom" and disk.target_bus == "usb" and disk.is_empty and draft.facts.host.driver == "qemu":
        raise RequestError(
            "--disk device=cdrom,bus=usb: QEMU does not start with an empty CD-ROM drive on the USB bus",
            hint="add a medium with path=, or use bus=sata or bus=scsi",
        )


def _bus(draft: Draft, disk: Disk) -> str:
    platform = draft.platform
    if disk.target_dev is not None:
        for bus in ("virtio", "xen", "ide", "fdc"):
            if disk.target_dev.startswith(_PREFIXES[bus]):
                return bus
    if disk.device == "floppy":
        return "fdc"
    if platform.is_xen_pv:
        return "xen"
    if platform.virt_type == "bhyve":
        return "sata"
    if platform.is_fixed_board:
        return _bus_of_board(platform)
    if disk.device == "lun" and platform.is_qemu and draft.os.supports_virtio_scsi():
        # SCSI commands reach the device only there: sata can't, and virtio-blk no longer can
        return "scsi"
    virtio = platform.is_qemu and draft.os.supports_virtio_disk(platform.arch)
    if disk.device in ("disk", "lun") and virtio:
        return "virtio"
    if platform.is_q35:
        return "sata"
    if platform.is_x86:
        return "ide"
    if disk.device == "cdrom":
        return "scsi"
    return "usb"


def _bus_of_board(platform: Platform) -> str:
    """Return the bus that libvirt supports on a board: memory cards on ARM boards.

    libvirt supports the IDE controller of only one POWER board.
    """
    if platform.arch in ("aarch64", "armv7l"):
        return "sd"
    return "ide" if platform.machine_is("g3beige") else "scsi"


def _hotplug_bus(running: Domain, disk: Disk) -> str:
    """Return a bus on which QEMU can plug in a disk: that of other disks, else USB, which every system supports."""
    used = {known.target_bus for known in running.devices_of(Disk)}
    for bus in ("virtio", "scsi"):
        if bus in used and (bus == "scsi" or disk.device == "disk"):
            return bus
    has_usb = any(each.type == "usb" and each.model != "none" for each in running.devices_of(Controller))
    return "usb" if has_usb else "scsi"


def _free_name(disk: Disk, names: list[str]) -> str:
    """Return the name after the last one of its kind, so that names follow the order of the disks."""
    bus = disk.target_bus or ""
    if bus == "nvme":
        # namespaces of one controller
        return next(name for number in itertools.count(1) if (name := f"nvme0n{number}") not in names)
    prefix = _PREFIXES.get(bus, "sd")
    used = [_number(name[len(prefix) :]) for name in names if name.startswith(prefix)]
    number = max(used, default=-1) + 1
    if bus == "ide" and number >= _IDE_LIMIT:
        number = next((free for free in range(_IDE_LIMIT) if free not in used), number)
        if number >= _IDE_LIMIT:
            raise RequestError(
                f"--disk bus=ide: the IDE bus supports at most {_IDE_LIMIT} disks",
                hint="use bus=virtio or bus=sata for some of the disks",
            )
    return prefix + _letters(number)


def _number(letters: str) -> int:
    """Return the number of the letters in a disk's name: 0 for `a`, 25 for `z`, 26 for `aa`; -1 for any other text."""
    number = 0
    for letter in letters:
        if not "a" <= letter <= "z":
            return -1
        number = number * 26 + ord(letter) - ord("a") + 1
    return number - 1


def _letters(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def resolve_driver(draft: Draft, disk: Disk) -> None:
    """Fill in the driver of the disk; for QEMU, also the cache, I/O and discard modes that suit the storage."""
    if disk.type in _NO_DRIVER_TYPES or not _has_source(disk):
        return
    virt_type = draft.platform.virt_type
    if disk.driver_name is None:
        if draft.platform.is_qemu:
            disk.driver_name = "qemu"
        elif virt_type == "xen":
            disk.driver_name = "phy" if disk.type == "block" else "qemu"
    if virt_type == "xen" and disk.driver_name == "phy":
        disk.driver_type = None
    if draft.platform.is_simulated or virt_type in ("bhyve", "vz", "lxc"):
        disk.driver_type = None
    if not draft.platform.is_qemu or disk.device != "disk":
        return
    if disk.type == "block":
        if disk.driver_cache is None:
            disk.driver_cache = "none"
            if disk.driver_io is None:
                disk.driver_io = "native"
        if disk.driver_discard is None:
            disk.driver_discard = "unmap"
    elif disk.is_new and disk.sparse is not False and disk.type == "file" and disk.driver_discard is None:
        disk.driver_discard = "unmap"


def _has_source(disk: Disk) -> bool:
    values = (disk.source_file, disk.source_dev, disk.source_dir, disk.source_protocol, disk.source_volume)
    return any(value is not None for value in values)
