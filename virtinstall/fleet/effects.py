"""Predictions of whether a change takes effect in a running guest or only after a shutdown and a new start."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from virtinstall.fleet.growth import SIZE
from virtinstall.fleet.leaves import GENERATED
from virtinstall.fleet.patch import DEVICE
from virtinstall.fleet.planning import AUTOSTART, RESERVATION

if TYPE_CHECKING:
    from virtinstall.fleet.leaves import Difference

TEXTS = ("title", "description")
MEMORY = "currentMemory"
VCPUS = "vcpu/@current"
HOTPLUG_BUSES = ("virtio", "scsi", "usb")
"""Buses of the disks that QEMU can add and remove while the guest is running.

Source: libvirt, qemuDomainAttachDeviceDiskLive.
"""
_VERSION = re.compile(r"-(rhel)?[0-9]+\.[0-9].*$")
_LIVE_NIC = ("source/", "link/", "bandwidth/", "filterref", "mac/", "virtualport/", "vlan/")
_LIVE_DISK = ("iotune/",)


def groups_of(changes: Iterable[Difference]) -> dict[str, list[Difference]]:
    """Return the changes, grouped by disk or network interface.

    The key of a group is the path prefix of the device, such as `devices/disk[vda]/`, or an empty string for all other
    changes.
    """
    groups: dict[str, list[Difference]] = {}
    for each in changes:
        device = DEVICE.match(each.path)
        groups.setdefault("" if device is None else device[0], []).append(each)
    return groups


def has_device(prefix: str, leaves: Iterable[str]) -> bool:
    """Return whether a guest has the device with this path prefix; `leaves` are the paths of the guest's values."""
    return any(path.startswith(prefix) for path in leaves)


def is_replaced(prefix: str, changes: Iterable[Difference], after: Mapping[str, str]) -> bool:
    """Return whether a disk or drive must be replaced, because its kind or the image of a disk changes.

    A drive whose medium changes is not replaced. `prefix` is the path prefix of the device, `changes` are the changes
    to the device, and `after` maps paths to the planned values of the guest. The result is False for network
    interfaces.
    """
    kind = f"{prefix}@device"
    if not prefix.startswith("devices/disk"):
        return False
    if any(each.path == kind and each.before != each.after for each in changes):
        return True
    if after.get(kind, "disk") not in ("disk", "lun"):
        return False
    sources = (f"{prefix}source/@file", f"{prefix}source/@dev")
    return any(each.path in sources and each.after not in (None, GENERATED) for each in changes)


def is_other_machine(changes: Iterable[Difference]) -> bool:
    """Return whether the architecture or the board changes, so that devices need new addresses.

    A different version of the same machine type is the same board.
    """
    return any(
        each.path == "os/type/@arch" or (each.path == "os/type/@machine" and _board(each.before) != _board(each.after))
        for each in changes
    )


def _board(machine: str | None) -> str:
    name = _VERSION.sub("", machine or "")
    return {"pc-q35": "q35", "pc-i440fx": "pc"}.get(name, name)


def is_boot_order(path: str) -> bool:
    """Return whether the value at `path` belongs to the boot order, either in <os> or in a device."""
    return path.startswith(("os/boot/", "os/boot[")) or path.endswith("/boot/@order")


def is_live(change: Difference, leaves: Mapping[str, str]) -> bool:
    """Return whether a change can take effect in a running guest immediately, provided that libvirt accepts it.

    `leaves` maps paths to the values that the guest has before the change.
    """
    device = DEVICE.match(change.path)
    if device is None:
        return _is_live_value(change, leaves)
    name = change.path.removeprefix(device[0])
    if name == SIZE or is_boot_order(change.path):
        return True
    if device[1] == "interface":
        return name.startswith(_LIVE_NIC)
    removable = leaves.get(f"{device[0]}@device") in ("cdrom", "floppy")
    return name.startswith(_LIVE_DISK) or (removable and is_medium(name))


def is_medium(name: str) -> bool:
    """Return whether a value belongs to the medium in a drive; `name` is the path of the value within the drive."""
    return name.startswith(("source/", "driver/", "@type")) or name == "source"


def _is_live_value(change: Difference, leaves: Mapping[str, str]) -> bool:
    if (
        change.path in TEXTS
        or change.path == AUTOSTART
        or is_boot_order(change.path)
        or change.path.startswith(f"{RESERVATION}[")
    ):
        return True
    if change.path == MEMORY and change.after is not None:
        return int(change.after) <= int(leaves.get("memory", 0))
    if change.path == VCPUS:
        return change.after is None or int(change.after) <= int(leaves.get("vcpu", 0))
    return False


def device_is_live(prefix: str, leaves: Mapping[str, str]) -> bool:
    """Return whether a disk or network interface can be added to or removed from a running guest.

    `prefix` is the path prefix of the device, and `leaves` maps paths to the values of a guest that has the device.
    """
    if prefix.startswith("devices/interface"):
        return True
    if leaves.get(f"{prefix}@device", "disk") not in ("disk", "lun"):
        return False
    return leaves.get(f"{prefix}target/@bus") in HOTPLUG_BUSES


def next_boot(
    changes: Iterable[Difference], before: Mapping[str, str], after: Mapping[str, str], moved: Mapping[str, str]
) -> list[str]:
    """Return the paths of the changes that take effect only after a running guest is shut down and started again.

    `before` maps paths to the values in the guest's definition, and `after` maps paths to the planned values. `moved`
    is the result of `moves`.
    """
    found: list[str] = []
    for prefix, mine in groups_of(changes).items():
        if prefix in moved or prefix in moved.values():
            late = True
        elif prefix and not has_device(prefix, before):
            late = not device_is_live(prefix, after)
        elif prefix and not has_device(prefix, after):
            late = not device_is_live(prefix, before)
        else:
            found += [each.path for each in mine if not is_live(each, before)]
            continue
        found += [each.path for each in mine] if late else []
    return found
