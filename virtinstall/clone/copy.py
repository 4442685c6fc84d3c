"""The application of a clone's plan: images are copied and the guest is defined, or everything is rolled back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall import __version__
from virtinstall.clone.replace import nvram_of, remove_old_nvram, replace_guest
from virtinstall.clone.tpm_state import copy_tpm_state
from virtinstall.errors import HostError, StorageError, TakenError
from virtinstall.guest_record import NAMESPACE, CreatedFile, GuestRecord, parse_record
from virtinstall.libvirt_host.copy_volume import copy_volume, stream_volume
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.rollback.new_file import can_create, refuse_existing
from virtinstall.rollback.signals import deferred_signals
from virtinstall.rollback.undo import Undo
from virtinstall.run.own_guest import OwnGuest, keep_journal_if_lost, require_free
from virtinstall.run.state_files import nvram_path
from virtinstall.run.store_record import store
from virtinstall.storage.apply import checked, qemu_account
from virtinstall.storage.copy_image import copy_image
from virtinstall.storage.files import storage_errors
from virtinstall.storage.space import check_space

if TYPE_CHECKING:
    from virtinstall.clone.request import ClonePlan, Copy
    from virtinstall.libvirt_host.host import Host, HostGuest
    from virtinstall.progress import Progress
    from virtinstall.request import Checks
    from virtinstall.rollback.journal import Journal


def check_clone(plan: ClonePlan, host: Host, checks: Checks) -> list[str]:
    """Check whether the copies can be created, and whether QEMU can access them; return warnings.

    Nothing is changed. The error of a check that `checks` disables is returned as a warning.

    Raises: StorageError, if a check that is not disabled fails.
    """
    if not has_real_storage(host):
        return []
    files = [copy for copy in plan.copies if copy.how == "file"]
    return checked(checks, [partial(_check_file, copy) for copy in files], partial(_check_access, plan, host))


def _check_file(copy: Copy) -> str | None:
    """Check that this copy can be created; return a warning if it may outgrow the file system, otherwise None.

    Raises: StorageError, if it cannot be created.
    """
    with storage_errors("cannot read", copy.source):
        os.close(os.open(copy.source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    if not copy.overwrite:
        with _taken_meanwhile(copy.generated, partial(os.path.lexists, copy.target)):
            refuse_existing(copy.target)
    elif not os.path.isfile(copy.target):
        raise StorageError(
            f"cannot overwrite '{copy.target}': it is not a regular file",
            hint="use another path, or use --preserve-data to keep the existing data",
        )
    if not can_create(copy.target):
        raise StorageError(
            f"no permission to create files in '{os.path.dirname(copy.target)}'",
            hint="run as a user with write permission, or use another directory",
        )
    # shared extents need no space
    needed = 0 if copy.reflink else copy.allocation_bytes
    sparse_hint = "" if copy.sparse else "omit --nonsparse"
    return check_space(copy.target, needed, copy.capacity_bytes, sparse_hint=sparse_hint)


def _check_access(plan: ClonePlan, host: Host) -> None:
    """Check that QEMU's user can access the copies.

    Raises: StorageError, if the user cannot.
    """
    from virtinstall.storage.access import require_access

    account = qemu_account(host, plan.virt_type)
    for copy in plan.copies:
        if account is not None and copy.how == "file":
            require_access(copy.target, account, owner_is_given=True)


def make_clone(
    plan: ClonePlan,
    host: Host,
    progress: Progress,
    journal: Journal | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> HostGuest:
    """Copy the images, define the guest, and return it; after a failure, remove everything that this call created.

    An existing guest is replaced, and existing images are overwritten, only after all images have been copied. The
    created objects are recorded in `journal` if that is not None. `on_warning` is called with each warning; None
    discards the warnings. The notes of a raised exception list the objects that could not be removed or restored.

    Raises: StorageError, if an image cannot be copied; HypervisorError, if the guest cannot be defined; TakenError, if
    a generated name or path is now in use.
    """
    if not plan.replaces:
        require_free(plan.name, plan.uuid, host, name_is_generated=plan.generated)
    with Undo(journal) as undo, keep_journal_if_lost(journal, host):
        renames = [_make_copy(copy, host, undo, progress, journal) for copy in plan.copies]
        _refresh_pools(plan, host, undo)
        if journal is not None:
            journal.record("domain", plan.name, uuid=plan.uuid)
        # the rest is short and is completed without interruption
        with deferred_signals():
            nvram = nvram_of(host.guest_named(plan.name)) if plan.replaces else None
            guest = replace_guest(plan, host, undo) if plan.replaces else _define(plan, host, undo)
            if plan.tpm is not None:
                copy_tpm_state(*plan.tpm, undo)
            for rename in renames:
                if rename is not None:
                    os.replace(*rename)
            undo.keep_everything()
            warning = remove_old_nvram(plan, nvram, host)
    for text in (warning, store(clone_record(plan), guest, host)):
        if text is not None and on_warning is not None:
            on_warning(text)
    return guest


def clone_record(plan: ClonePlan) -> GuestRecord:
    """Return the record of the copy: the images that this run created, and the user to log in as.

    The record contains no SSH host key: the copy starts with the original's key, but may generate a different one.
    """
    original = next(iter(etree.fromstring(plan.xml.encode()).iterfind(f"metadata/{{{NAMESPACE}}}guest")), None)
    before = None
    if original is not None:
        before = parse_record(etree.tostring(original, encoding="unicode"), original.get("uuid", ""))
    files = [
        CreatedFile(kind="disk", path=copy.target, pool=copy.pool or None, volume=copy.volume or None)
        for copy in plan.copies
        if not copy.overwrite and copy.target != nvram_path(etree.fromstring(plan.xml.encode()))
    ]
    nvram = [
        copy.target for copy in plan.copies if not copy.overwrite and copy.target not in {each.path for each in files}
    ]
    return GuestRecord(
        uuid=plan.uuid,
        version=__version__,
        files=tuple(files),
        nvram=next(iter(nvram), None),
        image=None if before is None else before.image,
        user=None if before is None else before.user,
    )


def _define(plan: ClonePlan, host: Host, undo: Undo) -> HostGuest:
    own = OwnGuest(plan.xml, host, undo, uuid_is_new=plan.uuid_is_new, name_is_generated=plan.generated)
    own.claim()
    return own.define(plan.xml)


@contextmanager
def _taken_meanwhile(generated: bool, is_there: Callable[[], bool]) -> Iterator[None]:
    """Raise TakenError instead of another error if a generated name exists meanwhile, so that another can be tried."""
    try:
        yield
    except HostError as error:
        if generated and is_there():
            raise TakenError(error.message) from error
        raise


def _make_copy(
    copy: Copy, host: Host, undo: Undo, progress: Progress, journal: Journal | None
) -> tuple[str, str] | None:
    """Create one image; return the old and new path to rename at the end if a file is overwritten, otherwise None."""
    if copy.how == "file":
        # guests of the test driver and their images are simulated
        if not has_real_storage(host):
            return None
        with _taken_meanwhile(copy.generated, partial(os.path.lexists, copy.target)):
            return _copy_file(copy, undo, progress, journal)
    _make_volume(copy, host, undo, progress, journal)
    return None


def _make_volume(copy: Copy, host: Host, undo: Undo, progress: Progress, journal: Journal | None) -> None:
    """Create the volume through libvirt, and copy the data to it.

    Raises: StorageError, if the volume cannot be created or written.
    """
    if journal is not None:
        journal.record("volume", f"{copy.pool}/{copy.volume}")
    there = partial(host.volume, copy.pool, copy.volume)
    with deferred_signals(), _taken_meanwhile(copy.generated, lambda: there() is not None):
        if copy.how == "volume" and copy.source_volume is not None:
            progress.start(f"Copying '{os.path.basename(copy.source)}'", copy.allocation_bytes)
            try:
                # the test driver simulates copies, and supports no other kind
                reflink = copy.reflink and has_real_storage(host)
                copy_volume(host, copy.pool, copy.volume_xml, copy.source_volume, reflink=reflink)
                progress.advance(copy.allocation_bytes)
            finally:
                progress.finish()
        else:
            host.create_volume(copy.pool, copy.volume_xml)
        undo.push(f"the volume '{copy.pool}/{copy.volume}'", lambda: host.delete_volume(copy.pool, copy.volume))
    if copy.how == "volume":
        return
    if copy.source_volume is not None:
        stream_volume(host, copy.source_volume, (copy.pool, copy.volume), progress)
    else:
        host.upload(copy.pool, copy.volume, copy.source, progress)
    host.refresh_pool(copy.pool)


def _copy_file(copy: Copy, undo: Undo, progress: Progress, journal: Journal | None) -> tuple[str, str] | None:
    target = copy.target
    if copy.overwrite:
        folder, name = os.path.split(copy.target)
        target = os.path.join(folder, f".{name[:100]}.{os.urandom(8).hex()}.part")
    copy_image(
        copy.source,
        target,
        undo,
        progress,
        keep_sparse=copy.sparse or copy.reflink,
        reflink="always" if copy.reflink else "auto",
        journal=journal,
    )
    return (target, copy.target) if copy.overwrite else None


def _refresh_pools(plan: ClonePlan, host: Host, undo: Undo) -> None:
    """Refresh the pools whose directories have new files, because libvirt does not notice them."""
    folders = {os.path.dirname(copy.target) for copy in plan.copies if copy.how == "file"}
    if not folders or not has_real_storage(host):
        return
    for pool in host.pools():
        if pool.active and pool.target in folders:
            undo.push(
                f"the volume list of the pool '{pool.name}'", partial(host.refresh_pool, pool.name), is_thing=False
            )
            host.refresh_pool(pool.name)
