"""The execution of a deletion plan: journal, stop, undefine, files. Each file is checked again before it is removed.

The removal of the definition is the point of no return. A deletion that is killed before this point leaves the guest
defined; one that is killed later leaves a journal. In both cases, `delete` of the same name finishes the deletion.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from virtinstall.create import remove_traces
from virtinstall.errors import HostError, HypervisorError, StorageError, VirtInstallError
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.lifecycle.deletion_facts import deletion_facts, examine
from virtinstall.lifecycle.deletion_plan import DeletionPlan, Item, Storage, plan_deletion
from virtinstall.lifecycle.ssh import remove_known_host
from virtinstall.lifecycle.stop import require_stoppable, stop_guest
from virtinstall.lifecycle.unfinished import begin_deletion, forget_deletions, note_commitment
from virtinstall.record import Record
from virtinstall.rollback.signals import deferred_signals
from virtinstall.storage.files import storage_errors
from virtinstall.storage.in_use import FilesInUse, files_in_use

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host, HostGuest
    from virtinstall.rollback.journal import Journal

_WIPE_BYTES = 1 << 20


class Deletion(Record):
    """The result of a deletion: the parts of the guest that were removed, kept, or not removed because of an error.

    For each part, `reason` is the reason why it was removed, kept or not removed.
    """

    name: str
    removed: tuple[Item, ...] = ()
    kept: tuple[Item, ...] = ()
    failed: tuple[Item, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was removed."""
        return bool(self.removed)


def make_deletion_plan(name: str, guest: HostGuest | None, host: Host, storage: Storage = "own") -> DeletionPlan:
    """Return the plan for the deletion of a guest; change nothing.

    `guest` is None if the guest no longer exists. The plan then contains those of its files that an interrupted
    deletion did not remove.

    Raises: GuestNotFound, if there is nothing to delete; HostError.
    """
    return plan_deletion(deletion_facts(name, guest, host), storage)


def delete(
    plan: DeletionPlan,
    guest: HostGuest | None,
    host: Host,
    *,
    force: bool = False,
    shutdown_timeout: float | None = None,
    wipe: bool = False,
    on_warning: Callable[[str], None],
    report: Callable[[str], None],
) -> Deletion:
    """Apply the plan; return its result.

    `guest` is None if the guest has already been removed and only some of its files remain. A running guest is shut
    down if `shutdown_timeout` (in seconds) is not None, and powered off if `force` is true and it is still running.
    `wipe` overwrites the files with zeros before they are removed. `on_warning` is called with each warning, and
    `report` with each line of progress output.

    Raises: RequestError, if the guest is running and neither `force` nor `shutdown_timeout` is set; WaitTimeout, if the
    guest does not shut down in time; HypervisorError, if the guest cannot be removed. In these cases, all of the
    guest's files are kept.
    """
    if plan.must_stop:
        require_stoppable(plan.name, force=force, shutdown_timeout=shutdown_timeout)
    _require_same(plan, guest, host)
    stop = partial(
        stop_guest,
        host=host,
        force=force,
        shutdown_timeout=shutdown_timeout,
        report=report,
        unchanged="nothing was deleted",
    )
    journal = begin_deletion(plan, host) if has_real_storage(host) else None
    with nullcontext() if journal is None else journal:
        if guest is not None and plan.is_persistent:
            stop(guest)
        # overwriting a disk takes long and must stay interruptible; all other steps are short
        with nullcontext() if wipe else deferred_signals():
            _remove_guest(plan, guest, host, journal, stop)
            done = _remove_things(plan, host, wipe=wipe)
            if not done.failed:
                for uuid in filter(None, (plan.uuid, *plan.earlier_uuids)):
                    remove_known_host(uuid)
                if journal is not None:
                    journal.keep_for_next_run(False)
    if not done.failed:
        _forget(plan.name, host)
    # remove the files of killed runs that created the guest: kernels, seeds, incomplete images
    remove_traces(plan.name, host, on_warning)
    return done


def _remove_guest(
    plan: DeletionPlan,
    guest: HostGuest | None,
    host: Host,
    journal: Journal | None,
    stop: Callable[[HostGuest], object],
) -> None:
    """Remove the definition of a persistent guest, or power off a transient one.

    Raises: HypervisorError.
    """
    note_commitment(journal, plan)
    if guest is None:
        return
    try:
        if plan.is_persistent:
            guest.undefine(remove_nvram=plan.removes("nvram"), remove_tpm=plan.removes("tpm"), remove_saved=True)
        else:
            stop(guest)
    except VirtInstallError:
        if journal is not None and host.is_alive() and host.guest_by_uuid(plan.uuid) is not None:
            journal.keep_for_next_run(False)
        raise


def _forget(name: str, host: Host) -> None:
    if has_real_storage(host):
        with storage_errors("cannot remove the deletion journal for the guest", name):
            forget_deletions(name, host)


def _require_same(plan: DeletionPlan, guest: HostGuest | None, host: Host) -> None:
    if guest is not None and guest.uuid != plan.uuid:
        from virtinstall.virsh_commands import command

        raise HypervisorError(
            f"another guest named '{plan.name}' has replaced the one to delete",
            hint=f"to delete the new guest, run: {command('virt-guest delete', host.uri, plan.name)}",
        )


def _remove_things(plan: DeletionPlan, host: Host, *, wipe: bool) -> Deletion:
    """Remove the files and reservations; continue after an item that cannot be removed."""
    removed = [each for each in plan.removed if each.file is None and each.reservation is None]
    kept, failed = list(plan.kept), []
    staying: set[str] = set()
    uses = files_in_use(host) if plan.files else None
    pools = set(plan.stale_pools)
    for item in plan.removed:
        if item.file is None and item.reservation is None:
            continue
        try:
            if item.reservation is not None:
                reserved = item.reservation
                host.remove_reservation(reserved.network, reserved.mac, reserved.address)
                removed.append(item)
                continue
            assert item.file is not None and uses is not None
            objection = _objection_now(item, host, uses, staying)
            if objection is not None:
                staying.add(item.path)
                kept.append(item.replace(reason=objection))
                continue
            pools |= _remove(item, host, wipe=wipe)
            removed.append(item)
        except VirtInstallError as error:
            staying.add(item.path)
            failed.append(item.replace(reason=error.message))
    for pool in sorted(pools):
        try:
            host.refresh_pool(pool)
        except HostError:
            # the files are removed; the pool is updated at its next refresh
            continue
    # keep the order of the plan
    in_order = tuple(each for each in plan.removed if any(each is other for other in removed))
    return Deletion(name=plan.name, removed=in_order, kept=tuple(kept), failed=tuple(failed))


def _objection_now(item: Item, host: Host, uses: FilesInUse, staying: set[str]) -> str | None:
    """Return why a file must be kept: a change since the plan was computed, or a kept overlay; None otherwise."""
    file = item.file
    assert file is not None
    kept = [each for each in file.overlays if each in staying]
    if kept:
        return f"it is the backing file of '{kept[0]}', which is kept"
    now = examine(file.replace(users=(), open_by=()), host, uses, but=None)
    if file.inode is None:
        return f"it is used by {now.users[0]}" if now.users else None
    if now.unreachable is not None and not os.path.lexists(file.path):
        return None
    if (now.filesystem, now.inode, now.born) != (file.filesystem, file.inode, file.born):
        return "another file now has this path"
    if now.users:
        return f"it is used by {now.users[0]}"
    if now.links > 1:
        return f"it has {now.links} hard links"
    return f"it is open in {now.open_by[0]}" if now.open_by else None


def _remove(item: Item, host: Host, *, wipe: bool) -> set[str]:
    """Remove a file or volume; return the pools to refresh.

    Raises: StorageError.
    """
    file = item.file
    assert file is not None
    path = file.link or file.path
    local = file.inode is not None
    if local and (os.access(os.path.dirname(path), os.W_OK | os.X_OK) or file.pool is None):
        with storage_errors("cannot remove", path):
            if wipe and os.path.lexists(path):
                _wipe(path)
            # remove the symbolic link first: the journal contains its target
            for each in dict.fromkeys((file.path, path)):
                if os.path.lexists(each):
                    os.unlink(each)
        return set() if file.pool is None else {file.pool}
    if file.pool is None or file.volume is None:
        raise StorageError(f"cannot remove '{path}': it is not in a storage pool")
    if wipe:
        host.wipe_volume(file.pool, file.volume)
    host.delete_volume(file.pool, file.volume)
    return set()


def _wipe(path: str) -> None:
    """Overwrite the allocated parts of a file with zeros.

    Raises: OSError.
    """
    zeros = bytes(_WIPE_BYTES)
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        end = os.fstat(fd).st_size
        start = 0
        while start < end:
            try:
                start = os.lseek(fd, start, os.SEEK_DATA)
            except OSError:
                break
            stop = os.lseek(fd, start, os.SEEK_HOLE)
            while start < stop:
                start += os.pwrite(fd, zeros[: min(_WIPE_BYTES, stop - start)], start)
        os.fsync(fd)
    finally:
        os.close(fd)
