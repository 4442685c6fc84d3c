"""Uploads of installation files to a pool of the remote host, where they are deleted when no longer needed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from virtinstall.errors import NoSpaceError
from virtinstall.rollback.signals import deferred_signals
from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host
    from virtinstall.plan import Plan, Upload
    from virtinstall.progress import Progress
    from virtinstall.rollback.journal import Journal
    from virtinstall.rollback.undo import Undo


def send_files(plan: Plan, host: Host, undo: Undo, progress: Progress, journal: Journal | None = None) -> None:
    """Upload the plan's files to the remote host as volumes.

    The removal of each volume is pushed to `undo`, and the volume is recorded in `journal` if that is not None. Volumes
    that the guest does not keep are temporary.

    Raises: StorageError, if a volume cannot be created or written.
    """
    for upload in plan.uploads:
        if journal is not None:
            journal.record("volume", f"{upload.pool}/{upload.name}")
        _send(upload, host, undo, progress)


def _send(upload: Upload, host: Host, undo: Undo, progress: Progress) -> None:
    import os

    from lxml import etree

    from virtinstall.compose.new_volumes import volume_element

    size = os.path.getsize(upload.path)
    pool = host.pool(upload.pool)
    if pool is not None and pool.available_bytes is not None and size > pool.available_bytes:
        raise NoSpaceError(
            f"the storage pool '{upload.pool}' on {host.uri} has {human_size(pool.available_bytes)} free, "
            f"but '{upload.path}' requires {human_size(size)}",
            hint="free up space in the pool, or use another pool for the guest's disk",
        )
    with deferred_signals():
        host.create_volume(upload.pool, etree.tostring(volume_element(upload.name, size), encoding="unicode"))
        delete = partial(host.delete_volume, upload.pool, upload.name)
        undo.push(f"the volume '{upload.pool}/{upload.name}'", delete, temporary=not upload.keep)
    host.upload(upload.pool, upload.name, upload.path, progress)
