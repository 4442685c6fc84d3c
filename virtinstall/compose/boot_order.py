"""The boot order of the guest, during the installation and afterwards.

Source: https://libvirt.org/formatdomain.html#bios-bootloader: the order is either a list of
device classes (<os><boot>) or a number in each device (<boot order>), never both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from virtinstall.facts import Platform

if TYPE_CHECKING:
    from virtinstall.devices.device import Device
    from virtinstall.devices.disk import Disk
    from virtinstall.devices.interface import Interface
    from virtinstall.domain.domain import Domain
    from virtinstall.xml.element import Element


def resolve_conflicts(domain: Domain, first: Sequence[Device] = ()) -> None:
    """Renumber devices that have the same number in the boot order.

    If several devices have the same number, a device in `first` keeps the number, or, if none of them is in `first`,
    the first one in the XML. Each of the other devices receives the next free number.
    """
    seen: list[tuple[Device, int]] = []
    for device in domain.devices:
        order = getattr(device, "boot_order", None)
        if order is not None:
            seen.append((device, order))
    taken: set[int] = set()
    for device, order in sorted(seen, key=lambda pair: (pair[1], pair[0] not in first)):
        while order in taken:
            order += 1
        taken.add(order)
        if device.boot_order != order:  # type: ignore[attr-defined]
            device.boot_order = order  # type: ignore[attr-defined]


def use_classes(domain: Domain) -> None:
    """Remove the boot order numbers of the devices, so that the device classes listed in <os> apply."""
    for device in domain.devices:
        if getattr(device, "boot_order", None) is not None:
            device.boot_order = None  # type: ignore[attr-defined]


def merge(domain: Domain, platform: Platform) -> None:
    """Convert the device classes listed in <os> to boot order numbers, if any device already has such a number.

    libvirt does not accept classes together with numbers. The existing numbers have priority. For each class without a
    numbered device, in the order of the list, the first device of the class receives the next number.
    """
    os = domain.os
    numbers = [number for device in domain.devices if (number := getattr(device, "boot_order", None)) is not None]
    if not numbers or not os.boot_devices or not supports_device_order(platform):
        return
    following = max(numbers) + 1
    for kind in [boot.dev for boot in os.boot_devices]:
        devices = _of_kind(domain, kind or "")
        if devices and all(device.boot_order is None for device in devices):
            devices[0].boot_order = following
            following += 1
    os.boot_devices.clear()


def has_order(domain: Domain) -> bool:
    """Return whether the domain has a boot order: device classes listed in <os>, or a device with a number."""
    os = domain.os
    return bool(os.boot_devices) or any(getattr(device, "boot_order", None) is not None for device in domain.devices)


def set_order(domain: Domain, kinds: list[str], platform: Platform) -> None:
    """Make the guest boot from the first device of each class in `kinds`, in that order.

    The classes are `network`, `cdrom`, `hd` (disk) and `fd` (floppy); a class without a device is skipped. Containers
    have no boot order, so their domain is not changed.
    """
    if platform.is_container:
        return
    if not supports_device_order(platform):
        present = [kind for kind in kinds if _first(domain, kind) is not None]
        domain.os.set_boot_devices(present or kinds)
        return
    number = 1
    for kind in kinds:
        device = _first(domain, kind)
        if device is not None:
            device.boot_order = number
            number += 1


def boot_first(domain: Domain, kind: str, cdrom: int | None = None) -> None:
    """Make the guest boot from a device of the class `kind` first; the other devices keep their order.

    If `kind` is `cdrom`, the parameter `cdrom` is the position of the install medium among the disks, or None for the
    CD-ROM drive that is first in the boot order. If there is no such device, nothing is changed.
    """
    from virtinstall.devices.disk import Disk

    devices: Sequence[Disk | Interface] = _of_kind(domain, kind)
    if kind == "cdrom" and cdrom is not None:
        devices = domain.devices_of(Disk)[cdrom : cdrom + 1]
    if devices:
        unnumbered = len(domain.devices)
        device: Disk | Interface = min(devices, key=lambda each: each.boot_order or unnumbered)
        device.boot_order = 1
        resolve_conflicts(domain, [device])


def supports_device_order(platform: Platform) -> bool:
    """Return whether the hypervisor supports <boot order>, the boot order numbers of devices."""
    return platform.is_like_qemu


def _first(domain: Domain, kind: str) -> Disk | Interface | None:
    devices = _of_kind(domain, kind)
    return devices[0] if devices else None


def _of_kind(domain: Domain, kind: str) -> list[Disk] | list[Interface]:
    """Return the devices of a class of <os><boot>, in document order."""
    from virtinstall.devices.disk import Disk
    from virtinstall.devices.interface import Interface

    if kind == "network":
        return domain.devices_of(Interface)
    wanted = {"hd": ("disk", "lun"), "cdrom": ("cdrom",), "fd": ("floppy",)}.get(kind, ())
    return [disk for disk in domain.devices_of(Disk) if (disk.device or "disk") in wanted]


def keep_places(domain: Domain, changed: Sequence[Element]) -> None:
    """Keep the boot order numbers of the devices in `changed`, and remove the device classes listed in <os>.

    Other devices with the same numbers are renumbered. If no changed device has a number, nothing is done.
    """
    ordered = [device for device in changed if getattr(device, "boot_order", None) is not None]
    if ordered:
        domain.os.boot_devices.clear()
        resolve_conflicts(domain, ordered)  # type: ignore[arg-type]
