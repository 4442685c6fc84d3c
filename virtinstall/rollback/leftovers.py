"""Leftovers of killed runs, which are reported to the user by the next run for a guest with the same name.

The report contains the command that removes each leftover. A file is removed automatically only if it has provably not
changed since the run, no guest can have used it yet, and the current run does not name it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from virtinstall.errors import HypervisorError, StorageError, TakenError
from virtinstall.rollback.claim_mark import is_claim
from virtinstall.rollback.file_state import FileState, Identity, remove_if_same
from virtinstall.rollback.journal import (
    ClaimedError,
    Journal,
    Leftover,
    adopt_files,
    find_leftovers,
    forget_leftovers,
    journal_folder,
    names_of_dead_runs,
)
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host, HostGuest

    Report = Callable[[str], None]


_BETWEEN_PARTS = re.compile(r"[,=\s]|file://")
_SERVED = ("boot file", "seed")
_FILES = ("file", "kept seed", *_SERVED)


def report_leftovers(name: str, host: Host, report: Report) -> None:
    """Report the leftovers of killed runs that created the guest `name`.

    If there are no leftovers, the journals of these runs are removed. `report` is called with a message about each
    leftover.
    """
    folder = journal_folder(os.environ, os.geteuid())
    found = [leftover for leftover in find_leftovers(name, folder, host.uri) if _is_there(leftover, host)]
    for leftover in found:
        remedy = f"remove it with: {_remove_command(leftover, host)}"
        if leftover.kind == "domain":
            from virtinstall.virsh_commands import finish_command

            remedy = f"finish the guest's installation with: {finish_command(host.uri, name)}, or {remedy}"
        report(f"an earlier run for '{name}' was killed and left {_described(leftover)}; {remedy}")
    if not found:
        forget_leftovers(name, folder, host.uri)


def _described(leftover: Leftover) -> str:
    """Return the leftover as a noun phrase."""
    if leftover.kind == "domain":
        return f"the guest '{leftover.path}'"
    if leftover.kind == "reservation":
        address, _, network = leftover.path.split(" ", 2)
        return f"the DHCP reservation for {address} in the network '{network}'"
    names = {"volume": "volume", "temporary pool": "temporary storage pool"}
    return f"the {names.get(leftover.kind, 'file')} '{leftover.path}'"


def _remove_command(leftover: Leftover, host: Host) -> str:
    """Return the command that removes it in its current state: a guest may run, and may not be defined."""
    guest = _guest_of(leftover, host) if leftover.kind == "domain" else None
    if guest is None:
        return leftover.remove_command
    from virtinstall.virsh_commands import undefinition, virsh_command

    commands = [virsh_command(host.uri, "destroy", guest.name)] if guest.is_active() else []
    return "; ".join([*commands, *([undefinition(host.uri, guest.name)] if guest.is_persistent() else [])])


def _guest_of(leftover: Leftover, host: Host) -> HostGuest | None:
    """Return the guest that the killed run created, even if renamed, or None; not another guest with its name."""
    return host.guest_named(leftover.path) if leftover.uuid is None else host.guest_by_uuid(leftover.uuid)


def remove_served(name: str, host: Host, report: Report) -> None:
    """Remove the files that killed runs for the guest `name` created only for the guest's installation.

    Files that have changed or are in use are kept. `report` is called with a message about each file.
    """
    folder = journal_folder(os.environ, os.geteuid())
    for leftover in find_leftovers(name, folder, host.uri):
        if leftover.kind in _SERVED and os.path.lexists(leftover.path):
            try:
                kept = _reason_to_keep(leftover, host, (), by_others_than=name)
                if kept is None:
                    _remove(leftover)
            except OSError as error:
                kept = reason_of(error)
            if kept is None:
                report(f"removed {_left(leftover)}")
            else:
                report(f"kept {_left(leftover)}: {kept}; remove it with: {leftover.remove_command}")


def remove_served_of_others(name: str | None, host: Host, report: Report) -> None:
    """Remove files that killed runs created only for the installation of guests other than `name`.

    If `name` is None, the files for all guests are removed. Files that have changed or are in use are kept. `report` is
    called with a message about each file that was removed or could not be removed.
    """
    folder = journal_folder(os.environ, os.geteuid())
    for other in sorted(names_of_dead_runs(folder) - {name}):
        for leftover in find_leftovers(other, folder, host.uri):
            if leftover.kind in _SERVED and leftover.uri == host.uri and not _reason_to_keep(leftover, host, ()):
                try:
                    _remove(leftover)
                except OSError as error:
                    report(f"cannot remove {_left(leftover)}: {reason_of(error)}")
                else:
                    report(f"removed {_left(leftover)}")


def _left(leftover: Leftover) -> str:
    return f"{_described(leftover)}, left by a killed run for '{leftover.name}'"


def remove_leftovers(
    name: str, host: Host, report: Report, named: Iterable[str] = (), *, complete: bool = False
) -> None:
    """Remove the leftovers of killed runs for the guest `name` that no guest could have used; report all others.

    Files are removed only if they are unchanged and not in use. If `complete` is true, files that a guest could have
    used are also removed. `named` contains the values in the current request; a file that one of them refers to is
    kept. `report` is called with a message about each object.

    Raises: StorageError, if a file cannot be removed.
    """
    named = tuple(named)
    _remove_temporary_pools(name, host, report)
    _remove_reservations(name, host, report)
    for leftover in find_leftovers(name, journal_folder(os.environ, os.geteuid()), host.uri):
        if leftover.kind == "domain":
            _remove_claim(leftover, host, report)
        elif (
            (complete or leftover.incomplete) and leftover.kind in _FILES and not _reason_to_keep(leftover, host, named)
        ):
            try:
                _remove(leftover)
            except OSError as error:
                raise StorageError(
                    f"cannot remove {_left(leftover)}: {reason_of(error)}",
                    hint=f"remove it with: {leftover.remove_command}",
                ) from error
            report(f"removed {_left(leftover)}")
    report_leftovers(name, host, report)
    if named:
        # regardless of the result of this run, such a file now belongs to the user
        with suppress(OSError):
            adopt_files(journal_folder(os.environ, os.geteuid()), partial(_is_named, named))


def _remove_temporary_pools(name: str, host: Host, report: Report) -> None:
    """End the transient storage pools that killed runs left; report the images that these runs created in them."""
    found = find_leftovers(name, journal_folder(os.environ, os.geteuid()), host.uri)
    for pool in {leftover.path for leftover in found if leftover.kind == "temporary pool"}:
        if host.pool(pool) is None:
            continue
        for leftover in found:
            place, _, volume = leftover.path.partition("/")
            there = host.volume(pool, volume) if leftover.kind == "volume" and place == pool else None
            if there is not None:
                report(f"kept the image '{there.path}' on the host, left by a killed run for '{name}'")
        host.destroy_pool(pool)
        report(f"removed the temporary storage pool '{pool}', left by a killed run for '{name}'")


def _remove_reservations(name: str, host: Host, report: Report) -> None:
    """Remove DHCP reservations of killed runs whose guest does not exist."""
    for network, mac, address in reservations_left(name, host):
        host.remove_reservation(network, mac, address)
        reservation = f"the DHCP reservation for {address} in the network '{network}'"
        report(f"removed {reservation}, left by a killed run for '{name}'")


def reservations_left(name: str, host: Host) -> list[tuple[str, str, str]]:
    """Return the DHCP reservations, left by killed runs, that the next run for the guest `name` removes.

    Each is a tuple of a network's name, a MAC address and an IP address.
    """
    found = []
    for leftover in find_leftovers(name, journal_folder(os.environ, os.geteuid()), host.uri):
        if leftover.kind == "reservation" and _is_there(leftover, host):
            address, mac, network = leftover.path.split(" ", 2)
            if mac not in host.guest_macs():
                found.append((network, mac, address))
    return found


def _remove_claim(leftover: Leftover, host: Host, report: Report) -> None:
    """Remove a guest that only reserves the name and UUID of the guest that the killed run did not define."""
    guest = None if leftover.uuid is None else _guest_of(leftover, host)
    if guest is not None and not guest.is_active() and is_claim(guest.xml(inactive=True)):
        guest.undefine()
        report(f"removed the empty guest '{guest.name}', left by a killed run for '{leftover.name}'")


def _is_named(named: tuple[str, ...], path: str) -> bool:
    identity = Identity.of_path(path)
    return identity is not None and any(_means(value, path, identity) for value in named)


def _remove(leftover: Leftover) -> None:
    assert leftover.state is not None
    remove_if_same(leftover.path, leftover.state.identity)


def _reason_to_keep(
    leftover: Leftover, host: Host, named: Iterable[str], by_others_than: str | None = None
) -> str | None:
    """Return why a file must not be removed automatically, or None if it may be removed."""
    now = FileState.of_path(leftover.path)
    if leftover.state is None or now is None or not _is_unchanged(leftover, leftover.state, now):
        return "it may have been changed since then"
    if any(_means(value, leftover.path, now.identity) for value in named):
        return "this run uses it"
    users = [user for user in _users(leftover.path, now.identity, host) if user != by_others_than]
    if not users:
        return None
    return f"the guest '{users[0]}' uses it" if users[0] else "this host uses it"


def _is_unchanged(leftover: Leftover, then: FileState, now: FileState) -> bool:
    # libvirt changes the owner of an installation's boot files to QEMU's user, which changes their ctime
    return now.has_content_of(then) if leftover.kind in _SERVED else now == then


def _means(value: str, path: str, identity: Identity) -> bool:
    """Return whether a value from the user may refer to the file: by a path to it, or as a volume with its name."""
    parts = [value, *_BETWEEN_PARTS.split(value)]
    return any(
        part and (os.path.basename(part) == os.path.basename(path) or Identity.of_target(part) == identity)
        for part in parts
    )


def _users(path: str, identity: Identity, host: Host) -> list[str]:
    """Return the guests that use the file, in any place of their XML or below another image; "" is this host."""
    from virtinstall.storage.in_use import files_in_use

    users = [use.guest for use in files_in_use(host).uses(path)]
    # unknown elements may name files as well
    return users + [
        name for name, xml in host.guest_xmls() if any(Identity.of_target(each) == identity for each in _paths(xml))
    ]


def _paths(xml: str) -> Iterable[str]:
    """Return the absolute paths in a guest's XML, regardless of their use."""
    from lxml import etree

    root = etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    for node in root.iter():
        for value in (node.text, *node.attrib.values()):
            if value is not None and value.strip().startswith("/"):
                yield value.strip()


def _is_there(leftover: Leftover, host: Host) -> bool:
    if leftover.kind == "domain":
        return _guest_of(leftover, host) is not None
    if leftover.kind == "temporary pool":
        return host.pool(leftover.path) is not None
    if leftover.kind == "reservation":
        address, mac, network = leftover.path.split(" ", 2)
        return (mac, address, "reservation") in host.network_addresses(network)
    if leftover.kind == "volume":
        pool, _, volume = leftover.path.partition("/")
        return host.volume(pool, volume) is not None
    return os.path.lexists(leftover.path)


def begin_journal(
    name: str, report: Report, uri: str | None = None, uuid: str | None = None, *, generated: bool = False
) -> Journal | None:
    """Start the journal of a run that creates the guest `name`, and return it.

    `uri` is the URI of the run's connection, and `uuid` is the UUID of the guest; each is None if it is unknown.
    `generated` is true if the name was generated. If the journal cannot be written, `report` is called with a warning,
    and the result is None.

    Raises: HypervisorError, if another run is creating a guest with that name or UUID; TakenError instead, if
    `generated` is true, so that the caller can generate a different name.
    """
    folder = journal_folder(os.environ, os.geteuid())
    try:
        return Journal.begin(name, folder, uri, uuid)
    except ClaimedError as error:
        process = "another process" if error.pid is None else f"another process (PID {error.pid})"
        message = f"{process} is creating or changing {error.claim}"
        if generated:
            raise TakenError(message) from error
        raise HypervisorError(
            message, hint=f"wait until that process has finished, or use another {error.option}"
        ) from error
    except OSError as error:
        report(f"cannot write to '{folder}': {reason_of(error)}; cleanup after a crash is disabled for this run")
        return None
