"""The storage of a disk: a volume of the guest, and the DataVolume that fills it.

Source: https://kubevirt.io/user-guide/storage/disks_and_volumes/,
https://github.com/kubevirt/containerized-data-importer/blob/main/doc/datavolumes.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.kubevirt.conversion import Conversion, Node, add, quantity
from virtinstall.kubevirt.names import LONGEST_LABEL, check_reference
from virtinstall.kubevirt.reasons import HOST_FILE
from virtinstall.units import GIB

if TYPE_CHECKING:
    from virtinstall.devices.disk import Disk
    from virtinstall.images.source import ImageSource

REGISTRY = "docker://"
DEFAULT_DISK_BYTES = 20 * GIB
MEDIUM_BYTES = 10 * GIB
"""Size of the volume of an ISO image, which only the server knows."""
_CLAIM, _DATA_VOLUME = "pvc/", "dv/"
_VALUES = ("image", "image_copy", "pool", "size_bytes", "transient", "sparse")
_HOST_FIELDS = ("backing_store", "source_file", "source_dev", "source_dir", "source_protocol", "source_name")


def volume_of(conversion: Conversion, disk: Disk, name: str, image: ImageSource | None) -> Node | None:
    """Return the source of the volume for `disk`; None if the disk has no volume, or only one that cannot be used.

    Values that are used are removed from `disk`, and unsupported ones are reported. `name` is the name of the volume.
    `image` is the image of the disk, or None.
    """
    url, claim = _url(conversion, disk), _claim(conversion, disk)
    given = {name: conversion.take(disk, name) for name in _VALUES}
    given["path"] = url
    if given.pop("image_copy") is False:
        conversion.refuse("disk", "image.copy", "no", "each disk is a copy of its image")
    if claim is not None:
        source: Node | None = _existing(conversion, claim, temporary=bool(given.pop("transient")))
        _report_unused(conversion, given, "an existing volume already has its content, size and storage class")
        return source
    if given["image"] is not None and image is not None and image.kind != "registry":
        if image.kind == "path":
            conversion.refuse(
                "disk",
                "image",
                given["image"],
                HOST_FILE,
                "use image=URL, or upload the image with `virtctl image-upload` and use vol=pvc/NAME",
            )
            return None
        url = url or image.url
    if given["image"] is not None and given["path"] is not None:
        conversion.refuse("disk", "path", given["path"], "image= is already the source of the disk")
    if given.pop("transient"):
        return _temporary(conversion, given, image)
    content: Node = {"blank": {}}
    if url is not None:
        content = {"http": _http(conversion, url, name)}
    elif image is not None:
        content = {"registry": {"url": f"{REGISTRY}{image.url}"}}
    elif given["size_bytes"] is None:
        _report_unused(conversion, given, "it requires size=")
        return None
    return _data_volume(conversion, disk, name, content, given["size_bytes"], given["pool"], given["sparse"])


def _temporary(conversion: Conversion, given: Node, image: ImageSource | None) -> Node | None:
    """Return the volume of a disk whose content is discarded when the guest stops; None if there is none."""
    image_text, size = given.pop("image"), given.pop("size_bytes")
    if image_text is None and given["path"] is None and size is not None:
        _report_unused(conversion, given, "a temporary disk has no storage class")
        return {"emptyDisk": {"capacity": quantity(size)}}
    if image_text is None and given["path"] is None:
        conversion.refuse("disk", "transient", "yes", "a transient disk requires size= or image=")
        return None
    if image is None or image.kind != "registry":
        conversion.refuse(
            "disk",
            "transient",
            "yes",
            "only an image in a registry can be used without a copy",
            "use image=docker://REF",
        )
        return None
    given["size_bytes"] = size
    _report_unused(conversion, given, "an image that is used without a copy keeps its size")
    return {"containerDisk": {"image": image.url}}


def _report_unused(conversion: Conversion, given: Node, why: str) -> None:
    names = {"size_bytes": "size", "path": "path"}
    for attribute, value in given.items():
        if value is not None:
            shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
            shown = f"{value / GIB:g}" if attribute == "size_bytes" else shown
            conversion.refuse("disk", names.get(attribute, attribute), shown, why)


def _http(conversion: Conversion, address: str, name: str) -> Node:
    """Return the source for a web address; a login in it is stored in a Secret."""
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(address)
    if parts.username is None and parts.password is None:
        return {"url": address}
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    texts = {"accessKeyId": unquote(parts.username or ""), "secretKey": unquote(parts.password or "")}
    node: Node = {"url": plain}
    conversion.add_secret(f"{name}-login", texts, node, "secretRef")
    return node


def is_from_host(disk: Disk) -> bool:
    """Return whether a source is set that may exist only on a host, such as a file or a volume."""
    return any(getattr(disk, name) is not None for name in (*_HOST_FIELDS, "path", "vol", "source_pool"))


def _url(conversion: Conversion, disk: Disk) -> str | None:
    """Return the web address that --disk names as a path; None for other paths."""
    path = disk.path
    if path is None or not path.startswith(("http://", "https://")):
        return None
    return str(conversion.take(disk, "path"))


def _claim(conversion: Conversion, disk: Disk) -> str | None:
    """Return the volume of the cluster that --disk vol= names (`pvc/NAME`, `dv/NAME`), or None."""
    if disk.vol is not None and disk.vol.startswith((_CLAIM, _DATA_VOLUME)):
        return str(conversion.take(disk, "vol"))
    if disk.source_pool in ("pvc", "dv") and disk.source_volume is not None:
        return f"{conversion.take(disk, 'source_pool')}/{conversion.take(disk, 'source_volume')}"
    return None


def _existing(conversion: Conversion, claim: str, *, temporary: bool) -> Node:
    kind, _, name = claim.partition("/")
    check_reference(conversion, "disk vol=", "PersistentVolumeClaim" if kind == "pvc" else "DataVolume", name)
    if kind == "dv":
        if temporary:
            conversion.refuse("disk", "transient", "yes", "only vol=pvc/NAME can be temporary")
        return {"dataVolume": {"name": name}}
    source: Node = {"claimName": name}
    return {"ephemeral": {"persistentVolumeClaim": source}} if temporary else {"persistentVolumeClaim": source}


def _data_volume(
    conversion: Conversion,
    disk: Disk,
    name: str,
    source: Node,
    size: int | None,
    pool: str | None,
    sparse: bool | None,
) -> Node:
    """Add the template of a DataVolume, named after guest and disk."""
    full = f"{conversion.name}-{name}"
    if len(full) > LONGEST_LABEL:
        conversion.break_rule(
            f"the volume name '{full}' has more than {LONGEST_LABEL} characters", "use a shorter --name"
        )
    storage: Node = {}
    if disk.shareable:
        # several guests write to it: only a raw block device can be shared safely
        storage.update({"accessModes": ["ReadWriteMany"], "volumeMode": "Block"})
    elif disk.device == "lun":
        storage["volumeMode"] = "Block"
    requests: Node = {"storage": quantity(size if size is not None else _default_size(conversion, disk))}
    if size is None:
        conversion.comment(requests, "storage", "assumed, because no size was specified (--disk size=)")
    storage["resources"] = {"requests": requests}
    if pool is not None and pool != "default":
        check_reference(conversion, "disk pool=", "StorageClass", pool)
        storage["storageClassName"] = pool
        conversion.comment(storage, "storageClassName", "assumed: a StorageClass with the name of the pool exists")
    spec: Node = {"source": source, "storage": storage}
    add(spec, "preallocation", True if sparse is False else None)
    conversion.data_volumes.append({"metadata": {"name": full}, "spec": spec})
    return {"dataVolume": {"name": full}}


def _default_size(conversion: Conversion, disk: Disk) -> int:
    if disk.device == "cdrom":
        return MEDIUM_BYTES
    return max(conversion.os.recommended_storage_bytes(conversion.arch) or 0, DEFAULT_DISK_BYTES)
