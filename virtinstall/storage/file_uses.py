"""The files that a guest's XML names, and their use by the guest.

Source: https://libvirt.org/formatdomain.html (`disk`, `os`, `filesystem`, character devices, `memory`, `hostdev`),
https://libvirt.org/formatsnapshot.html.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.named import NamedTuple

if TYPE_CHECKING:
    from lxml.etree import _Element

CHARACTER_DEVICES = ("serial", "console", "parallel", "channel", "smartcard", "rng", "redirdev")


class Role(Enum):
    """The purpose for which a guest or host uses a file; each value is the term for it in messages."""

    DISK = "disk"
    CDROM = "CD-ROM"
    FLOPPY = "floppy"
    BACKING = "backing file"
    DATA = "data file"
    MIRROR = "block copy target"
    SNAPSHOT = "snapshot"
    NVRAM = "UEFI variables"
    TEMPLATE = "template of the UEFI variables"
    FIRMWARE = "firmware"
    KERNEL = "kernel"
    INITRD = "initrd"
    DTB = "device tree"
    ACPI = "ACPI table"
    LOG = "log"
    MEMORY = "memory device"
    DIRECTORY = "shared directory"
    HOST = "host"

    @property
    def is_image(self) -> bool:
        """Whether this is the role of the top image of a disk, CD-ROM or floppy, which may have a backing chain."""
        return self in (Role.DISK, Role.CDROM, Role.FLOPPY)


_NO_DISKS = (
    (stat.S_ISCHR, "a character device, not a disk"),
    (stat.S_ISFIFO, "a named pipe, not a disk"),
    (stat.S_ISSOCK, "a socket, not a disk"),
)
_KERNEL_FILES = ("/proc/", "/sys/", "/dev/fd/")
_DEVICE_ROLES = {"cdrom": Role.CDROM, "floppy": Role.FLOPPY}


class FileUse(NamedTuple):
    """The use of the file at `path` by the guest `guest`, or by the host if `guest` is an empty string.

    `role` is the purpose of the use. `device` depends on the role. For a disk and the files in its backing chain, it is
    the disk's target, such as `vda`. For a log, it is the name of the device's XML element, such as `serial`. For a
    shared directory, it is the driver, such as `virtiofs`. For a file that the host uses, it describes this use. For
    other roles, it is an empty string. `writes` is true if the file is written to, and `shareable` is true if the disk
    is marked as <shareable>. `image_format` is the format in the XML, or None if the XML contains no format. `volume`
    is a pair of the pool's name and the volume's name, or None if the XML contains a path.
    """

    guest: str
    role: Role
    path: str
    device: str = ""
    writes: bool = False
    shareable: bool = False
    image_format: str | None = None
    volume: tuple[str, str] | None = None

    @property
    def option(self) -> str:
        """The command-line option that specifies a file with this role, such as `--boot kernel=`."""
        names = {
            Role.NVRAM: "--boot nvram=",
            Role.TEMPLATE: "--boot nvram.template=",
            Role.FIRMWARE: "--boot loader=",
            Role.KERNEL: "--boot kernel=",
            Role.INITRD: "--boot initrd=",
            Role.DTB: "--boot dtb=",
            Role.ACPI: "--boot acpi.table=",
            Role.DIRECTORY: "--filesystem",
            Role.MEMORY: "--memdev",
        }
        return names.get(self.role, f"--{self.device}" if self.role is Role.LOG else "--disk")

    def __str__(self) -> str:
        """Return the text for an error message: `the guest 'a' (CD-ROM 'sda')`."""
        if self.role is Role.HOST:
            return f"this host ({self.device})"
        below = self.role in (Role.BACKING, Role.DATA, Role.MIRROR, Role.SNAPSHOT)
        device = f" of disk '{self.device}'" if below else f" '{self.device}'" if self.role.is_image else ""
        return f"the guest '{self.guest}' ({self.role.value}{device if self.device else ''})"

    def excludes(self, other: FileUse) -> bool:
        """Return whether this use and `other`, a use of the same file, conflict.

        They do not conflict if neither of them writes to the file, if the disk is shareable in both, or if one of them
        is the use of a shared directory. In all other cases they conflict, because a file that is being written to must
        not be used by others.
        """
        if Role.DIRECTORY in (self.role, other.role) or not (self.writes or other.writes):
            return False
        return not (self.shareable and other.shareable)


def not_a_disk(path: str) -> str | None:
    """Return a description of the file at `path` if the file cannot be a disk image, otherwise None.

    Such a description is, for example, `a named pipe, not a disk`. The result is also None if the file does not exist.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        mode = 0
    for is_kind, what in _NO_DISKS:
        if is_kind(mode):
            return what
    names = (os.path.abspath(path), os.path.realpath(path))
    if any(name.startswith(_KERNEL_FILES) for name in names):
        return "a file in a virtual file system such as /proc or /sys, not a disk"
    return None


def refuse_no_disks(uses: Iterable[FileUse]) -> None:
    """Check that none of the disk images in `uses` is a file that cannot be an image, such as a named pipe.

    Raises: RequestError, for the first such file.
    """
    for use in uses:
        what = not_a_disk(use.path) if use.role.is_image or use.role is Role.BACKING else None
        if what is not None:
            raise RequestError(f"{use.option}: '{use.path}' is {what}", hint="use an image file or a block device")


def uses_in(guest: str, root: _Element) -> list[FileUse]:
    """Return the uses of the files that the XML element `root` refers to.

    `root` is a <domain> element of the guest `guest`, or a <domainsnapshot> element of one of the guest's snapshots.
    Files that are named only in the header of an image are not included. For a <domainsnapshot>, only the uses of its
    disks are returned, with the role SNAPSHOT.
    """
    if root.tag != "domainsnapshot":
        return list(_domain_uses(guest, root))
    named = (*root.findall("domain"), *root.findall("inactiveDomain"), *root.findall("disks/.."))
    disks = [disk for domain in named for path in ("devices/disk", "disks/disk") for disk in domain.iterfind(path)]
    found = (use for disk in disks for use in _disk_uses(guest, disk))
    # to revert to the snapshot, the contents of its disks must be unchanged
    return [use._replace(role=Role.SNAPSHOT, writes=False) for use in found]


def _domain_uses(guest: str, domain: _Element) -> Iterator[FileUse]:
    for disk in domain.iterfind("devices/disk"):
        yield from _disk_uses(guest, disk)
    yield from _boot_uses(guest, domain)
    for tag in CHARACTER_DEVICES:
        for device in domain.iterfind(f"devices/{tag}"):
            yield from _character_uses(guest, device)
    for filesystem in domain.iterfind("devices/filesystem"):
        yield from _filesystem_uses(guest, filesystem)
    for path, role in (("memory/source/path", Role.MEMORY), ("hostdev/source/block", Role.DISK)):
        for text in _texts(domain, f"devices/{path}"):
            yield FileUse(guest, role, text, writes=True)


def _disk_uses(guest: str, disk: _Element) -> Iterator[FileUse]:
    target = disk.find("target")
    device = disk.get("name", "") if target is None else target.get("dev", "")
    role = _DEVICE_ROLES.get(disk.get("device", "disk"), Role.DISK)
    transient = disk.find("transient")
    reads = role is Role.CDROM or disk.find("readonly") is not None
    reads = reads or (transient is not None and transient.get("shareBacking") == "yes")
    shareable = disk.find("shareable") is not None

    def use(holder: _Element, role: Role, *, writes: bool) -> Iterator[FileUse]:
        form, source = holder.find("format" if holder.tag != "disk" else "driver"), holder.find("source")
        if source is None:
            return
        volume = None
        if source.get("pool") is not None:
            volume = (source.get("pool", ""), source.get("volume", ""))
        path = _source_path(source) or ("/".join(volume) if volume is not None else "")
        if path:
            yield FileUse(
                guest,
                role,
                path,
                device,
                writes=writes,
                shareable=shareable and role.is_image,
                image_format=None if form is None else form.get("type"),
                volume=volume,
            )

    yield from use(disk, role, writes=not reads)
    # a copy job writes to its mirror like the guest to its disk
    for mirror in disk.findall("mirror"):
        yield from use(mirror, Role.MIRROR, writes=True)
    for backing in disk.iterfind(".//backingStore"):
        yield from use(backing, Role.BACKING, writes=False)
    for data in disk.iterfind(".//dataStore"):
        yield from use(data, Role.DATA, writes=not reads)


def _source_path(source: _Element) -> str | None:
    """Return the path in <source>, or a name of network storage, equal for equal sources; None if there is none."""
    path = source.get("file") or source.get("dev") or source.get("dir")
    protocol, name = source.get("protocol"), source.get("name")
    # a server without named exports does not identify its data
    if path is not None or not protocol or not name:
        return path
    hosts = ",".join(f"{host.get('name', '')}:{host.get('port', '')}" for host in source.findall("host"))
    return f"{protocol}://{hosts}/{name}"


def _boot_uses(guest: str, domain: _Element) -> Iterator[FileUse]:
    for tag, role in (("kernel", Role.KERNEL), ("initrd", Role.INITRD), ("dtb", Role.DTB), ("acpi/table", Role.ACPI)):
        for path in _texts(domain, f"os/{tag}"):
            yield FileUse(guest, role, path)
    loader = domain.find("os/loader")
    if loader is not None and loader.text and loader.text.strip():
        writes = loader.get("type") == "pflash" and loader.get("readonly", "no") != "yes"
        yield FileUse(guest, Role.FIRMWARE, loader.text.strip(), writes=writes)
    for nvram in (*domain.findall("os/nvram"), *domain.findall("os/varstore")):
        source = nvram.find("source")
        named = (nvram.text or "").strip() or nvram.get("path") if source is None else _source_path(source)
        if named:
            yield FileUse(guest, Role.NVRAM, named, writes=True)
        template = nvram.get("template")
        if template:
            yield FileUse(guest, Role.TEMPLATE, template)


def _texts(domain: _Element, path: str) -> Iterator[str]:
    for node in domain.iterfind(path):
        if node.text and node.text.strip():
            yield node.text.strip()


def _character_uses(guest: str, device: _Element) -> Iterator[FileUse]:
    """Yield the uses of logs, and of files as character devices."""
    paths = [log.get("file") for log in device.findall("log")]
    if device.get("type") == "file":
        paths += [source.get("path") for source in device.findall("source")]
    for path in paths:
        if path:
            yield FileUse(guest, Role.LOG, path, str(device.tag), writes=True)


def _filesystem_uses(guest: str, filesystem: _Element) -> Iterator[FileUse]:
    source = filesystem.find("source")
    if source is None:
        return
    image = source.get("file") or source.get("dev")
    if image:
        yield FileUse(guest, Role.DISK, image, writes=filesystem.find("readonly") is None)
    elif source.get("dir"):
        driver = filesystem.find("driver")
        kind = "" if driver is None else driver.get("type", "")
        yield FileUse(guest, Role.DIRECTORY, source.get("dir", ""), kind)
