"""New volumes, which libvirt creates in a pool.

Source: https://libvirt.org/formatstorage.html#storage-volume-xml
"""

from __future__ import annotations

from lxml import etree

from virtinstall.compose.draft import Draft
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.facts import PoolFacts
from virtinstall.plan import NewVolume
from virtinstall.units import human_size

BLOCK_POOLS = ("logical", "disk", "iscsi", "scsi", "mpath", "zfs")
TEMPORARY_POOL_PREFIX = "virtinstall-temporary-"
NETWORK_POOLS = ("rbd", "gluster", "sheepdog", "iscsi-direct")


def temporary_pool(directory: str) -> PoolFacts:
    """Return the facts about a temporary pool for a directory that no pool manages.

    The pool's name is derived from the directory's path.
    """
    from hashlib import sha256

    name = f"{TEMPORARY_POOL_PREFIX}{sha256(directory.encode()).hexdigest()[:12]}"
    return PoolFacts(name=name, type="dir", target=directory, active=True, xml="", available_bytes=None)


def volume_element(name: str, size: int, allocation: int = 0) -> etree._Element:
    """Return the <volume> element for a new volume; `size`, which is its capacity, and `allocation` are in bytes."""
    root = etree.Element("volume")
    etree.SubElement(root, "name").text = name
    etree.SubElement(root, "capacity", unit="bytes").text = str(size)
    etree.SubElement(root, "allocation", unit="bytes").text = str(allocation)
    return root


def _add_permissions(target: etree._Element, disk: Disk) -> None:
    """Add the mode, owner and group of a volume; libvirt accepts only numeric IDs, which are those of its host.

    Raises: RequestError, if a value is not a number.
    """
    values = {"mode": disk.permissions_mode, "owner": disk.permissions_owner, "group": disk.permissions_group}
    given = {tag: value for tag, value in values.items() if value is not None}
    for tag, value in given.items():
        if not value.isdecimal():
            if tag == "mode":
                raise RequestError(f"--disk permissions.mode={value}: must be an octal file mode, such as 0640")
            kind, database = ("group", "group") if tag == "group" else ("user", "passwd")
            raise RequestError(
                f"--disk permissions.{tag}={value}: must be a numeric {kind} ID, because the disk is a volume",
                hint=f"find the {kind} ID on the host with: getent {database} {value}",
            )
    if given:
        permissions = etree.SubElement(target, "permissions")
        for tag, value in given.items():
            etree.SubElement(permissions, tag).text = value


def add_volume(
    draft: Draft,
    disk: Disk,
    pool: PoolFacts,
    name: str,
    form: str,
    size: int,
    *,
    upload_from: str | None = None,
    temporary_pool: bool = False,
) -> None:
    """Plan a new volume of `size` bytes for `disk`; `form` is its image format.

    `upload_from` is the path of the local file to copy into the volume, or None for an empty volume.
    `temporary_pool` is true if `pool` is created for this volume and removed afterwards.

    Raises: RequestError, if the pool does not have enough space, if a backing file is requested but the pool does not
    support backing files, or if the requested mode, owner or group is not numeric.
    """
    full = disk.sparse is False or (pool.type in BLOCK_POOLS and pool.type != "logical")
    root = volume_element(name, size, size if full or pool.type == "logical" else 0)
    if pool.type in (*BLOCK_POOLS, *NETWORK_POOLS):
        if disk.backing_store is not None:
            raise RequestError(
                f"--disk backing_store={disk.backing_store}: volumes in the pool '{pool.name}' ({pool.type}) "
                "cannot have a backing file",
                hint=f"use a copy of the backing file instead: --disk pool={pool.name},image={disk.backing_store}",
            )
    else:
        target = etree.SubElement(root, "target")
        etree.SubElement(target, "format", type=form)
        _add_permissions(target, disk)
        if disk.backing_store is not None:
            backing = etree.SubElement(root, "backingStore")
            etree.SubElement(backing, "path").text = disk.backing_store
            if disk.backing_format is not None:
                etree.SubElement(backing, "format", type=disk.backing_format)
    if not pool.active and pool.name not in draft.start_pools:
        draft.start_pools.append(pool.name)
    available = pool.available_bytes
    if available is not None and size > available:
        limit = "" if full or upload_from is not None else "up to "
        problem = (
            f"the pool '{pool.name}' has {human_size(available)} free; the disk requires {limit}{human_size(size)}"
        )
        if draft.request.checks.disk_size:
            way = "use another pool" if upload_from is not None else "reduce size="
            raise RequestError(problem, hint=f"{way}, or skip this check with: --check disk_size=off")
        draft.warnings.append(problem)
    draft.volumes.append(
        NewVolume(
            pool=pool.name,
            name=name,
            xml=etree.tostring(root, encoding="unicode"),
            capacity_bytes=size,
            upload_from=upload_from,
            path=f"{pool.target}/{name}" if pool.target is not None else "",
            temporary_pool=temporary_pool,
        )
    )
