"""Where each disk's data is, or will be: paths, volumes, pools and URLs become <source>.

Source: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms and
https://libvirt.org/formatstorage.html
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from lxml import etree

from virtinstall.compose.draft import Draft
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.facts import DiskFacts, PoolFacts, VolumeFacts
from virtinstall.new_image import NewImage
from virtinstall.plan import NewVolume
from virtinstall.units import human_size

_BLOCK_POOLS = ("logical", "disk", "iscsi", "scsi", "mpath", "zfs")
_NETWORK_POOLS = ("rbd", "gluster", "sheepdog", "iscsi-direct")
_RAW_FORMATS = ("raw", "iso", "none", "unknown", "")
_SUFFIXES = {"qcow2": ".qcow2", "raw": ".img"}


def is_url(path: str) -> bool:
    """Whether a disk's path is a URL of network storage (`file://` is a plain path)."""
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme != "file" and scheme.replace("+", "").replace("-", "").isalnum()


def local_path(path: str) -> str:
    """A path without the `file://` before it."""
    return unquote(path[7:]) if path.startswith("file://") else path


def wished_path(disk: Disk) -> str | None:
    """The path that the user named for this disk, in whichever way; None where there is none."""
    path = disk.path or disk.source_file or disk.source_dev or disk.source_dir
    return None if path is None else local_path(path)


def settle_source(draft: Draft, disk: Disk, facts: DiskFacts) -> None:
    """Fill in <source>, the type and the format; note what has to be made.

    Raises: RequestError, when the disk can't be what was asked for.
    """
    path = wished_path(disk)
    if path is not None and is_url(path):
        _use_url(disk, path)
    elif facts.volume is not None and disk.source_pool is None:
        _use_volume(draft, disk, facts.volume)
    elif path is not None:
        _use_path(draft, disk, path, facts)
    elif disk.pool is not None or (disk.size_bytes is not None and _has_no_source(disk)):
        _use_new_volume(draft, disk, facts)
    if disk.type is None:
        disk.type = _type_of(disk)


def _has_no_source(disk: Disk) -> bool:
    values = (disk.source_pool, disk.source_protocol, disk.source_name, disk.source_type)
    return all(value is None for value in values)


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
    """Have <source> name `path` in the attribute that goes with the disk's type."""
    disk.type = disk.type or kind
    disk.source_file = path if disk.type == "file" else None
    disk.source_dev = path if disk.type == "block" else None
    disk.source_dir = path if disk.type == "dir" else None


def _set_format(disk: Disk, known: str | None) -> None:
    """Write the format that is known; `raw` from the user always counts, as the safe one."""
    if disk.driver_type is not None:
        return
    if disk.format == "raw":
        disk.driver_type = "raw"
    elif known is not None:
        disk.driver_type = "raw" if known in _RAW_FORMATS else known


def _use_volume(draft: Draft, disk: Disk, volume: VolumeFacts) -> None:
    if (disk.vol is not None and volume.kind in ("network", "netdir")) or volume.pool_type in _NETWORK_POOLS:
        _use_network_volume(disk, volume.name, volume.pool_xml, volume.path)
    else:
        kind = volume.kind if volume.kind in ("block", "dir") else "file"
        set_path(disk, volume.path, kind)
    default = None if volume.kind in ("dir", "netdir") else "raw"
    _set_format(disk, volume.format or default)


def _use_path(draft: Draft, disk: Disk, path: str, facts: DiskFacts) -> None:
    found = facts.path
    if found is not None and found.kind is not None:
        set_path(disk, path, found.kind)
        if found.kind != "dir" and disk.device != "cdrom":
            _set_format(disk, found.format or disk.format)
        return
    if disk.size_bytes is None:
        set_path(disk, path, "block" if path.startswith("/dev/") else "file")
        known_missing = found is not None and not path.startswith("/dev/")
        if (known_missing or not draft.facts.host.local) and disk.type == "file":
            _refuse_missing(draft, disk, path)
        _set_format(disk, disk.format)
        return
    _make_at(draft, disk, path, facts)


def _refuse_missing(draft: Draft, disk: Disk, path: str) -> None:
    problem = f"--disk {path}: there is no such file, and no size to make it with"
    if draft.request.checks.path_exists:
        raise RequestError(problem, hint=f"give the size in GiB, --disk path={path},size=20, or check the path")
    draft.warnings.append(problem)


def default_format(draft: Draft) -> str:
    """qcow2 where QEMU reads the image, raw elsewhere."""
    return "qcow2" if draft.facts.host.driver in ("qemu", "test") else "raw"


def _make_at(draft: Draft, disk: Disk, path: str, facts: DiskFacts) -> None:
    """A new image at a path of the user's choice."""
    size = disk.size_bytes
    assert size is not None
    _check_pool_format(disk, facts.pool)
    form = disk.format or disk.driver_type or (_pool_format(draft, facts.pool) if facts.pool else default_format(draft))
    directory, _, name = path.rpartition("/")
    pool = facts.pool
    if pool is not None and (pool.type in _BLOCK_POOLS or not draft.facts.host.local or facts.needs_libvirt):
        _add_volume(draft, disk, pool, name, form, size)
    elif not draft.facts.host.local:
        raise RequestError(
            f"--disk {path}: no storage pool of {draft.facts.host.uri} manages {directory}",
            hint="name one with pool=NAME,size=GIB, or define a pool for that directory there",
        )
    else:
        _add_image(draft, disk, path, form, size)
    set_path(disk, path, "block" if pool is not None and pool.type in _BLOCK_POOLS else "file")
    disk.driver_type = disk.driver_type or form
    disk.is_new = True


def _add_image(draft: Draft, disk: Disk, path: str, form: str, size: int) -> None:
    if form not in ("raw", "qcow2"):
        raise RequestError(
            f"--disk {path}: images of format '{form}' can't be made here", hint="make it raw or qcow2: format=qcow2"
        )
    draft.images.append(
        NewImage(
            path=path,
            format=form,
            capacity_bytes=size,
            sparse=disk.sparse is not False,
            backing_path=disk.backing_store,
            backing_format=disk.backing_format,
        )
    )


def _use_new_volume(draft: Draft, disk: Disk, facts: DiskFacts) -> None:
    """A new volume in a pool (the pool `default` where none was named)."""
    size = disk.size_bytes
    name = disk.pool or "default"
    if size is None:
        raise RequestError(f"--disk pool={name}: the size is missing", hint=f"for example --disk pool={name},size=20")
    pool = facts.pool
    if pool is None:
        if disk.pool not in (None, "default") or not draft.facts.host.local:
            raise RequestError(f"there is no storage pool '{name}'", hint=draft.facts.pools_hint)
        _make_in_image_directory(draft, disk, size)
        return
    _check_pool_format(disk, pool)
    form = disk.format or _pool_format(draft, pool)
    volume = _free_volume_name(draft, form, pool, facts)
    _add_volume(draft, disk, pool, volume, form, size)
    if pool.type in _NETWORK_POOLS:
        _use_network_volume(disk, volume, pool.xml, "")
    else:
        set_path(disk, f"{pool.target}/{volume}", "block" if pool.type in _BLOCK_POOLS else "file")
    disk.driver_type = disk.driver_type or form
    disk.is_new = True


def _make_in_image_directory(draft: Draft, disk: Disk, size: int) -> None:
    """Without a default pool, the image goes straight into its directory; no pool is made unasked."""
    form = disk.format or default_format(draft)
    directory = draft.facts.host.image_dir
    taken = {path.rpartition("/")[2] for path in draft.made_paths()} | set(draft.facts.image_names)
    name = _numbered(str(draft.domain.name), _SUFFIXES.get(form, f".{form}"), taken)
    path = f"{directory}/{name}"
    _add_image(draft, disk, path, form, size)
    set_path(disk, path, "file")
    disk.driver_type = disk.driver_type or form
    disk.is_new = True


def _check_pool_format(disk: Disk, pool: PoolFacts | None) -> None:
    if disk.format is not None and pool is not None and pool.type in _BLOCK_POOLS:
        raise RequestError(
            f"--disk format={disk.format}: volumes of the pool '{pool.name}' ({pool.type}) have no format",
            hint="leave format= out",
        )


def _pool_format(draft: Draft, pool: PoolFacts) -> str:
    block = pool.type in _BLOCK_POOLS or pool.type in _NETWORK_POOLS
    return "raw" if block else default_format(draft)


def _free_volume_name(draft: Draft, form: str, pool: PoolFacts, facts: DiskFacts) -> str:
    block = pool.type in _BLOCK_POOLS or pool.type in _NETWORK_POOLS
    suffix = "" if block else _SUFFIXES.get(form, f".{form}")
    taken = set(facts.taken_names) | {volume.name for volume in draft.volumes if volume.pool == pool.name}
    return _numbered(str(draft.domain.name), suffix, taken)


def _numbered(stem: str, suffix: str, taken: set[str]) -> str:
    name, number = stem + suffix, 1
    while name in taken:
        name = f"{stem}-{number}{suffix}"
        number += 1
    return name


def _add_volume(draft: Draft, disk: Disk, pool: PoolFacts, name: str, form: str, size: int) -> None:
    """Note the volume to make; its <volume> as formatstorage has it."""
    root = etree.Element("volume")
    etree.SubElement(root, "name").text = name
    etree.SubElement(root, "capacity", unit="bytes").text = str(size)
    full = disk.sparse is False or (pool.type in _BLOCK_POOLS and pool.type != "logical")
    etree.SubElement(root, "allocation", unit="bytes").text = str(size if full or pool.type == "logical" else 0)
    if pool.type not in _BLOCK_POOLS and pool.type not in _NETWORK_POOLS:
        target = etree.SubElement(root, "target")
        etree.SubElement(target, "format", type=form)
        if disk.backing_store is not None:
            backing = etree.SubElement(root, "backingStore")
            etree.SubElement(backing, "path").text = disk.backing_store
            if disk.backing_format is not None:
                etree.SubElement(backing, "format", type=disk.backing_format)
    if not pool.active and pool.name not in draft.start_pools:
        draft.start_pools.append(pool.name)
    available = pool.available_bytes
    if available is not None and size > available:
        problem = f"the pool '{pool.name}' has {human_size(available)} left, and the disk takes {human_size(size)}"
        if full and draft.request.checks.disk_size:
            raise RequestError(problem, hint="make the disk smaller, or use --check disk_size=off")
        draft.warnings.append(f"{problem} when it is full")
    draft.volumes.append(NewVolume(pool.name, name, etree.tostring(root, encoding="unicode"), size))


def _use_network_volume(disk: Disk, name: str, pool_xml: str, path: str) -> None:
    """A volume of a network pool, as QEMU reaches it by itself: protocol, hosts, login."""
    source = etree.fromstring(pool_xml.encode()).find("source")
    pool_type = etree.fromstring(pool_xml.encode()).get("type")
    assert source is not None
    disk.type = "network"
    disk.source_protocol = {"iscsi-direct": "iscsi"}.get(pool_type or "", pool_type)
    disk.source_name = _network_name(str(pool_type), source, name, path)
    for host in source.iterfind("host"):
        _add_host(disk, host.get("name"), host.get("port"))
    auth = source.find("auth")
    if auth is not None:
        disk.auth_username = auth.get("username")
        secret = auth.find("secret")
        if secret is not None:
            disk.auth_secret_type = auth.get("type")
            disk.auth_secret_uuid = secret.get("uuid")
            disk.auth_secret_usage = secret.get("usage")


def _network_name(pool_type: str, source: etree._Element, name: str, path: str) -> str:
    if pool_type == "iscsi-direct":
        device = source.find("device")
        target = "" if device is None else device.get("path", "")
        return path[path.index(target) :] if target and target in path else f"{target}/{name.rpartition(':')[2]}"
    if pool_type == "gluster":
        directory = source.find("dir")
        inner = "" if directory is None else directory.get("path", "").strip("/")
        return "/".join(part for part in (source.findtext("name"), inner, name) if part)
    return "/".join(part for part in (source.findtext("name"), name) if part)


def _add_host(disk: Disk, name: str | None, port: str | None) -> None:
    host = disk.source_hosts.new()
    host.name = name
    host.port = int(port) if port else None


def _use_url(disk: Disk, url: str) -> None:
    """A disk that QEMU reads over the network itself: `http://HOST/PATH`, `nbd+unix:///SOCKET`."""
    parts = urlsplit(url)
    protocol, _, transport = parts.scheme.partition("+")
    disk.type = "network"
    disk.source_protocol = protocol
    if transport == "unix":
        host = disk.source_hosts.new()
        host.transport, host.socket = transport, parts.path
        return
    name = unquote(parts.path).lstrip("/")
    disk.source_name = name or None
    if parts.query:
        disk.source_query = parts.query
    if parts.hostname:
        _add_host(disk, parts.hostname, str(parts.port) if parts.port else None)
        if transport:
            disk.source_hosts[0].transport = transport
    if parts.username:
        disk.auth_username = unquote(parts.username)
