"""The enlargement of disks: `size` is the size at creation, and a larger value later enlarges the disk."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError, StorageError
from virtinstall.fleet.applied import read_applied
from virtinstall.fleet.leaves import Difference
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.storage.in_use import local_chain
from virtinstall.units import GIB, MIB

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from virtinstall.devices.interface import Interface
    from virtinstall.fleet.devices import Mark
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.libvirt_host.host import Host, HostGuest

SIZE = "size"
"""Last part of the path of a disk's size in bytes, `devices/disk[vda]/size`, which is not in the XML."""


def growth_of(
    guest: LabGuest, devices: Iterable[tuple[Disk | Interface, Mark | None]], handle: HostGuest, host: Host
) -> Iterator[Difference]:
    """Yield a change for each disk for which the file requests a larger size.

    `devices` are pairs of a requested device and its mark from the last apply; the mark is None for a new device.
    `handle` is the existing guest.

    Raises: RequestError, if the file requests a smaller size, or if another image has replaced the image of the disk
    since the last apply.
    """
    number = -1
    for device, mark in devices:
        number += isinstance(device, Disk)
        if mark is None or not isinstance(device, Disk) or device.size_bytes in (None, mark.size_bytes):
            continue
        wanted = int(device.size_bytes or 0)
        present = capacity(handle, mark.key, host) or mark.size_bytes
        # sizes are rounded up to sectors or extents
        if present is None or abs(wanted - present) < MIB:
            continue
        if wanted < present:
            raise RequestError(
                f"{guest.place}: {guest.name}.disk[{number}].size: cannot shrink the disk '{mark.key}' from "
                f"{in_gib(present)} to {in_gib(wanted)}",
                hint=f"use `size: {present / GIB:.9g}`, or delete the guest with its disks and create it again with: "
                f"{guest.apply_command} --recreate {quote(guest.name)}",
            )
        replaced = _replaced_source(handle, mark.key, host)
        if replaced is not None:
            raise RequestError(
                f"{guest.place}: {guest.name}.disk[{number}].size: cannot enlarge the disk '{mark.key}': its image has "
                f"been replaced with '{replaced}' since the last apply",
                hint=f"use `size: {mark.size_bytes / GIB:.9g}`" if mark.size_bytes else "omit `size`",
            )
        yield Difference(f"devices/disk[{mark.key}]/{SIZE}", str(present), str(wanted))


def _replaced_source(handle: HostGuest, target: str, host: Host) -> str | None:
    """Return the path of a disk that replaced the applied one and is not based on it; None if nothing replaced it."""
    path, image_format = _source(handle, target)
    applied = read_applied(handle)
    before = None if applied is None else applied.base.get(f"devices/disk[{target}]/source/@file")
    if path is None or before is None or path == before:
        return None
    chain = [below for _, below in local_chain(path, image_format)] if host.is_local() else []
    return None if before in chain else path


def in_gib(count_bytes: int) -> str:
    """Return a size in bytes as a string in GiB, such as `20 GiB`."""
    return f"{count_bytes / GIB:.4g} GiB"


def capacity(handle: HostGuest, target: str, host: Host) -> int | None:
    """Return the virtual size in bytes of the guest's disk at `target`; None if the size is unknown."""
    if not has_real_storage(host):
        return None
    found = handle.disk_capacity(target)
    if found is not None:
        return found
    path, _ = _source(handle, target)
    volume = None if path is None else host.volume_by_path(path)
    return None if volume is None else volume.capacity_bytes


def grow_disk(handle: HostGuest, target: str, size_bytes: int, host: Host) -> None:
    """Enlarge the guest's disk at `target` to `size_bytes`.

    If the guest is running, it sees the new size immediately. Otherwise, the disk's volume or image file is enlarged.
    With the test driver, nothing is done.

    Raises: StorageError, if the image cannot be enlarged; HypervisorError.
    """
    if not has_real_storage(host):
        return
    if handle.is_active():
        handle.resize_disk(target, size_bytes)
        return
    path, image_format = _source(handle, target)
    volume = None if path is None else host.volume_by_path(path)
    if volume is not None:
        host.resize_volume(volume.pool, volume.name, size_bytes)
    elif path is not None and host.is_local():
        from virtinstall.storage.grow import grow

        grow(path, size_bytes, image_format or "raw")
    else:
        raise StorageError(
            f"cannot enlarge '{path or target}': the guest '{handle.name}' is not running, and the disk is not "
            "in a storage pool",
            hint="start the guest, then repeat the command",
        )


def _source(handle: HostGuest, target: str) -> tuple[str | None, str | None]:
    """Return the file and the format of a disk in the definition."""
    root = etree.fromstring(handle.xml(inactive=True).encode())
    for disk in root.iterfind("devices/disk"):
        if (node := disk.find("target")) is not None and node.get("dev") == target:
            source, driver = disk.find("source"), disk.find("driver")
            path = None if source is None else source.get("file") or source.get("dev")
            return path, None if driver is None else driver.get("type")
    return None, None
