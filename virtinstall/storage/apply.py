"""Apply the storage part of a plan: start pools, create volumes and images; each step can be undone."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from virtinstall.devices.disk import Disk
from virtinstall.errors import HostError, NoSpaceError, StorageError, TakenError
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.rollback.signals import deferred_signals
from virtinstall.storage.temporary_pool import pool_of

if TYPE_CHECKING:
    from virtinstall.devices.disk_parts import SourceSeclabel
    from virtinstall.domain.seclabel import Seclabel
    from virtinstall.libvirt_host.host import Host
    from virtinstall.new_image import NewImage
    from virtinstall.plan import NewVolume, Plan
    from virtinstall.progress import Progress
    from virtinstall.request import Checks
    from virtinstall.rollback.journal import Journal
    from virtinstall.rollback.undo import Undo
    from virtinstall.storage.qemu_account import Account


_LOG = logging.getLogger(__name__)
_VOLUME_EXISTS = 90  # libvirt's VIR_ERR_STORAGE_VOL_EXIST


def check_storage(plan: Plan, host: Host, checks: Checks) -> list[str]:
    """Check whether the plan's storage can be created, and whether QEMU can access it; return warnings.

    Nothing is changed. The error of a check that `checks` disables is returned as a warning.

    Raises: StorageError or RequestError, if a check that is not disabled fails.
    """
    if not has_real_storage(host):
        return []
    return checked(
        checks, [partial(_check_image, image, plan) for image in plan.images], partial(_check_access, plan, host)
    )


def checked(checks: Checks, each_disk: Iterable[Callable[[], str | None]], access: Callable[[], None]) -> list[str]:
    """Run the functions in `each_disk`, then `access`; return the warnings.

    Each function in `each_disk` checks the space for one disk, and returns a warning or None. `access` checks whether
    QEMU can access the disks. The error of a check that `checks` disables is returned as a warning.

    Raises: StorageError or RequestError, if a check that is not disabled fails.
    """
    warnings: list[str | None] = []
    for check in each_disk:
        try:
            warnings.append(check())
        except NoSpaceError as error:
            if checks.disk_size:
                raise
            warnings.append(error.message)
    try:
        access()
    except StorageError as error:
        if checks.path_access:
            raise
        warnings.append(error.message)
    return [warning for warning in warnings if warning is not None]


def _check_image(image: NewImage, plan: Plan) -> None:
    """Check whether the image can be created.

    Raises: StorageError.
    """
    from virtinstall.storage.provision import survey_image

    with _taken_meanwhile(image, plan):
        survey_image(image)


def _check_access(plan: Plan, host: Host) -> None:
    """Check that QEMU can open each file.

    Raises: StorageError.
    """
    if host.driver() != "qemu" or not host.is_local():
        return
    from virtinstall.storage.check_files import check_files
    from virtinstall.storage.file_uses import Role
    from virtinstall.storage.plan_files import generated_paths, plan_uses

    created_paths = {image.path for image in plan.images} | {volume.path for volume in plan.volumes}
    # new images are judged by their directories; the seeds' and boot files' directories belong to libvirt or this
    # program
    uses = [
        use._replace(writes=False) if use.role.is_image and use.path in created_paths else use
        for use in plan_uses(plan)
        if use.path in created_paths or use.path not in generated_paths(plan)
    ]
    if not uses:
        return
    account = qemu_account(host, plan.final.type or "kvm", plan.qemu_label)
    if account is not None and any(use.role in (Role.DISK, Role.CDROM, Role.FLOPPY) for use in uses):
        _check_labels(plan, host)
    # a session's libvirt cannot change the owner of files
    check_files(uses, account, created=created_paths, session=host.uri.partition("?")[0].endswith("/session"))


def _check_labels(plan: Plan, host: Host) -> None:
    """Check that SELinux allows access to the guest's disks, as far as that can be known.

    Raises: StorageError.
    """
    from virtinstall.capabilities import Capabilities
    from virtinstall.devices.disk import Disk
    from virtinstall.storage.selinux import is_enforced, require_label

    if not is_enforced() or "selinux" not in Capabilities(host.capabilities_xml()).security_models:
        return
    document = plan.install or plan.final
    relabels = _relabels(document.seclabels)
    for disk in document.devices_of(Disk):
        if disk.source_file is not None:
            own = relabels and _relabels(disk.source_seclabels)
            require_label(disk.source_file, write=not disk.readonly, relabels=own)


def _relabels(labels: Iterable[Seclabel | SourceSeclabel]) -> bool:
    """Return whether libvirt labels files for SELinux with these <seclabel>, unless one is static or `none`."""
    for label in labels:
        by_kind = getattr(label, "type", None) not in ("none", "static")
        if label.model in (None, "selinux") and not (by_kind if label.relabel is None else label.relabel):
            return False
    return True


def qemu_account(host: Host, virt_type: str, label: str | None = None) -> Account | None:
    """Return the user that QEMU will run as; None if the user is unknown, or if QEMU does not run on this machine.

    `virt_type` is the domain type, such as `kvm`. `label` is the `dac` base label from libvirt's capabilities; if it is
    None, the capabilities are read.
    """
    from virtinstall.storage.qemu_account import (
        find_account,
        qemu_user_from_capabilities,
        qemu_user_from_label,
        this_account,
    )

    if host.driver() != "qemu" or not host.is_local():
        return None
    if host.uri.partition("?")[0].endswith("/session"):
        return this_account()
    if label is not None:
        user = qemu_user_from_label(label)
    else:
        user = qemu_user_from_capabilities(host.capabilities_xml(), virt_type)
    return None if user is None else find_account(user)


def make_storage(plan: Plan, host: Host, undo: Undo, progress: Progress, journal: Journal | None = None) -> None:
    """Start the plan's storage pools, and create its volumes and images.

    The removal of each created volume and image is pushed to `undo`, and the volume or image is recorded in `journal`
    if that is not None. No images are written for libvirt's test driver, which only simulates guests.

    Raises: StorageError or RequestError, if something cannot be created; TakenError, if another run has in the meantime
    created an object with a generated name.
    """
    for pool in plan.start_pools:
        host.start_pool(pool)
    for volume in plan.volumes:
        if journal is not None:
            journal.record("volume", f"{volume.pool}/{volume.name}")
        with pool_of(volume, host, journal):
            _make_volume(volume, plan, host, undo, progress)
    if not has_real_storage(host):
        return
    with refreshing_pools([image.path for image in plan.images], host, undo):
        for image in plan.images:
            from virtinstall.storage.provision import provision_image

            with _taken_meanwhile(image, plan):
                provision_image(image, undo, progress, journal)
    _list_existing_images(plan, host)


def _list_existing_images(plan: Plan, host: Host) -> None:
    """Refresh active pools that do not list an existing image of the guest in their folder, as virt-install does.

    Then tools find the volume of a disk by its path, for example to delete it.
    """
    created = {os.path.basename(image.path) for image in plan.images} | {volume.name for volume in plan.volumes}
    paths = [disk.source_file for disk in plan.final.devices_of(Disk) if disk.device in (None, "disk")]
    existing = {path for path in paths if path is not None and os.path.basename(path) not in created}
    for pool, names in _pools_with(existing, host).items():
        if any(host.volume(pool, name) is None for name in names):
            try:
                host.refresh_pool(pool)
            except StorageError as error:
                _LOG.info("cannot refresh the pool '%s': %s", pool, error.message)


def _pools_with(paths: Collection[str], host: Host) -> dict[str, list[str]]:
    """Return the active pools whose folders contain any of `paths`, each with the names of those files."""
    found = {}
    for pool in host.pools() if paths else ():
        names = [os.path.basename(path) for path in paths if os.path.dirname(path) == pool.target]
        if pool.active and names:
            found[pool.name] = names
    return found


@contextmanager
def refreshing_pools(paths: Sequence[str], host: Host, undo: Undo) -> Iterator[None]:
    """Refresh the active pools whose directories contain `paths` after the `with` block has created these files.

    Without a refresh, libvirt does not notice that files were created or removed. If `undo` is rolled back, the pools
    are refreshed again after the files have been removed.
    """
    pools = _pools_with(paths, host)
    for pool in pools:
        undo.push(f"the volume list of the pool '{pool}'", partial(host.refresh_pool, pool), is_thing=False)
    yield
    for pool in pools:
        host.refresh_pool(pool)


@contextmanager
def _taken_meanwhile(image: NewImage, plan: Plan) -> Iterator[None]:
    """Detect an image that was created meanwhile at a generated path.

    Raises: TakenError.
    """
    try:
        yield
    except StorageError as error:
        if image.path in plan.generated and os.path.lexists(image.path):
            raise TakenError(error.message) from error
        raise


def _make_volume(volume: NewVolume, plan: Plan, host: Host, undo: Undo, progress: Progress) -> None:
    """Create a volume.

    Raises: TakenError or StorageError, if the pool has a volume with that name.
    """
    if host.volume(volume.pool, volume.name) is not None:
        raise _there_already(volume, plan)
    with deferred_signals():
        try:
            host.create_volume(volume.pool, volume.xml)
        except StorageError as error:
            if error.code != _VOLUME_EXISTS:
                # its list may be older than the contents of the pool
                host.refresh_pool(volume.pool)
            if error.code == _VOLUME_EXISTS or host.volume(volume.pool, volume.name) is not None:
                raise _there_already(volume, plan) from error
            raise
        undo.push(f"the volume '{volume.pool}/{volume.name}'", partial(_delete_volume, volume, host))
    if volume.upload_from is not None:
        host.upload(volume.pool, volume.name, volume.upload_from, progress)
        host.refresh_pool(volume.pool)
        if volume.base is not None:
            _grow_volume(volume, host)


def _delete_volume(volume: NewVolume, host: Host) -> None:
    with pool_of(volume, host):
        host.delete_volume(volume.pool, volume.name)


def _grow_volume(volume: NewVolume, host: Host) -> None:
    """Enlarge a copy of an image to the size of the disk; a copy on a block device already has that size."""
    found = host.volume(volume.pool, volume.name)
    if found is not None and found.kind == "file" and found.capacity_bytes < volume.capacity_bytes:
        host.resize_volume(volume.pool, volume.name, volume.capacity_bytes)


def _there_already(volume: NewVolume, plan: Plan) -> HostError:
    message = f"the volume '{volume.pool}/{volume.name}' already exists"
    if f"{volume.pool}/{volume.name}" in plan.generated:
        return TakenError(message)
    return StorageError(
        message, hint=f"use another name, or use the existing volume: --disk vol={volume.pool}/{volume.name}"
    )
