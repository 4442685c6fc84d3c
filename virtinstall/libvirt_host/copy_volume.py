"""Copies of volumes, created by libvirt.

Source: https://libvirt.org/html/libvirt-libvirt-storage.html#virStorageVolCreateXMLFrom
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import libvirt

from virtinstall.errors import StorageError
from virtinstall.libvirt_host.error_translation import translated

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host
    from virtinstall.libvirt_host.volumes import StorageHost
    from virtinstall.progress import Progress


def allocation_bytes(host: Host, pool: str, name: str) -> int:
    """Return the number of bytes that are allocated for the volume `name` in the pool `pool`.

    Raises: StorageError.
    """
    with translated(f"cannot query the size of the volume '{name}' in the pool '{pool}'", StorageError):
        return int(_volume(host, pool, name).info()[2])


def file_bytes(host: Host, pool: str, name: str) -> int:
    """Return the size in bytes of the file or block device of the volume `name` in the pool `pool`.

    Raises: StorageError.
    """
    with translated(f"cannot query the size of the volume '{name}' in the pool '{pool}'", StorageError):
        return int(_volume(host, pool, name).infoFlags(libvirt.VIR_STORAGE_VOL_GET_PHYSICAL)[2])


def copy_volume(host: Host, pool: str, xml: str, source: tuple[str, str], *, reflink: bool = False) -> None:
    """Create the volume that `xml` describes in `pool`, with the contents of the volume `source`.

    `source` is a tuple of a pool name and a volume name. If the source is an overlay, the copy also contains the data
    from the backing files. `reflink` requests a copy that shares its data blocks with the source.

    Raises: StorageError.
    """
    with translated(f"cannot copy the volume '{'/'.join(source)}' into the pool '{pool}'", StorageError):
        flags = libvirt.VIR_STORAGE_VOL_CREATE_REFLINK if reflink else 0
        _pool(host, pool).createXMLFrom(xml, _volume(host, *source), flags)


def stream_volume(host: Host, source: tuple[str, str], target: tuple[str, str], progress: Progress) -> None:
    """Copy all bytes of the volume `source` to the volume `target`, which must already exist with the same size.

    `source` and `target` are tuples of a pool name and a volume name. `progress` is updated with the number of copied
    bytes.

    Raises: StorageError.
    """
    size = file_bytes(host, *source)
    progress.start(f"Copying '{source[1]}'", size)
    try:
        with translated(f"cannot copy the volume '{'/'.join(source)}' to '{'/'.join(target)}'", StorageError):
            connection = cast("StorageHost", host).connection
            reader, writer = connection.newStream(0), connection.newStream(0)
            _volume(host, *source).download(reader, 0, size, 0)
            _volume(host, *target).upload(writer, 0, size, 0)

            def read(_stream: Any, count: int, _opaque: Any) -> bytes:
                data = bytes(reader.recv(count))
                progress.advance(len(data))
                return data

            writer.sendAll(read, None)
            writer.finish()
            reader.finish()
    finally:
        progress.finish()


def _pool(host: Host, name: str) -> Any:
    return cast("StorageHost", host).connection.storagePoolLookupByName(name)


def _volume(host: Host, pool: str, name: str) -> Any:
    return _pool(host, pool).storageVolLookupByName(name)
