"""The journals of deletions: files that a killed deletion has not removed yet, and files that killed creations left.

A deletion records each file before it changes anything. Its journal has the format of a creation's journal, in a
separate directory.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtinstall.errors import HypervisorError
from virtinstall.guest_record import CreatedFile, Reservation
from virtinstall.lifecycle.deletion_plan import FileFacts
from virtinstall.record import Record
from virtinstall.redact import logger
from virtinstall.rollback.file_state import Identity
from virtinstall.rollback.journal import ClaimedError, Journal, find_leftovers, forget_leftovers, journal_folder
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host
    from virtinstall.lifecycle.deletion_plan import DeletionPlan

_GUEST, _FILE, _VOLUME, _RESERVATION, _POOL = "domain", "file", "volume", "reservation", "pool"


class Unfinished(Record):
    """The files and reservations that were not removed, because deletions were interrupted.

    `uuids` are the UUIDs of the deleted guests, and `pools` are the pools to refresh.
    """

    files: tuple[FileFacts, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    uuids: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()


def deletions_folder() -> str:
    """Return the directory of the journals of deletions."""
    return os.path.join(os.path.dirname(journal_folder(os.environ, os.geteuid())), "deletions")


def begin_deletion(plan: DeletionPlan, host: Host) -> Journal | None:
    """Return a journal of all files and reservations that `plan` removes; None if no journal can be written.

    A later run uses the journal only after `note_commitment` was called.

    Raises: HypervisorError, if another process is deleting the guest.
    """
    try:
        journal = Journal.begin(plan.name, deletions_folder(), host.uri, plan.uuid or None)
        for item in plan.files:
            file = item.file
            assert file is not None
            if file.inode is not None and file.filesystem is not None:
                journal.record(_FILE, file.link or file.path, Identity(file.filesystem, file.inode))
            elif file.pool is not None:
                journal.record(_VOLUME, f"{file.pool}/{file.volume}")
        for pool in sorted({item.pool for item in plan.files if item.pool is not None}):
            journal.record(_POOL, pool)
        for item in plan.removed:
            if item.reservation is not None:
                journal.record(_RESERVATION, item.reservation.label)
        return journal
    except ClaimedError as error:
        raise HypervisorError(
            f"process {error.pid} is already deleting the guest '{plan.name}'",
            hint="wait until that process has finished",
        ) from error
    except OSError as error:
        logger("delete").warning(
            "cannot write a journal to '%s': %s; this deletion cannot be resumed if it is killed",
            deletions_folder(),
            reason_of(error),
        )
        return None


def note_commitment(journal: Journal | None, plan: DeletionPlan) -> None:
    """Record the point of no return.

    If the deletion is interrupted later, the next deletion of a guest with this name finishes it. `journal` is
    None if no journal could be written.
    """
    if journal is not None:
        journal.record(_GUEST, plan.name, uuid=plan.uuid or None)
        journal.keep_for_next_run()


def forget_deletions(name: str, host: Host) -> None:
    """Remove the journals of interrupted deletions of this guest; call this after all files have been removed.

    Raises: OSError.
    """
    forget_leftovers(name, deletions_folder(), host.uri)


def unfinished_deletion(name: str, uuid: str | None, host: Host) -> Unfinished:
    """Return what interrupted deletions of guests with this name have not removed yet.

    `uuid` is the UUID of the existing guest with this name, or None if there is no such guest. The parts of the
    existing guest are not included. A deletion is resumed from its journal only if it has already removed the guest's
    definition; otherwise, the guest still exists and is examined again.
    """
    files, reservations = [], []
    leftovers = find_leftovers(name, deletions_folder(), host.uri)
    gone = [each.uuid or "" for each in leftovers if each.kind == _GUEST and (uuid is None or each.uuid != uuid)]
    if not gone:
        return Unfinished()
    for each in leftovers:
        if each.kind == _FILE:
            files.append(FileFacts(kind="disk", path=each.path, is_ours=True))
        elif each.kind == _VOLUME:
            pool, _, volume = each.path.partition("/")
            if host.volume(pool, volume) is not None:
                files.append(FileFacts(kind="disk", path=each.path, pool=pool, volume=volume, is_ours=True))
        elif each.kind == _RESERVATION:
            reservations.append(_reservation(each.path))
    return Unfinished(
        files=tuple(files),
        reservations=tuple(reservations),
        uuids=tuple(filter(None, gone)),
        pools=tuple(each.path for each in leftovers if each.kind == _POOL),
    )


def _reservation(path: str) -> Reservation:
    """Return the reservation that a journal names."""
    address, mac, network = path.split(" ", 2)
    return Reservation(network=network, mac=mac, address=address)


def created_by_killed_run(name: str, uuid: str, host: Host) -> tuple[CreatedFile, ...]:
    """Return the disks that an interrupted run created for the guest before it could store a record."""
    leftovers = find_leftovers(name, journal_folder(os.environ, os.geteuid()), host.uri)
    if not any(each.kind == _GUEST and each.uuid == uuid for each in leftovers):
        return ()
    files = []
    for each in leftovers:
        if each.kind == _FILE and each.identity is not None:
            files.append(CreatedFile(kind="disk", path=each.path, inode=each.identity.inode))
        elif each.kind == _VOLUME:
            pool, _, volume = each.path.partition("/")
            known = host.volume(pool, volume)
            files.append(
                CreatedFile(kind="disk", path=each.path if known is None else known.path, pool=pool, volume=volume)
            )
    return tuple(files)


def reserved_by_killed_run(name: str, uuid: str, host: Host) -> tuple[Reservation, ...]:
    """Return the DHCP reservations that an interrupted run added for the guest before it could store a record."""
    leftovers = find_leftovers(name, journal_folder(os.environ, os.geteuid()), host.uri)
    if not any(each.kind == _GUEST and each.uuid == uuid for each in leftovers):
        return ()
    return tuple(_reservation(each.path) for each in leftovers if each.kind == _RESERVATION)
