"""The storage part of a plan, carried out: pools started, volumes and images made; each step can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import StorageError
from virtinstall.signals import deferred_signals
from virtinstall.storage.provision import provision_image, survey_image

if TYPE_CHECKING:
    from virtinstall.host.host import Host
    from virtinstall.plan import NewVolume, Plan
    from virtinstall.progress import Progress
    from virtinstall.undo import Undo


def check_storage(plan: Plan, host: Host) -> list[str]:
    """Look whether all of it can be made, changing nothing; gives warnings.

    Raises: StorageError or RequestError, as making it would.
    """
    if host.driver() == "test":
        return []
    warnings = [survey_image(image) for image in plan.images]
    return [warning for warning in warnings if warning is not None]


def make_storage(plan: Plan, host: Host, undo: Undo, progress: Progress) -> None:
    """Make everything that the guest's disks need.

    The guests of libvirt's test driver are pretended, and so are their images: nothing is
    written for them. Raises: StorageError.
    """
    for pool in plan.start_pools:
        host.start_pool(pool)
    for volume in plan.volumes:
        _make_volume(volume, host, undo, progress)
    if host.driver() == "test":
        return
    for image in plan.images:
        provision_image(image, undo, progress)


def _make_volume(volume: NewVolume, host: Host, undo: Undo, progress: Progress) -> None:
    if host.volume(volume.pool, volume.name) is not None:
        raise StorageError(
            f"the pool '{volume.pool}' has a volume '{volume.name}' already",
            hint=f"use it with vol={volume.pool}/{volume.name}, or choose another --name",
        )
    with deferred_signals():
        host.create_volume(volume.pool, volume.xml)
        undo.push(f"volume {volume.pool}/{volume.name}", lambda: host.delete_volume(volume.pool, volume.name))
    if volume.upload_from is not None:
        host.upload(volume.pool, volume.name, volume.upload_from, progress)
