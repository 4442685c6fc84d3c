"""Volumes copied by libvirt itself.

Source: https://libvirt.org/html/libvirt-libvirt-storage.html#virStorageVolCreateXMLFrom
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import libvirt

from virtinstall.errors import StorageError
from virtinstall.host.translate import translated

if TYPE_CHECKING:
    from virtinstall.host.host import Host
    from virtinstall.host.volumes import StorageHost


def allocation_bytes(host: Host, pool: str, name: str) -> int:
    """Bytes that a volume takes. Raises: StorageError."""
    connection = cast("StorageHost", host).connection
    with translated(f"libvirt can't tell the size of the volume '{name}' of the pool '{pool}'", StorageError):
        return int(connection.storagePoolLookupByName(pool).storageVolLookupByName(name).info()[2])


def copy_volume(host: Host, pool: str, xml: str, source: tuple[str, str], *, reflink: bool = False) -> None:
    """Make the volume `xml` in `pool` with the contents of the volume `source` (pool, name). Raises: StorageError."""
    connection = cast("StorageHost", host).connection
    with translated(f"libvirt can't copy the volume {'/'.join(source)} into the pool '{pool}'", StorageError):
        original = connection.storagePoolLookupByName(source[0]).storageVolLookupByName(source[1])
        flags = libvirt.VIR_STORAGE_VOL_CREATE_REFLINK if reflink else 0
        connection.storagePoolLookupByName(pool).createXMLFrom(xml, original, flags)
