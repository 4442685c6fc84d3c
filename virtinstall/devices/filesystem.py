"""`--filesystem`: a directory of the host that the guest can mount.

Source: https://libvirt.org/formatdomain.html#filesystems
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import ON_OFF, PRESENT, TEXT

_SOURCE_ATTRIBUTES = {
    "template": "source_name",
    "file": "source_file",
    "block": "source_dev",
    "ram": "source_usage",
}


def _set_source(filesystem: Filesystem, text: str) -> None:
    """Set the attribute of <source> that the type requires."""
    setattr(filesystem, _SOURCE_ATTRIBUTES.get(filesystem.type or "", "source_dir"), text or None)


def _set_target(filesystem: Filesystem, text: str) -> None:
    filesystem.target_dir = text or None


class Filesystem(Device, VirtioDriver):
    """<filesystem>: a shared directory (9p, virtiofs), or a container's file system."""

    tag = "filesystem"
    bare = ("source", "target")

    type: XmlField[str] = XmlField(
        "./@type", TEXT, "Kind of source: `mount`, `template`, `file`, `block`, `ram`, `bind`."
    )
    accessmode: XmlField[str] = XmlField(
        "./@accessmode",
        TEXT,
        "Access mode, which defines whose permissions apply: `mapped`, `passthrough`, `squash`.",
        aliases=("mode",),
    )
    model: XmlField[str] = XmlField("./@model", TEXT, "Virtio variant: `virtio`, `virtio-non-transitional`.")
    multidevs: XmlField[str] = XmlField(
        "./@multidevs",
        TEXT,
        "Policy for a directory that spans several file systems: `default`, `remap`, `forbid`, `warn`.",
    )
    readonly: XmlField[bool] = XmlField("./readonly", PRESENT, "Whether the file system is read-only.")
    space_hard_limit: XmlField[str] = XmlField(
        "./space_hard_limit", TEXT, "Hard limit for the space that a container may use."
    )
    space_soft_limit: XmlField[str] = XmlField(
        "./space_soft_limit", TEXT, "Soft limit, which a container may exceed for a limited time."
    )
    fmode: XmlField[str] = XmlField("./@fmode", TEXT, "Octal mode of new files (`accessmode=mapped`).")
    dmode: XmlField[str] = XmlField("./@dmode", TEXT, "Octal mode of new directories (`accessmode=mapped`).")
    source = Suboption("source", _set_source, "Host directory, image, template, ..., depending on `type`.", match=True)
    target = Suboption("target", _set_target, "Mount tag in the guest; path in a container.", match=True)
    source_file: XmlField[str] = XmlField("./source/@file", TEXT, "Image on the host.")
    source_dir: XmlField[str] = XmlField("./source/@dir", TEXT, "Directory on the host.")
    source_dev: XmlField[str] = XmlField("./source/@dev", TEXT, "Block device on the host.")
    source_name: XmlField[str] = XmlField("./source/@name", TEXT, "Name of a template.")
    source_pool: XmlField[str] = XmlField("./source/@pool", TEXT, "Storage pool of a volume.")
    source_volume: XmlField[str] = XmlField("./source/@volume", TEXT, "Name of a volume.")
    source_units: XmlField[str] = XmlField("./source/@units", TEXT, "Unit of `source.usage`: `MiB`.")
    source_usage: XmlField[str] = XmlField("./source/@usage", TEXT, "Size of a RAM file system, in `source.units`.")
    source_socket: XmlField[str] = XmlField("./source/@socket", TEXT, "Socket of a running virtiofsd.")
    target_dir: XmlField[str] = XmlField("./target/@dir", TEXT, "Mount tag in the guest.")
    binary_path: XmlField[str] = XmlField("./binary/@path", TEXT, "Path of virtiofsd.")
    binary_xattr: XmlField[bool] = XmlField("./binary/@xattr", ON_OFF, "Extended attributes (virtiofs).")
    binary_cache_mode: XmlField[str] = XmlField(
        "./binary/cache/@mode", TEXT, "Cache mode of virtiofsd: `none`, `always`."
    )
    binary_lock_posix: XmlField[bool] = XmlField("./binary/lock/@posix", ON_OFF, "POSIX locks (virtiofs).")
    binary_lock_flock: XmlField[bool] = XmlField("./binary/lock/@flock", ON_OFF, "BSD locks (virtiofs).")
    binary_sandbox_mode: XmlField[str] = XmlField(
        "./binary/sandbox/@mode", TEXT, "Sandbox of virtiofsd: `namespace`, `chroot`."
    )
    driver_format: XmlField[str] = XmlField("./driver/@format", TEXT, "Format of an image: `raw`, `qcow2`.")
    driver_name: XmlField[str] = XmlField("./driver/@name", TEXT, "Name of the driver.")
    driver_queue: XmlField[str] = XmlField("./driver/@queue", TEXT, "Size of the queue (virtiofs).")
    driver_type: XmlField[str] = XmlField("./driver/@type", TEXT, "Driver: `path`, `virtiofs`, `loop`, `nbd`, ...")
    driver_wrpolicy: XmlField[str] = XmlField(
        "./driver/@wrpolicy", TEXT, "Write policy of the host's page cache: `immediate`."
    )
