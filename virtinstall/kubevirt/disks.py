"""The disks: device, bus, and how they are used.

Source: https://kubevirt.io/user-guide/storage/disks_and_volumes/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from virtinstall.devices.disk import Disk
from virtinstall.kubevirt.conversion import Conversion, Node, add, leave_device
from virtinstall.kubevirt.sources import is_from_host, volume_of
from virtinstall.kubevirt.table import reason
from virtinstall.similar import alternatives

if TYPE_CHECKING:
    from virtinstall.images.source import ImageSource

ROOT_DISK = "rootdisk"
BUSES = {
    "disk": ("virtio", "sata", "scsi", "usb"),
    "cdrom": ("sata", "scsi", "usb"),
    "lun": ("virtio", "sata", "scsi"),
}
"""The buses of each kind of device."""
_CACHES = ("none", "writethrough", "writeback")
_IO_MODES = ("native", "threads")
_POLICIES = ("stop", "ignore", "report", "enospace")
_BLOCK_SIZES = ("logical_block_size", "physical_block_size", "discard_granularity")


def map_disks(conversion: Conversion, images: Sequence[ImageSource | None]) -> None:
    """Add the disks and their volumes; `images` has the image of each disk, or None for a disk without an image."""
    names: set[str] = set()
    threads = [disk.driver_iothread for disk in conversion.domain.devices_of(Disk) if disk.driver_iothread is not None]
    for thread in {each for each in threads if threads.count(each) > 1}:
        conversion.refuse(
            "disk",
            "driver.iothread",
            thread,
            "several disks use this thread; KubeVirt assigns a separate thread to each disk",
        )
    for number, disk in enumerate(conversion.domain.devices_of(Disk)):
        image = images[number] if number < len(images) else None
        _map_disk(conversion, disk, image, names)
    _map_threads(conversion)


def free_name(stem: str, names: set[str], *, first: str | None = None) -> str:
    """Return a disk name that is not among `names`, and add it to `names`.

    The name is `first` if it is not None and not in use, or else `stem` with a number, such as `disk-2`.
    """
    number = len(names) + 1
    name = first if first is not None and first not in names else f"{stem}-{number}"
    while name in names:
        number += 1
        name = f"{stem}-{number}"
    names.add(name)
    return name


def default_bus(conversion: Conversion, device: str) -> str | None:
    """Return the default bus for the guest's operating system; None if --kubevirt-preference determines the bus.

    `device` is the kind of the disk: `disk`, `cdrom` or `lun`.
    """
    if not conversion.defaults:
        return None
    if device == "lun":
        return "scsi"
    if device == "cdrom":
        return "sata" if conversion.arch == "x86_64" else "scsi"
    return "virtio" if conversion.os.supports_virtio_disk(conversion.arch) else "sata"


def attach(
    conversion: Conversion, name: str, device: str, bus: str | None, source: Node, *, order: int | None = None
) -> Node:
    """Add a disk and its volume; return the disk.

    `device` is the kind of the disk, such as `cdrom`, and `source` the source of the volume. If `bus` is None, KubeVirt
    chooses the bus. `order` is the position in the boot order, starting at 1; None if the disk has none.
    """
    target: Node = {}
    add(target, "bus", bus)
    entry: Node = {"name": name}
    add(entry, "bootOrder", order)
    entry[device] = target
    conversion.devices.setdefault("disks", []).append(entry)
    conversion.volumes.append({"name": name, **source})
    return entry


def _map_disk(conversion: Conversion, disk: Disk, image: ImageSource | None, names: set[str]) -> None:
    problems = len(conversion.problems)
    device = disk.device or "disk"
    if device == "floppy" or device not in BUSES:
        conversion.refuse("disk", "device", device, "use disk, cdrom or lun")
        return
    name = free_name("cdrom" if device == "cdrom" else "disk", names, first=ROOT_DISK if device == "disk" else None)
    from_host = is_from_host(disk)
    source = volume_of(conversion, disk, name, image)
    if source is None and not from_host and len(conversion.problems) == problems:
        conversion.break_rule(
            f"the {'CD-ROM drive' if device == 'cdrom' else 'disk'} '{name}' has no volume",
            "add image=NAME, size=GIB, path=URL or vol=pvc/NAME to --disk",
            "disk",
        )
    conversion.take(disk, "device")
    entry: Node = {"name": name}
    _map_target(conversion, disk, device, entry)
    _map_values(conversion, disk, device, entry)
    if disk.path is not None and "://" in disk.path:
        # a URL may have a password
        scheme = conversion.take(disk, "path").partition("://")[0]
        conversion.refuse("disk", "path", f"{scheme}://...", reason("disk", "source.host"))
    leave_device(conversion, disk)
    if source is not None:
        if disk_readonly_claim(entry, source):
            source["persistentVolumeClaim"]["readOnly"] = True
        conversion.devices.setdefault("disks", []).append(entry)
        conversion.volumes.append({"name": name, **source})


def disk_readonly_claim(entry: Node, source: Node) -> bool:
    """Return whether the disk is read-only for the guest and its volume is a PersistentVolumeClaim."""
    return "persistentVolumeClaim" in source and any(
        entry.get(device, {}).get("readonly") for device in ("disk", "lun")
    )


def _map_target(conversion: Conversion, disk: Disk, device: str, entry: Node) -> None:
    bus = conversion.take(disk, "target_bus")
    if bus is not None and bus not in BUSES[device]:
        conversion.refuse(
            "disk",
            "target.bus",
            bus,
            f"use {alternatives(BUSES[device])} for device={device}",
        )
    target: Node = {}
    add(target, "bus", bus or default_bus(conversion, device))
    readonly, reserved = conversion.take(disk, "readonly"), conversion.take(disk, "source_reservations_managed")
    if readonly and device != "cdrom":
        target["readonly"] = True
    if reserved is not None:
        if device != "lun":
            conversion.refuse("disk", "source.reservations.managed", "yes", "only a LUN can have reservations")
        target["reservation"] = reserved == "yes"
    add(entry, "bootOrder", conversion.take(disk, "boot_order"))
    entry[device] = target


def _map_values(conversion: Conversion, disk: Disk, device: str, entry: Node) -> None:
    cache, mode = conversion.take(disk, "driver_cache"), conversion.take(disk, "driver_io")
    if cache not in (None, *_CACHES, "default"):
        conversion.refuse("disk", "driver.cache", cache, f"use {alternatives(_CACHES)}")
    elif cache != "default":
        add(entry, "cache", cache)
    if mode not in (None, *_IO_MODES):
        conversion.refuse("disk", "driver.io", mode, f"use {alternatives(_IO_MODES)}")
    add(entry, "io", mode)
    if disk.driver_discard == "unmap":
        # KubeVirt passes it on to the storage
        conversion.take(disk, "driver_discard")
    policy = conversion.take(disk, "driver_error_policy")
    if policy not in (None, *_POLICIES):
        conversion.refuse("disk", "driver.error_policy", policy, f"use {alternatives(_POLICIES)}")
    add(entry, "errorPolicy", policy)
    add(entry, "serial", conversion.take(disk, "serial"))
    if conversion.take(disk, "shareable"):
        entry["shareable"] = True
        if cache not in (None, "none"):
            conversion.break_rule("a shareable disk must not be cached", "use cache=none", "disk.driver.cache")
    thread = conversion.take(disk, "driver_iothread")
    if thread is not None:
        entry["dedicatedIOThread"] = True
        if entry[device].get("bus") not in ("virtio", "scsi", None):
            conversion.break_rule(
                "a dedicated I/O thread requires the bus virtio or scsi", "use bus=virtio", "disk.driver.iothread"
            )
    _map_blocks(conversion, disk, entry)


def _map_blocks(conversion: Conversion, disk: Disk, entry: Node) -> None:
    logical, physical, granularity = (_block(conversion, disk, name) for name in _BLOCK_SIZES)
    if logical is None and physical is None and granularity is None:
        return
    if logical is None and physical is None:
        conversion.refuse(
            "disk", "blockio.discard_granularity", granularity, "this value requires blockio.logical_block_size="
        )
        return
    custom: Node = {"logical": logical or physical, "physical": physical or logical}
    add(custom, "discardGranularity", granularity)
    if custom["logical"] > custom["physical"]:
        conversion.break_rule(
            f"blockio.logical_block_size={custom['logical']} must not exceed blockio.physical_block_size="
            f"{custom['physical']}",
            f"use blockio.logical_block_size={custom['physical']}",
        )
    entry["blockSize"] = {"custom": custom}


def _block(conversion: Conversion, disk: Disk, name: str) -> int | None:
    text = conversion.take(disk, f"blockio_{name}")
    if text is None or text.isdecimal():
        return None if text is None else int(text)
    conversion.refuse("disk", f"blockio.{name}", text, "use a whole number of bytes")
    return None


def _map_threads(conversion: Conversion) -> None:
    """One thread is shared; more are a pool; those of individual disks are additional."""
    count = conversion.take(conversion.domain, "iothreads")
    own = sum(1 for disk in conversion.devices.get("disks", ()) if disk.get("dedicatedIOThread"))
    if count is None:
        if own:
            conversion.machine["ioThreadsPolicy"] = "shared"
        return
    if count < 1:
        conversion.refuse("iothreads", "iothreads", count, "use at least 1")
    elif count > 1 and not own:
        conversion.machine["ioThreadsPolicy"] = "supplementalPool"
        conversion.machine["ioThreads"] = {"supplementalPoolThreadCount": count}
    elif count > own + 1:
        conversion.refuse(
            "iothreads",
            "iothreads",
            count,
            "a thread pool cannot be used together with dedicated threads for individual disks",
            "omit --disk driver.iothread=",
        )
    else:
        conversion.machine["ioThreadsPolicy"] = "shared"
