"""The storage of a disk: a volume of the guest, and the DataVolume that fills it.

Source: https://kubevirt.io/user-guide/storage/disks_and_volumes/,
https://github.com/kubevirt/containerized-data-importer/blob/main/doc/datavolumes.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.kubevirt.conversion import Conversion, Node, add, quantity
from virtinstall.kubevirt.names import LONGEST_LABEL, check_reference
from virtinstall.units import GIB

if TYPE_CHECKING:
    from virtinstall.devices.disk import Disk
    from virtinstall.images.source import ImageSource

REGISTRY = "docker://"
DEFAULT_DISK_BYTES = 20 * GIB
MEDIUM_BYTES = 10 * GIB
"""Size of the volume of an ISO image, which only the server knows."""
_CLAIM, _DATA_VOLUME = "pvc/", "dv/"
_HOST_FIELDS = ("backing_store", "source_file", "source_dev", "source_dir", "source_protocol", "source_name")


def volume_of(conversion: Conversion, disk: Disk, name: str, image: ImageSource | None) -> Node | None:
    """Return the source of the volume `name`, or None if the disk has none; what is taken is removed from `disk`."""
    url = _url(conversion, disk)
    claim = _claim(conversion, disk)
    pool, size = conversion.take(disk, "pool"), conversion.take(disk, "size_bytes")
    temporary, sparse = conversion.take(disk, "transient"), conversion.take(disk, "sparse")
    copied = conversion.take(disk, "image_copy")
    wanted = conversion.take(disk, "image")
    if copied is False:
        conversion.refuse("disk", "image.copy", "no", "each disk is a copy of its image")
    if claim is not None:
        if size is not None or pool is not None:
            conversion.refuse("disk", "vol", claim, "an existing volume already has its size and storage class")
        return _existing(conversion, claim, temporary=bool(temporary))
    if wanted is not None or url is not None:
        assert image is not None or url is not None
        reference = image.url if image is not None and image.kind == "registry" else None
        if image is not None and image.kind == "path":
            conversion.refuse(
                "disk",
                "image",
                wanted,
                "it is a file of one host",
                "use image=URL, or upload it with `virtctl image-upload` and use vol=pvc/NAME",
            )
            return None
        if temporary:
            if reference is None:
                conversion.refuse("disk", "transient", "yes", "only an image of a registry can be used without a copy")
                return None
            return {"containerDisk": {"image": reference}}
        address = url or (image.url if image is not None and reference is None else None)
        source: Node = {"registry": {"url": f"{REGISTRY}{reference}"}}
        if address:
            source = {"http": _http(conversion, address, name)}
        return _data_volume(conversion, disk, name, source, size, pool, sparse)
    if size is not None:
        if temporary:
            return {"emptyDisk": {"capacity": quantity(size)}}
        return _data_volume(conversion, disk, name, {"blank": {}}, size, pool, sparse)
    for attribute, value in (("pool", pool), ("transient", temporary), ("sparse", sparse)):
        if value is not None:
            conversion.refuse("disk", attribute, value, "the disk has no size")
    return None


def _http(conversion: Conversion, address: str, name: str) -> Node:
    """The source of an address, whose login is in a Secret."""
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
    """Whether the disk names something that only a host has, which is reported by name."""
    return any(getattr(disk, name) is not None for name in (*_HOST_FIELDS, "path", "vol", "source_pool"))


def _url(conversion: Conversion, disk: Disk) -> str | None:
    """The web address that --disk names as a path."""
    path = disk.path
    if path is None or not path.startswith(("http://", "https://")):
        return None
    return str(conversion.take(disk, "path"))


def _claim(conversion: Conversion, disk: Disk) -> str | None:
    """The volume of the cluster that --disk vol= names: `pvc/NAME`, `dv/NAME`."""
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
            conversion.refuse("disk", "transient", "yes", "only a claim (vol=pvc/NAME) can be used without writing")
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
            f"the name of the volume '{full}' has more than {LONGEST_LABEL} characters", "use a shorter --name"
        )
    storage: Node = {}
    if disk.shareable:
        # several guests write to it: only a raw block device can be shared safely
        storage.update({"accessModes": ["ReadWriteMany"], "volumeMode": "Block"})
    elif disk.device == "lun":
        storage["volumeMode"] = "Block"
    requests: Node = {"storage": quantity(size if size is not None else _default_size(conversion, disk))}
    if size is None:
        conversion.comment(requests, "storage", "assumed: the size was not given (--disk size=)")
    storage["resources"] = {"requests": requests}
    if pool is not None and pool != "default":
        check_reference(conversion, "disk pool=", "StorageClass", pool)
        storage["storageClassName"] = pool
        conversion.comment(storage, "storageClassName", "assumed: a StorageClass with the name of the pool")
    spec: Node = {"source": source, "storage": storage}
    add(spec, "preallocation", True if sparse is False else None)
    conversion.data_volumes.append({"metadata": {"name": full}, "spec": spec})
    return {"dataVolume": {"name": full}}


def _default_size(conversion: Conversion, disk: Disk) -> int:
    if disk.device == "cdrom":
        return MEDIUM_BYTES
    return max(conversion.os.recommended_storage_bytes(conversion.arch) or 0, DEFAULT_DISK_BYTES)
