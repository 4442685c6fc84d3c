"""Which device the guest boots from, at the installation and afterwards.

Source: https://libvirt.org/formatdomain.html#bios-bootloader: order is either a list of
device classes (<os><boot>) or a number at each device (<boot order>), never both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from virtinstall.compose.platform import Platform

if TYPE_CHECKING:
    from virtinstall.devices.device import Device
    from virtinstall.domain.domain import Domain
    from virtinstall.xml.element import Element


def resolve_conflicts(domain: Domain, first: Sequence[Device] = ()) -> None:
    """Two devices with one order: the earlier one, or one of `first`, keeps it, the other and those behind move up."""
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


def has_order(domain: Domain) -> bool:
    """Whether any order was given: by class, at a device, or by booting a kernel directly."""
    os = domain.os
    return bool(os.boot_devices) or any(getattr(device, "boot_order", None) is not None for device in domain.devices)


def set_order(domain: Domain, kinds: list[str], platform: Platform) -> None:
    """Boot from the first device of each kind (`network`, `cdrom`, `hd`, `fd`), in that order."""
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
            device.boot_order = number  # type: ignore[attr-defined]
            number += 1


def supports_device_order(platform: Platform) -> bool:
    """Whether the hypervisor takes <boot order>."""
    return platform.is_qemu or platform.virt_type == "test"


def _first(domain: Domain, kind: str) -> Device | None:
    from virtinstall.devices.disk import Disk
    from virtinstall.devices.interface import Interface

    if kind == "network":
        return next(iter(domain.devices_of(Interface)), None)
    wanted = {"hd": ("disk", "lun"), "cdrom": ("cdrom",), "fd": ("floppy",)}[kind]
    for disk in domain.devices_of(Disk):
        if (disk.device or "disk") in wanted:
            return disk
    return None


def keep_places(domain: Domain, changed: Sequence[Element]) -> None:
    """Let a changed device that has a place in the boot order keep it; <os> then has no order of its own."""
    ordered = [device for device in changed if getattr(device, "boot_order", None) is not None]
    if ordered:
        domain.os.boot_devices.clear()
        resolve_conflicts(domain, ordered)  # type: ignore[arg-type]
