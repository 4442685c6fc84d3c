"""Errors about disks without a source, with what was typed and what was probably meant."""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.xml.field import XmlField

_NETWORK_PROTOCOLS = ("rbd", "nbd", "iscsi", "gluster", "sheepdog", "nfs", "ssh")
# sub-options whose names are hardly those of images, and examples of their values
_SUB_OPTIONS = {
    "size": "20",
    "pool": "default",
    "vol": "default/web.qcow2",
    "format": "qcow2",
    "bus": "virtio",
    "backing_store": "/images/base.qcow2",
    "readonly": "on",
}


def no_source(disk: Disk) -> RequestError:
    """Return the error for a disk without a path, size or source; the message lists the disk's other values."""
    requested = ",".join(f"{name}={value}" for name, value in _plain_values(disk))
    return RequestError(
        f"--disk{f' {requested}' if requested else ''}: no path, size or source specified",
        hint=f"for example: --disk {','.join(filter(None, ('size=20', requested)))}",
    )


def _plain_values(disk: Disk) -> list[tuple[str, object]]:
    """Return the values that the XML of `disk` has, with the short names of their sub-options."""
    found: list[tuple[str, object]] = []
    for _, declared in Disk.declarations():
        if isinstance(declared, XmlField) and declared.name:
            value = declared.__get__(disk, Disk)
            found += [] if value is None else [(min((declared.name, *declared.aliases), key=len), value)]
    return found


def refuse_missing(draft: Draft, disk: Disk, path: str) -> None:
    """Report that there is no file at `path`: as an error, or as a warning with --check path_exists=off.

    Raises: RequestError, unless the check `path_exists` is disabled.
    """
    removable = disk.device in ("cdrom", "floppy")
    option = "--cdrom" if path == draft.request.install.cdrom else "--disk"
    problem = f"{option} {path}: no such file" + ("" if removable else "; a new disk requires size=")
    if draft.request.checks.path_exists:
        hint = f"check the path, or specify the size of a new disk in GiB: --disk path={path},size=20"
        if removable:
            hint = "check the path"
        elif path.startswith("/dev/"):
            problem, hint = f"{option} {path}: no such device", "list the block devices with: lsblk"
        else:
            hint = _other_meaning(path) or hint
        raise RequestError(problem, hint=hint)
    draft.warnings.append(problem)


def _other_meaning(path: str) -> str | None:
    """Return the hint for a relative path that looks like a sub-option or an address of network storage, or None."""
    directory, _, name = path.rpartition("/")
    if name in _SUB_OPTIONS:
        return f"specify a value for the sub-option '{name}', for example: --disk {name}={_SUB_OPTIONS[name]}"
    protocol, colon, place = (f"{directory.rpartition('/')[2]}/{name}" if ":" in directory else name).partition(":")
    if colon and protocol in _NETWORK_PROTOCOLS:
        source = f"source.protocol={protocol},source.name={place}"
        return f"for network storage, use --disk {source} or --disk vol=POOL/VOLUME"
    return None
