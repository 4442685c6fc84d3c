"""Transient pools, which exist while libvirt creates files in directories of a remote host that belong to no pool.

Source: https://libvirt.org/html/libvirt-libvirt-storage.html#virStoragePoolCreateXML
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from virtinstall.errors import StorageError
from virtinstall.rollback.signals import deferred_signals

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host
    from virtinstall.plan import NewVolume
    from virtinstall.rollback.journal import Journal

TEMPORARY_POOL = "temporary pool"
"""The `kind` of temporary pools in a journal."""


@contextmanager
def pool_of(volume: NewVolume, host: Host, journal: Journal | None = None) -> Iterator[None]:
    """Ensure that the pool of `volume` exists within the `with` block.

    If `volume` needs a temporary pool, that pool is recorded in `journal` if that is not None, created before the
    `with` block, and removed after it. A temporary pool that a killed run did not remove is reused, because its name
    depends only on its directory.

    Raises: StorageError, if the pool cannot be created or removed.
    """
    if not volume.temporary_pool:
        yield
        return
    if journal is not None:
        journal.record(TEMPORARY_POOL, volume.pool)
    with deferred_signals():
        if host.pool(volume.pool) is None:
            try:
                host.create_temporary_pool(volume.pool, os.path.dirname(volume.path))
            except StorageError as error:
                hint = "create the directory on the host, or use a storage pool: --disk pool=NAME,size=20"
                raise StorageError(error.message, hint=hint, code=error.code) from error
    try:
        yield
    finally:
        with deferred_signals():
            host.destroy_pool(volume.pool)
