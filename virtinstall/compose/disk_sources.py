"""Sources of disks: conversion of paths, volumes, pools and URLs to <source>.

Source: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms and
https://libvirt.org/formatstorage.html
"""

from __future__ import annotations

from virtinstall.compose.disk_warnings import warn_of_directory, warn_of_size
from virtinstall.compose.draft import Draft
from virtinstall.compose.missing_sources import refuse_missing
from virtinstall.compose.network_sources import OWN_SOURCES, use_network_volume, use_url
from virtinstall.compose.new_volumes import BLOCK_POOLS, NETWORK_POOLS, add_volume, temporary_pool
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, PathFacts, PoolFacts, VolumeFacts
from virtinstall.naming import numbered
from virtinstall.new_image import EXTERNAL_FORMATS, NewImage, Permissions
from virtinstall.safe_text import percent_decoded
from virtinstall.units import human_size, size_argument
from virtinstall.virsh_commands import new_pool_hint

_RAW_FORMATS = ("raw", "iso", "none", "unknown", "")
_SUFFIXES = {"qcow2": ".qcow2", "raw": ".img"}


def is_url(path: str) -> bool:
    """Return whether a disk's path is a URL for network storage; a `file://` URL is a local path."""
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme != "file" and scheme.replace("+", "").replace("-", "").isalnum()


def local_path(path: str) -> str:
    """Return the path in a `file://` URL, with escapes such as `%20` decoded; any other path is returned unchanged.

    Raises: RequestError, if the decoded path contains a character that XML does not allow.
    """
    return percent_decoded(f"--disk {path}", path[7:]) if path.startswith("file://") else path


def requested_path(disk: Disk) -> str | None:
    """Return the path that the request specifies for `disk`, in the field `path` or in a field of <source>.

    The path is returned without the prefix `file://` and without a trailing slash. The result is None if there is no
    path.
    """
    path = disk.path or disk.source_file or disk.source_dev or disk.source_dir
    return None if path is None else local_path(path).rstrip("/") or "/"


def take_from_backing(draft: Draft, disk: Disk, facts: DiskFacts) -> None:
    """Use the size and the format of the backing file if the request does not specify them.

    Raises: RequestError, if the requested size is smaller than that of the backing file.
    """
    if disk.size_bytes is None:
        disk.size_bytes = facts.backing_size_bytes
    path, size, real = disk.backing_store, facts.backing_size_bytes, facts.backing_format
    if size is not None and disk.size_bytes is not None and disk.size_bytes < size:
        raise RequestError(
            f"--disk backing_store={path},size={size_argument(disk.size_bytes)}: "
            f"the disk must not be smaller than its backing file ({human_size(size)})",
            hint=f"omit size=, or use size={size_argument(size, up=True)} or more",
        )
    if disk.backing_format is None:
        disk.backing_format = real
    elif real is not None and disk.backing_format != real:
        draft.warnings.append(
            f"--disk backing_format={disk.backing_format}: {path} looks like {real}; using {disk.backing_format}"
        )


def resolve_source(draft: Draft, disk: Disk, facts: DiskFacts) -> None:
    """Fill in the disk's <source>, type and format, and plan the image or volume to create, if any.

    Raises: RequestError, if the source cannot be used or created as requested.
    """
    path = requested_path(disk)
    _check_directory(disk, facts)
    if facts.local is not None:
        _use_upload(draft, disk, facts, facts.local)
    elif path is not None and is_url(path):
        use_url(draft, disk, path)
    elif facts.volume is not None and disk.source_pool is None:
        _leave_network_source(draft, disk, path)
        _use_volume(draft, disk, facts.volume)
    elif facts.volume is not None and facts.volume.kind not in ("dir", "netdir"):
        # libvirt finds the volume, but QEMU reads it as raw data unless the format is named
        _set_format(disk, facts.volume.format or "raw")
    elif path is not None and disk.type not in OWN_SOURCES:
        _leave_network_source(draft, disk, path)
        _use_path(draft, disk, path, facts)
    elif disk.pool is not None or (disk.size_bytes is not None and (facts.pool is not None or _has_no_source(disk))):
        _use_new_volume(draft, disk, facts)
    if disk.type is None:
        disk.type = _type_of(disk)


def _check_directory(disk: Disk, facts: DiskFacts) -> None:
    """Raise RequestError if the path ends in '/' but is not an existing directory."""
    path = disk.path or ""
    is_directory = facts.path is not None and facts.path.kind == "dir"
    if path.endswith("/") and not is_url(path) and facts.path is not None and not is_directory:
        raise RequestError(
            f"--disk {path}: no such directory; the path of an image must not end in '/'",
            hint=f"specify a file: --disk {path.rstrip('/')}",
        )


def _has_no_source(disk: Disk) -> bool:
    return {disk.source_pool, disk.source_protocol, disk.source_name, disk.source_type} == {None}


def _type_of(disk: Disk) -> str:
    if disk.source_dev is not None:
        return "block"
    if disk.source_dir is not None:
        return "dir"
    if disk.source_pool is not None:
        return "volume"
    if disk.source_protocol is not None:
        return "network"
    return "file"


def set_path(disk: Disk, path: str, kind: str) -> None:
    """Set the disk's <source> to `path`, in the attribute that belongs to the disk's type.

    A disk without a type receives the type `kind`: `file`, `block` or `dir`.
    """
    disk.type = disk.type or kind
    disk.source_file = path if disk.type == "file" else None
    disk.source_dev = path if disk.type == "block" else None
    disk.source_dir = path if disk.type == "dir" else None


def _set_format(disk: Disk, known: str | None) -> None:
    """Set the format that is known; `raw`, if the user requested it, has priority because it is the safe choice."""
    if disk.driver_type is not None:
        return
    if disk.format == "raw":
        disk.driver_type = "raw"
    elif known is not None:
        disk.driver_type = "raw" if known in _RAW_FORMATS else known


def _use_volume(draft: Draft, disk: Disk, volume: VolumeFacts) -> None:
    if (disk.vol is not None and volume.kind in ("network", "netdir")) or volume.pool_type in NETWORK_POOLS:
        use_network_volume(disk, volume.name, volume.pool_xml, volume.path)
    else:
        kind = volume.kind if volume.kind in ("block", "dir") else "file"
        set_path(disk, volume.path, kind)
    if volume.kind in ("dir", "netdir"):
        warn_of_directory(draft, disk, volume.path)
    else:
        _set_format(disk, volume.format or "raw")


def _use_path(draft: Draft, disk: Disk, path: str, facts: DiskFacts) -> None:
    found = facts.path
    if found is not None and found.kind is not None:
        if found.kind == "dir" and disk.size_bytes is not None:
            form = disk.format or default_format(draft, disk)
            name = f"{draft.domain.name}{_SUFFIXES.get(form, f'.{form}')}"
            raise RequestError(
                f"--disk {path}: cannot create an image, because the path is a directory",
                hint="specify a file in the directory: "
                f"--disk {path.rstrip('/')}/{name},size={size_argument(disk.size_bytes)}",
            )
        set_path(disk, path, found.kind)
        warn_of_size(draft, disk, found)
        if found.kind == "dir":
            warn_of_directory(draft, disk, path)
        elif found.kind == "block" or disk.device != "cdrom":
            _set_format(disk, found.format or disk.format)
        return
    if disk.size_bytes is None:
        set_path(disk, path, "block" if path.startswith("/dev/") else "file")
        if found is not None or (not draft.facts.host.local and disk.type == "file"):
            refuse_missing(draft, disk, path)
        _set_format(disk, disk.format)
        return
    _make_at(draft, disk, path, facts)


def _leave_network_source(draft: Draft, disk: Disk, path: str | None) -> None:
    """Remove the network source of a disk that is at `path`."""
    given = [
        name
        for name, value in (
            ("source.protocol", disk.source_protocol),
            ("source.name", disk.source_name),
            ("source.query", disk.source_query),
            ("source.host0", disk.source_hosts or None),
        )
        if value is not None
    ]
    if not given or path is None or disk.type not in (None, "file", "block", "dir"):
        return
    disk.source_protocol = disk.source_name = disk.source_query = None
    disk.source_hosts = []
    draft.warnings.append(f"--disk {path}: ignoring {', '.join(given)}, because a path is specified")


def _refuse_no_size(disk: Disk, what: str) -> None:
    if disk.size_bytes is not None and disk.size_bytes <= 0:
        size = "size=0" if disk.size_bytes == 0 else f"size_bytes={disk.size_bytes}"
        raise RequestError(
            f"--disk {what}{size}: must be greater than 0", hint="specify the size in GiB, for example size=20"
        )


def default_format(draft: Draft, disk: Disk) -> str:
    """Return the default format for a new image: `raw` if the disk is shareable or not read by QEMU, else `qcow2`."""
    if disk.shareable:
        return "raw"
    return "qcow2" if draft.facts.host.is_like_qemu else "raw"


def _make_at(draft: Draft, disk: Disk, path: str, facts: DiskFacts) -> None:
    """Plan a new image at the requested path."""
    size = disk.size_bytes
    assert size is not None
    _refuse_no_size(disk, f"{path},")
    _check_pool_format(disk, facts.pool)
    form = (
        disk.format
        or disk.driver_type
        or (_pool_format(draft, disk, facts.pool) if facts.pool else default_format(draft, disk))
    )
    directory, _, name = path.rpartition("/")
    pool = facts.pool
    if pool is not None and (pool.type in BLOCK_POOLS or not draft.facts.host.local or facts.needs_libvirt):
        add_volume(draft, disk, pool, name, form, size)
    elif path.startswith("/dev/"):
        raise RequestError(
            f"--disk {path}: no such device, and files cannot be created in '/dev'",
            hint="create the device first, or use a path outside '/dev'",
        )
    elif not draft.facts.host.local:
        add_volume(draft, disk, temporary_pool(directory or "/"), name, form, size, temporary_pool=True)
    else:
        _add_image(draft, disk, path, form, size)
    set_path(disk, path, "block" if pool is not None and pool.type in BLOCK_POOLS else "file")
    disk.driver_type = disk.driver_type or form
    disk.is_new = True


def _add_image(draft: Draft, disk: Disk, path: str, form: str, size: int, *, make_folder: bool = False) -> None:
    if form == "vhdx":
        raise RequestError(
            f"--disk {path},format=vhdx: libvirt does not support this format",
            hint="use format=vpc (VHD) or format=qcow2",
        )
    if form not in ("raw", "qcow2", *EXTERNAL_FORMATS):
        raise RequestError(
            f"--disk {path},format={form}: cannot create images in this format",
            hint=f"use one of: raw, qcow2, {', '.join(EXTERNAL_FORMATS[:-1])}",
        )
    draft.images.append(
        NewImage(
            path=path,
            format=form,
            capacity_bytes=size,
            sparse=disk.sparse is not False,
            backing_path=disk.backing_store,
            backing_format=disk.backing_format,
            make_folder=make_folder,
            permissions=_permissions(disk),
        )
    )


def _permissions(disk: Disk) -> Permissions | None:
    mode, owner, group = disk.permissions_mode, disk.permissions_owner, disk.permissions_group
    if mode is None and owner is None and group is None:
        return None
    return Permissions(mode=None if mode is None else int(mode, 8), owner=owner, group=group)


def _use_new_volume(draft: Draft, disk: Disk, facts: DiskFacts) -> None:
    """Plan a new volume in the requested pool, else in the pool `default`."""
    size = disk.size_bytes
    chosen = _named_volume(disk)
    name = disk.pool or (facts.pool.name if facts.pool is not None else "default")
    if size is None:
        raise RequestError(
            f"--disk pool={name}: no size specified for the new volume",
            hint=f"for example: --disk pool={name},size=20",
        )
    _refuse_no_size(disk, f"pool={name}," if disk.pool else "")
    pool = facts.pool
    if pool is None:
        if disk.pool not in (None, "default") or not draft.facts.host.local:
            raise RequestError(f"no such storage pool: '{name}'", hint=new_pool_hint(draft.facts.host.uri, name))
        _make_in_image_directory(draft, disk, size)
        return
    _check_pool_format(disk, pool)
    form = disk.format or _pool_format(draft, disk, pool)
    volume = chosen or _free_volume_name(draft, form, pool, facts)
    if chosen is None:
        draft.generated.add(f"{pool.name}/{volume}")
    add_volume(draft, disk, pool, volume, form, size)
    if disk.source_pool is not None:
        disk.type = disk.type or "volume"
    elif pool.type in NETWORK_POOLS:
        use_network_volume(disk, volume, pool.xml, "")
    else:
        set_path(disk, f"{pool.target}/{volume}", "block" if pool.type in BLOCK_POOLS else "file")
    disk.driver_type = disk.driver_type or form
    disk.is_new = True


def _named_volume(disk: Disk) -> str | None:
    """Return the name that the user chose for the new volume, or None."""
    return disk.vol.partition("/")[2] if disk.vol is not None else disk.source_volume


def _use_upload(draft: Draft, disk: Disk, facts: DiskFacts, local: PathFacts) -> None:
    """Plan the upload of a local image to a volume of the same name in the pool."""
    name = local.path.rpartition("/")[2]
    assert facts.pool is not None
    requested = f"--disk path={local.path},pool={facts.pool.name}"
    if disk.size_bytes is not None:
        raise RequestError(
            f"{requested}: size= is not supported, because the copy has the same size as the image", hint="omit size="
        )
    if facts.pool.type in BLOCK_POOLS or facts.pool.type in NETWORK_POOLS:
        raise RequestError(
            f"{requested}: a pool of type {facts.pool.type} cannot store files", hint="use a pool of type dir"
        )
    if name in facts.taken_names:
        raise RequestError(
            f"{requested}: the pool already contains a volume named '{name}'",
            hint=f"rename the file, or use the existing volume: --disk vol={facts.pool.name}/{name}",
        )
    # a raw volume at first: the upload replaces its content, and the format is that of the file
    add_volume(draft, disk, facts.pool, name, "raw", local.size_bytes, upload_from=local.path)
    set_path(disk, f"{facts.pool.target}/{name}", "file")
    if disk.device != "cdrom":
        _set_format(disk, local.format or disk.format)
    disk.is_new = True


def _make_in_image_directory(draft: Draft, disk: Disk, size: int) -> None:
    """Plan the image in the image directory if there is no default pool, because pools are created only on request."""
    form = disk.format or default_format(draft, disk)
    directory = draft.facts.host.image_dir
    taken = {path.rpartition("/")[2] for path in draft.new_paths()} | set(draft.facts.storage.image_names)
    name = numbered(str(draft.domain.name), _SUFFIXES.get(form, f".{form}"), taken)
    path = f"{directory}/{name}"
    draft.generated.add(path)
    _add_image(draft, disk, path, form, size, make_folder=True)
    set_path(disk, path, "file")
    disk.driver_type = disk.driver_type or form
    disk.is_new = True


def _check_pool_format(disk: Disk, pool: PoolFacts | None) -> None:
    if disk.format is not None and pool is not None and pool.type in BLOCK_POOLS:
        raise RequestError(
            f"--disk format={disk.format}: volumes in the pool '{pool.name}' ({pool.type}) have no image format",
            hint="omit format=",
        )


def _pool_format(draft: Draft, disk: Disk, pool: PoolFacts) -> str:
    block = pool.type in BLOCK_POOLS or pool.type in NETWORK_POOLS
    return "raw" if block else default_format(draft, disk)


def _free_volume_name(draft: Draft, form: str, pool: PoolFacts, facts: DiskFacts) -> str:
    block = pool.type in BLOCK_POOLS or pool.type in NETWORK_POOLS
    suffix = "" if block else _SUFFIXES.get(form, f".{form}")
    taken = set(facts.taken_names) | {volume.name for volume in draft.volumes if volume.pool == pool.name}
    return numbered(str(draft.domain.name), suffix, taken)
