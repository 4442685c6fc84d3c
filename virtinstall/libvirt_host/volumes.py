"""The storage part of the Host protocol: pools and volumes through libvirt.

Source: https://libvirt.org/formatstorage.html and https://libvirt.org/html/libvirt-libvirt-storage.html
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import libvirt

from virtinstall.errors import StorageError
from virtinstall.libvirt_host.error_translation import UNSUPPORTED, none_if, translate_errors, translated
from virtinstall.libvirt_host.retry import retry_while_busy

if TYPE_CHECKING:
    from virtinstall.facts import PoolFacts, VolumeFacts
    from virtinstall.progress import Progress

_KINDS = {
    libvirt.VIR_STORAGE_VOL_FILE: "file",
    libvirt.VIR_STORAGE_VOL_BLOCK: "block",
    libvirt.VIR_STORAGE_VOL_DIR: "dir",
    libvirt.VIR_STORAGE_VOL_NETWORK: "network",
    libvirt.VIR_STORAGE_VOL_NETDIR: "netdir",
    libvirt.VIR_STORAGE_VOL_PLOOP: "ploop",
}
_DIRECTORY_POOLS = ("dir", "fs", "netfs", "vstorage")
_GONE = (libvirt.VIR_ERR_NO_STORAGE_VOL, libvirt.VIR_ERR_NO_STORAGE_POOL, *UNSUPPORTED)


class StorageHost:
    """The storage pools and volumes that `connection`, a connection object from libvirt, provides."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._uri: str | None = None

    @property
    def uri(self) -> str:
        """The connection's URI, as libvirt reports it."""
        if self._uri is None:
            self._uri = str(self.connection.getURI())
        return self._uri

    def is_local(self) -> bool:
        """Return whether the hypervisor runs on this machine."""
        scheme, _, rest = self.uri.partition("://")
        return not rest.partition("/")[0] and "+" not in scheme.replace("+unix", "")

    @translate_errors("the storage pool '{0}'")
    def pool(self, name: str) -> PoolFacts | None:
        """Return the properties of the storage pool `name`; None if the pool does not exist."""
        with none_if(*_GONE):
            return _pool_facts(self.connection.storagePoolLookupByName(name))
        return None

    @translate_errors("the storage pools")
    def pools(self) -> list[PoolFacts]:
        """Return the properties of all storage pools; an empty list if the driver does not support storage pools."""
        with none_if(*UNSUPPORTED):
            return [_pool_facts(pool) for pool in self.connection.listAllStoragePools(0)]
        return []

    @translate_errors("the volumes in the storage pool '{0}'")
    def volume_names(self, pool: str) -> frozenset[str]:
        """Return the names of the volumes in a pool; an empty set if the pool is inactive or does not exist.

        Volumes whose files no longer exist are omitted.
        """
        from lxml import etree

        with none_if(*_GONE, libvirt.VIR_ERR_OPERATION_INVALID):
            found = self.connection.storagePoolLookupByName(pool)
            names, root = found.listVolumes(), etree.fromstring(found.XMLDesc(0).encode())
            target = root.findtext("target/path")
            if root.get("type") not in _DIRECTORY_POOLS or target is None:
                return frozenset(names)
            return frozenset(name for name in names if not self._is_gone(os.path.join(target, name)))
        return frozenset()

    @translate_errors("the volume '{0}/{1}'")
    def volume(self, pool: str, name: str) -> VolumeFacts | None:
        """Return the properties of the volume `name` in `pool`; None if the volume or the pool does not exist."""
        with none_if(*_GONE):
            found = self.connection.storagePoolLookupByName(pool)
            return self._unless_gone(_volume_facts(found, found.storageVolLookupByName(name)))
        return None

    @translate_errors("the volume '{0}'")
    def volume_by_path(self, path: str) -> VolumeFacts | None:
        """Return the properties of the volume with the path `path` in any pool; None if there is none."""
        with none_if(*_GONE):
            found = self.connection.storageVolLookupByPath(path)
            return self._unless_gone(_volume_facts(found.storagePoolLookupByVolume(), found))
        return None

    def _unless_gone(self, volume: VolumeFacts) -> VolumeFacts | None:
        stale = volume.pool_type in _DIRECTORY_POOLS and self._is_gone(volume.path)
        return None if stale else volume

    def _is_gone(self, path: str) -> bool:
        """Return whether a volume's file certainly no longer exists, because libvirt's list may be outdated."""
        if not self.is_local():
            return False
        try:
            os.lstat(path)
        except FileNotFoundError:
            # pools of the test driver have no directories
            return os.path.isdir(os.path.dirname(path))
        except OSError:
            pass
        return False

    def refresh_pool(self, name: str) -> None:
        """Have libvirt update its list of the volumes in a pool.

        Raises: StorageError.
        """
        with translated(f"cannot refresh the pool '{name}'", StorageError):
            pool = self.connection.storagePoolLookupByName(name)
            retry_while_busy(lambda: pool.refresh(0))

    def start_pool(self, name: str) -> None:
        """Start a pool, unless it is already active.

        Raises: StorageError.
        """
        with translated(f"cannot start the pool '{name}'", StorageError):
            pool = self.connection.storagePoolLookupByName(name)
            try:
                pool.create(0)
            except libvirt.libvirtError:
                # another run may have started it
                if not pool.isActive():
                    raise

    def create_temporary_pool(self, name: str, directory: str) -> None:
        """Create the transient pool `name` for a directory; the pool exists only until it is stopped.

        Raises: StorageError.
        """
        from lxml import etree

        root = etree.Element("pool", type="dir")
        etree.SubElement(root, "name").text = name
        etree.SubElement(etree.SubElement(root, "target"), "path").text = directory
        with translated(f"cannot use the directory '{directory}' as a storage pool", StorageError):
            self.connection.storagePoolCreateXML(etree.tostring(root, encoding="unicode"), 0)

    def destroy_pool(self, name: str) -> None:
        """Stop a pool without deleting its volumes; if the pool is transient, it is removed.

        Raises: StorageError.
        """
        with translated(f"cannot stop the pool '{name}'", StorageError), none_if(libvirt.VIR_ERR_NO_STORAGE_POOL):
            self.connection.storagePoolLookupByName(name).destroy()

    def create_volume(self, pool: str, xml: str, *, preallocate: bool = False) -> VolumeFacts:
        """Create the volume that `xml` describes in a pool; return the properties of the volume.

        If `preallocate` is true, the metadata of a qcow2 image is preallocated.

        Raises: StorageError.
        """
        from lxml import etree

        name = etree.fromstring(xml.encode()).findtext("name") or ""
        with translated(f"cannot create the volume '{name}' in the pool '{pool}'", StorageError):
            found = self.connection.storagePoolLookupByName(pool)
            flags = libvirt.VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA if preallocate else 0
            try:
                created = retry_while_busy(lambda: found.createXML(xml, flags))
            except libvirt.libvirtError as error:
                exists = error.get_error_code() == libvirt.VIR_ERR_STORAGE_VOL_EXIST
                if not exists or name in self.volume_names(pool):
                    raise
                # only libvirt's list still contains it
                self.refresh_pool(pool)
                created = retry_while_busy(lambda: found.createXML(xml, flags))
            return _volume_facts(found, created)

    def delete_volume(self, pool: str, name: str) -> None:
        """Delete a volume.

        Raises: StorageError.
        """
        with translated(f"cannot delete the volume '{name}' in the pool '{pool}'", StorageError):
            volume = self.connection.storagePoolLookupByName(pool).storageVolLookupByName(name)
            retry_while_busy(lambda: volume.delete(0))

    def wipe_volume(self, pool: str, name: str) -> None:
        """Overwrite a volume with zeros.

        Raises: StorageError.
        """
        with translated(f"cannot wipe the volume '{name}' in the pool '{pool}'", StorageError):
            self.connection.storagePoolLookupByName(pool).storageVolLookupByName(name).wipe(0)

    def resize_volume(self, pool: str, name: str, capacity_bytes: int) -> None:
        """Enlarge a volume to `capacity_bytes`.

        Raises: StorageError.
        """
        with translated(f"cannot resize the volume '{name}' in the pool '{pool}'", StorageError):
            volume = self.connection.storagePoolLookupByName(pool).storageVolLookupByName(name)
            retry_while_busy(lambda: volume.resize(capacity_bytes, 0))

    def upload(self, pool: str, name: str, path: str, progress: Progress) -> None:
        """Upload the local file `path` to the volume `name` in `pool`; holes in the file are not transferred.

        `progress` is updated with the number of processed bytes, including holes.

        Raises: StorageError.
        """
        from virtinstall.libvirt_host.sparse_source import SparseSource

        with translated(f"cannot upload '{path}' to the pool '{pool}'", StorageError):
            volume = self.connection.storagePoolLookupByName(pool).storageVolLookupByName(name)
            size = os.path.getsize(path)
            stream = self.connection.newStream(0)
            retry_while_busy(lambda: volume.upload(stream, 0, size, libvirt.VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM))
            progress.start(f"Uploading '{os.path.basename(path)}'", size)
            try:
                with open(path, "rb") as file:
                    source = SparseSource(file.fileno(), size, progress)
                    stream.sparseSendAll(source.read, source.section, source.skip, None)
                stream.finish()
            finally:
                progress.finish()


def _pool_facts(pool: Any) -> PoolFacts:
    from lxml import etree

    from virtinstall.facts import PoolFacts

    xml = str(pool.XMLDesc(0))
    root = etree.fromstring(xml.encode())
    active = bool(pool.isActive())
    available = root.findtext("available")
    return PoolFacts(
        name=str(pool.name()),
        type=root.get("type", ""),
        target=root.findtext("target/path"),
        active=active,
        xml=xml,
        available_bytes=int(available) if available and active else None,
    )


def _volume_facts(pool: Any, volume: Any) -> VolumeFacts:
    from lxml import etree

    from virtinstall.facts import VolumeFacts

    root = etree.fromstring(volume.XMLDesc(0).encode())
    form = root.find("target/format")
    pool_xml = str(pool.XMLDesc(0))
    return VolumeFacts(
        pool=str(pool.name()),
        name=str(volume.name()),
        path=root.findtext("target/path") or str(volume.path()),
        kind=root.get("type") or _KINDS.get(volume.info()[0], "file"),
        format=None if form is None else form.get("type"),
        capacity_bytes=int(root.findtext("capacity") or 0),
        pool_type=etree.fromstring(pool_xml.encode()).get("type", ""),
        pool_xml=pool_xml,
        backing_path=root.findtext("backingStore/path"),
    )
