"""A directory of a remote host that no pool manages: a pool without a definition exists while libvirt works there.

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
"""The journal's word for it."""


@contextmanager
def pool_of(volume: NewVolume, host: Host, journal: Journal | None = None) -> Iterator[None]:
    """Have the pool of `volume` exist inside the block. Raises: StorageError.

    One that a killed run left is taken over: its name depends on its directory alone.
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
                hint = "the directory must exist on the host; or name a pool: --disk pool=NAME,size=20"
                raise StorageError(error.message, hint=hint, code=error.code) from error
    try:
        yield
    finally:
        with deferred_signals():
            host.destroy_pool(volume.pool)
