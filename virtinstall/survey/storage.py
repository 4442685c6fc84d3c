"""The existing and missing storage of each disk of a request; nothing is changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import TYPE_CHECKING

from virtinstall.compose.disk_sources import is_url, local_path, requested_path
from virtinstall.compose.network_sources import OWN_SOURCES
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, HostFacts, ImageFacts, MediaFacts, PathFacts, PoolFacts, StorageFacts
from virtinstall.libvirt_host.host import Host, has_real_storage
from virtinstall.virsh_commands import new_pool_hint, virsh_command

_IMAGE_FORMATS = ("raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "vpc", "vhdx", "luks", "parallels", "bochs", "cloop")
_FILE_POOLS = ("dir", "fs", "netfs")

if TYPE_CHECKING:
    from virtinstall.devices.disk import Disk
    from virtinstall.request import Request
    from virtinstall.storage.probe import ImageInfo


def survey_storage(
    request: Request,
    host: Host,
    facts: HostFacts,
    media: MediaFacts | None,
    images: Sequence[ImageFacts | None] = (),
) -> StorageFacts:
    """Return the facts about the disks of the request and about the install medium.

    `media` is the install medium, or None. `images` contains, for each disk, the image that it starts from, or None; it
    is empty if no disk starts from an image.

    Raises: RequestError, if a pool, volume or backing file does not exist, or if a value is invalid.
    """
    from virtinstall.devices.disk import Disk

    disks = request.domain.devices_of(Disk)
    found = tuple(_with_backing(disk, _disk_facts(disk, facts, host), host) for disk in disks)
    if images:
        found = tuple(disk.replace(image=image) for disk, image in zip(found, images, strict=True))
    default_disk = None
    if not disks and "disk" not in request.without:
        default_disk = _disk_facts(Disk(size_bytes=0), facts, host)
    install = request.install
    names_seed = install.cloud_init is not None
    needs_names = names_seed or any(_has_size(disk) and disk.path is None for disk in disks) or default_disk is not None
    cdrom = install.cdrom or (media.location if media is not None and media.attach else None)
    has_seed = names_seed or install.ignition is not None or install.image_defaults
    return StorageFacts(
        disks=found,
        disk_folder=_disk_folder(disks) if facts.local and has_seed else None,
        default_disk=default_disk,
        cdrom=None if cdrom is None else _cdrom_facts(cdrom, facts, host),
        upload_pool=None if facts.local else _upload_pool(found, host),
        local_files=frozenset() if facts.local else _local_files(request, host),
        image_names=_names_in(facts.image_dir) if needs_names and facts.local else frozenset(),
    )


def _disk_folder(disks: list[Disk]) -> str | None:
    """Return the directory of the guest's first disk, or None.

    None if that disk is not specified by path, or if this user cannot create files in the directory.
    """
    path = requested_path(disks[0]) if disks else None
    if path is None or "://" in path:
        return None
    folder = os.path.dirname(os.path.abspath(path))
    return folder if os.access(folder, os.W_OK | os.X_OK) and not folder.startswith("/dev") else None


def _upload_pool(disks: tuple[DiskFacts, ...], host: Host) -> PoolFacts | None:
    """Return the remote host's pool for uploads: the first disk's pool, or `default`; None if there is none."""
    pools = [disk.pool or (host.pool(disk.volume.pool) if disk.volume is not None else None) for disk in disks]
    usable = (pool for pool in (*pools, host.pool("default")) if pool is not None and pool.type in _FILE_POOLS)
    return next(usable, None)


def _local_files(request: Request, host: Host) -> frozenset[str]:
    """Return the paths of the kernel and initrd that are files of this machine and not of the remote host."""
    named = (request.install.kernel, request.install.initrd)
    return frozenset(path for path in named if path and os.path.isfile(path) and host.volume_by_path(path) is None)


def _cdrom_facts(given: str, facts: HostFacts, host: Host) -> DiskFacts:
    """Return the facts about the install medium; a file that only this machine has is uploaded to the remote host."""
    path = given if is_url(given) else os.path.abspath(local_path(given))
    found = _path_facts(path, facts, host, cdrom=True)
    sent = not facts.local and facts.has_real_storage and found.volume is None and os.path.isfile(path)
    return DiskFacts(local=look_at(path, probe=False)) if sent else found


def _exists(disk: DiskFacts) -> bool:
    return disk.volume is not None or (disk.path is not None and disk.path.kind is not None)


def _names_in(directory: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(directory))
    except OSError:
        return frozenset()


def _disk_facts(disk: Disk, facts: HostFacts, host: Host) -> DiskFacts:
    if disk.vol is not None:
        return _volume_facts(disk.vol, host, may_make=_has_size(disk))
    path = requested_path(disk)
    if (disk.source_pool is None) != (disk.source_volume is None):
        given, lacking = ("pool", "volume") if disk.source_volume is None else ("volume", "pool")
        raise RequestError(
            f"--disk source.{given}= requires source.{lacking}=",
            hint="use --disk vol=POOL/VOLUME for an existing volume, or --disk pool=POOL,size=20 for a new one",
        )
    if disk.source_pool is not None and disk.source_volume is not None:
        if host.pool(disk.source_pool) is None:
            raise _no_pool(f"--disk source.pool={disk.source_pool}", disk.source_pool, host)
        volume = host.volume(disk.source_pool, disk.source_volume)
        if volume is None and (_has_size(disk) or facts.has_real_storage):
            return _volume_facts(f"{disk.source_pool}/{disk.source_volume}", host, may_make=_has_size(disk))
        return DiskFacts(volume=volume)
    if path is not None and disk.pool is not None and disk.size_bytes is None and os.path.isfile(path):
        local = look_at(path, probe=disk.device != "cdrom")
        return _pool_facts(disk.pool, host).replace(local=local)
    if path is not None:
        if disk.pool is not None:
            _require_in_pool(path, disk.pool, host)
        if is_url(path) or disk.type in OWN_SOURCES:
            return DiskFacts()
        return _path_facts(path, facts, host, cdrom=disk.device == "cdrom", may_make=_has_size(disk))
    if disk.pool is not None or _has_size(disk):
        return _pool_facts(disk.pool or "default", host)
    return DiskFacts()


def _require_in_pool(path: str, name: str, host: Host) -> None:
    """Check that the pool holds the files of the path's directory.

    Raises: RequestError, if it does not.
    """
    pool = host.pool(name)
    if pool is None:
        raise _no_pool(f"--disk pool={name}", name, host)
    if is_url(path) or os.path.dirname(path) != (pool.target or "").rstrip("/"):
        place = "which has no directory" if not pool.target else f"whose directory is {pool.target}"
        volume = f"{name}/{os.path.basename(path)}"
        raise RequestError(
            f"--disk path={path},pool={name}: the path is not in the pool '{name}', {place}",
            hint=f"omit path= or pool=, or create a volume in the pool with: --disk vol={volume},size=20",
        )


def _has_size(disk: Disk) -> bool:
    """Return whether an image can be created: a size is specified, or the new image starts from another one."""
    return any(value is not None for value in (disk.size_bytes, disk.backing_store, disk.image))


def _with_backing(disk: Disk, found: DiskFacts, host: Host) -> DiskFacts:
    """Return `found` with format and size of the backing image, read from its header if libvirt does not know them.

    Raises: RequestError, if there is no such image, and no size either.
    """
    path = disk.backing_store
    if path is None or _exists(found) or not has_real_storage(host):
        return found
    volume = host.volume_by_path(path)
    if volume is not None:
        return found.replace(backing_size_bytes=volume.capacity_bytes, backing_format=volume.format)
    if not host.is_local():
        return found
    if not os.path.lexists(path):
        if disk.size_bytes is not None:
            # with a size, the preview is complete; creating the disk fails later
            return found
        raise RequestError(f"--disk backing_store={path}: no such file", hint="check the path")
    from virtinstall.storage.probe import probe_image

    given = disk.backing_format
    if given is not None and given not in _IMAGE_FORMATS:
        near = _near(given, frozenset(_IMAGE_FORMATS))
        raise RequestError(
            f"--disk backing_format={given}: unknown format", hint=near or f"use one of: {', '.join(_IMAGE_FORMATS)}"
        )
    image = probe_image(path)
    size = image.virtual_size if given in (None, image.format) else probe_image(path, given).virtual_size
    return found.replace(backing_size_bytes=size, backing_format=image.format)


def _volume_facts(text: str, host: Host, *, may_make: bool = False) -> DiskFacts:
    """Return the facts about the volume POOL/VOLUME, or with `may_make` about the pool in which to create it.

    Raises: RequestError, if there is neither.
    """
    pool, slash, name = text.partition("/")
    if not slash or not name or "/" in name:
        raise RequestError(
            f"--disk vol={text}: must be POOL/VOLUME", hint="for example: --disk vol=default/guest.qcow2"
        )
    volume = host.volume(pool, name)
    known = host.pool(pool)
    if volume is None and known is not None and known.active and known.type in _FILE_POOLS:
        # the file may be newer than libvirt's list
        host.refresh_pool(pool)
        volume = host.volume(pool, name)
    if volume is None and may_make and known is not None:
        return _pool_facts(pool, host)
    if volume is None:
        if known is None:
            raise _no_pool(f"--disk vol={text}", pool, host)
        listing = f"list the volumes with: {virsh_command(host.uri, 'vol-list', pool)}"
        raise RequestError(f"--disk vol={text}: no such volume", hint=_near(name, host.volume_names(pool)) or listing)
    return DiskFacts(volume=volume)


def _near(name: str, known: set[str] | frozenset[str]) -> str | None:
    from virtinstall.similar import did_you_mean

    return did_you_mean(name, sorted(known))


def _no_pool(option: str, name: str, host: Host) -> RequestError:
    hint = _near(name, {known.name for known in host.pools()})
    if hint is None and name == "default":
        hint = new_pool_hint(host.uri, name)
    named = "" if option.endswith(name) else f": '{name}'"
    return RequestError(
        f"{option}: no such storage pool{named}",
        hint=hint or f"list the pools with: {virsh_command(host.uri, 'pool-list', '--all')}",
    )


def _pool_facts(name: str, host: Host) -> DiskFacts:
    pool = host.pool(name)
    if pool is None:
        if name != "default":
            raise _no_pool(f"--disk pool={name}", name, host)
        return DiskFacts()
    if pool.active and not (host.is_local() and os.access(pool.target or "/", os.X_OK)):
        # it is not visible from here which files are left
        host.refresh_pool(name)
    return DiskFacts(pool=pool, taken_names=host.volume_names(name) if pool.active else frozenset())


def _path_facts(path: str, facts: HostFacts, host: Host, *, cdrom: bool = False, may_make: bool = False) -> DiskFacts:
    if is_url(path):
        return DiskFacts()
    volume = host.volume_by_path(path)
    found = look_at(path, probe=not cdrom) if facts.local and facts.has_real_storage else None
    if not facts.has_real_storage and volume is None:
        found = look_at(path, probe=False) if os.path.exists(path) else PathFacts(path=path, kind=None)
    if volume is not None or (found is not None and found.kind is not None) or not may_make:
        return DiskFacts(path=found, volume=volume)
    pool = _managing_pool(os.path.dirname(path), host)
    directory = os.path.dirname(path)
    writable = facts.local and os.access(directory, os.W_OK | os.X_OK) and facts.has_real_storage
    return DiskFacts(path=found, pool=pool, needs_libvirt=pool is not None and not writable)


def _managing_pool(directory: str, host: Host) -> PoolFacts | None:
    for pool in host.pools():
        if pool.target is not None and pool.target.rstrip("/") == directory.rstrip("/"):
            return pool
    return None


def look_at(path: str, *, probe: bool = True) -> PathFacts:
    """Return the facts about a local path.

    If `probe` is true, the image format and capacity of a regular file are read from its header.
    """
    try:
        found = os.stat(path)
    except OSError:
        return PathFacts(path=path, kind=None)
    if stat.S_ISDIR(found.st_mode):
        return PathFacts(path=path, kind="dir")
    if stat.S_ISBLK(found.st_mode):
        return PathFacts(path=path, kind="block", format="raw")
    image = _probed(path) if probe else None
    return PathFacts(
        path=path,
        kind="file",
        format=None if image is None else image.format,
        size_bytes=found.st_size,
        capacity_bytes=None if image is None else image.virtual_size,
    )


def _probed(path: str) -> ImageInfo | None:
    from virtinstall.errors import StorageError
    from virtinstall.storage.probe import probe_image

    try:
        return probe_image(path)
    except StorageError:
        return None
