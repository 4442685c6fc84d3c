"""Warnings about disks that a guest can have, although they are probably a mistake."""

from __future__ import annotations

import shlex

from virtinstall.compose import boot_order
from virtinstall.compose.draft import Draft
from virtinstall.devices.disk import Disk
from virtinstall.facts import PathFacts
from virtinstall.units import GIB, human_size

_RESIZABLE = ("raw", "qcow2", "qed")
"""Formats that `qemu-img resize` supports."""


def warn_of_size(draft: Draft, disk: Disk, found: PathFacts) -> None:
    """Warn if the existing image that `found` describes does not have the requested size.

    This is not an error, because many guides first create an image and then pass the size again to virt-install.
    """
    requested, actual = disk.size_bytes or 0, found.capacity_bytes
    if requested not in (0, actual) and disk.device not in ("cdrom", "floppy"):
        size = "" if actual is None else f" of {human_size(actual)}"
        what = f"--disk {found.path}: size= has no effect on an existing image{size}"
        if requested > (actual or 0) and found.kind == "file" and found.format in (None, *_RESIZABLE):
            what += f"; enlarge the image with: {_resize(disk, found)}"
        draft.warnings.append(what)


def _resize(disk: Disk, found: PathFacts) -> str:
    size = disk.size_bytes or 0
    return shlex.join(["qemu-img", "resize", found.path, f"{size >> 30}G" if size % GIB == 0 else str(size)])


def warn_of_directory(draft: Draft, disk: Disk, path: str) -> None:
    """Warn that libvirt does not accept the directory `path` as a disk, unless the disk's driver type is `fat`."""
    if draft.facts.host.driver == "qemu" and disk.driver_type != "fat":
        draft.warnings.append(f"--disk {path}: libvirt accepts a directory only with driver.type=fat,readonly=on")


def warn_of_empty_boot_disk(draft: Draft) -> None:
    """Warn if --import boots a new and empty disk, and no other boot device was requested."""
    if not draft.request.install.boot_disk or boot_order.has_order(draft.domain):
        return
    disk = next((disk for disk in draft.domain.devices_of(Disk) if disk.device in (None, "disk")), None)
    if disk is None or not disk.is_new:
        return
    path = disk.source_file or disk.source_dev
    filled = [image.path for image in draft.images if image.backing_path or image.copy_from or image.base]
    filled += [volume.path for volume in draft.volumes if volume.upload_from or volume.base]
    if path is not None and path not in filled and disk.backing_store is None:
        draft.warnings.append(
            f"--import boots {path}, a new and empty disk; install with --cdrom or --location, or use an existing image"
        )
