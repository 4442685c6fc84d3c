"""What killed runs have left, reported to the user at the next run of the same name.

Each thing is named with the command that removes it. A file is removed automatically only when it is
provably as the run left it, no guest can have used it yet, and this run does not name it.
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

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Guest, Host

    Tell = Callable[[str], None]


_BETWEEN_PARTS = re.compile(r"[,=\s]|file://")
_SERVED = ("boot file", "seed")
_FILES = ("file", "kept seed", *_SERVED)


def report_leftovers(name: str, host: Host, tell: Tell) -> None:
    """Report what a killed run that created guest `name` has left; forget journals of which nothing is left."""
    folder = journal_folder(os.environ, os.geteuid())
    found = [leftover for leftover in find_leftovers(name, folder, host.uri) if _is_there(leftover, host)]
    for leftover in found:
        go_on = f"finish it with: virt-install --finish {name}; " if leftover.kind == "domain" else ""
        tell(
            f"an earlier run for '{name}' was killed and left the {leftover.kind} {leftover.path} "
            f"({go_on}remove it with: {_remove_command(leftover, host)})"
        )
    if not found:
        forget_leftovers(name, folder, host.uri)


def _remove_command(leftover: Leftover, host: Host) -> str:
    """Return what removes it as it is now: a guest may run, and need not be defined."""
    guest = _guest_of(leftover, host) if leftover.kind == "domain" else None
    if guest is None:
        return leftover.remove_command
    from virtinstall.virsh_commands import undefinition, virsh_command

    commands = [virsh_command(host.uri, "destroy", guest.name)] if guest.is_active() else []
    return "; ".join([*commands, *([undefinition(host.uri, guest.name)] if guest.is_persistent() else [])])


def _guest_of(leftover: Leftover, host: Host) -> Guest | None:
    """The guest that the dead run created, under whatever name; not another one that has got its name since."""
    return host.guest_named(leftover.path) if leftover.uuid is None else host.guest_by_uuid(leftover.uuid)


def remove_served(name: str, host: Host, tell: Tell) -> None:
    """Remove what killed runs of guest `name` fetched or created for its installation alone; report what must stay."""
    folder = journal_folder(os.environ, os.geteuid())
    for leftover in find_leftovers(name, folder, host.uri):
        if leftover.kind in _SERVED and os.path.lexists(leftover.path):
            try:
                kept = _reason_to_keep(leftover, host, (), by_others_than=name)
                if kept is None:
                    _remove(leftover)
            except OSError as error:
                kept = error.strerror
            if kept is None:
                tell(f"removed {leftover.path}, which a killed run for '{name}' had left")
            else:
                tell(
                    f"a killed run for '{name}' left {leftover.path}, which stays: {kept} "
                    f"(remove it with: {leftover.remove_command})"
                )


def remove_served_of_others(name: str | None, host: Host, tell: Tell) -> None:
    """Remove what killed runs of other guests than `name` fetched or created for their installation alone."""
    folder = journal_folder(os.environ, os.geteuid())
    for other in sorted(names_of_dead_runs(folder) - {name}):
        for leftover in find_leftovers(other, folder, host.uri):
            if leftover.kind in _SERVED and leftover.uri == host.uri and not _reason_to_keep(leftover, host, ()):
                try:
                    _remove(leftover)
                except OSError as error:
                    tell(f"a killed run for '{other}' left {leftover.path}, which can't be removed: {error.strerror}")
                else:
                    tell(f"removed {leftover.path}, which a killed run for '{other}' had left")


def remove_leftovers(name: str, host: Host, tell: Tell, named: Iterable[str] = ()) -> None:
    """Remove the half-made files of killed runs that created guest `name`, and say so; report everything else.

    `named` are the values that this run was given: a file that one of them means is left alone.
    Raises: StorageError, when one can't be removed.
    """
    named = tuple(named)
    for leftover in find_leftovers(name, journal_folder(os.environ, os.geteuid()), host.uri):
        if leftover.kind == "domain":
            _remove_claim(leftover, host, tell)
        elif leftover.half_made and leftover.kind in _FILES and not _reason_to_keep(leftover, host, named):
            try:
                _remove(leftover)
            except OSError as error:
                raise StorageError(
                    f"the half-made {leftover.path} of a killed run can't be removed: {error.strerror}",
                    hint=f"remove it: {leftover.remove_command}",
                ) from error
            tell(f"an earlier run for '{name}' was killed: the half-made {leftover.path} that it left is removed")
    report_leftovers(name, host, tell)
    if named:
        # whatever comes of this run: from now on such a file is the user's
        with suppress(OSError):
            adopt_files(journal_folder(os.environ, os.geteuid()), partial(_is_named, named))


def _remove_claim(leftover: Leftover, host: Host, tell: Tell) -> None:
    """Remove a guest that holds only the name and UUID of the one that the dead run did not come to define."""
    guest = None if leftover.uuid is None else _guest_of(leftover, host)
    if guest is not None and not guest.is_active() and is_claim(guest.xml(inactive=True)):
        guest.undefine()
        tell(f"an earlier run for '{leftover.name}' was killed: the empty guest '{guest.name}' that it left is removed")


def _is_named(named: tuple[str, ...], path: str) -> bool:
    identity = Identity.of_path(path)
    return identity is not None and any(_means(value, path, identity) for value in named)


def _remove(leftover: Leftover) -> None:
    assert leftover.state is not None
    remove_if_same(leftover.path, leftover.state.identity)


def _reason_to_keep(
    leftover: Leftover, host: Host, named: Iterable[str], by_others_than: str | None = None
) -> str | None:
    """Return why a file must not be removed without the user's word, None when it may."""
    now = FileState.of_path(leftover.path)
    if leftover.state is None or now is None or not _is_unchanged(leftover, leftover.state, now):
        return "it may have been changed since"
    if any(_means(value, leftover.path, now.identity) for value in named):
        return "this run names it"
    users = [user for user in _users(leftover.path, now.identity, host) if user != by_others_than]
    if not users:
        return None
    return f"the guest '{users[0]}' uses it" if users[0] else "this host uses it"


def _is_unchanged(leftover: Leftover, then: FileState, now: FileState) -> bool:
    # libvirt hands what an installation boots to QEMU's user, which changes its ctime
    return now.has_content_of(then) if leftover.kind in _SERVED else now == then


def _means(value: str, path: str, identity: Identity) -> bool:
    """Whether a value that the user gave may mean the file: by any path to it, or as a volume of its name."""
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
    """Return the absolute paths that a guest's XML holds, whatever for."""
    from lxml import etree

    root = etree.fromstring(xml.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    for node in root.iter():
        for value in (node.text, *node.attrib.values()):
            if value is not None and value.strip().startswith("/"):
                yield value.strip()


def _is_there(leftover: Leftover, host: Host) -> bool:
    if leftover.kind == "domain":
        return _guest_of(leftover, host) is not None
    if leftover.kind == "volume":
        pool, _, volume = leftover.path.partition("/")
        return host.volume(pool, volume) is not None
    return os.path.lexists(leftover.path)


def begin_journal(
    name: str, tell: Tell, uri: str | None = None, uuid: str | None = None, *, generated: bool = False
) -> Journal | None:
    """Begin the journal of a run that creates guest `name` at `uri`; None where none can be kept, with a warning.

    Raises: HypervisorError, when another run is creating a guest with that name or UUID; TakenError, when the
    name is `generated`, so that another would do.
    """
    folder = journal_folder(os.environ, os.geteuid())
    try:
        return Journal.begin(name, folder, uri, uuid)
    except ClaimedError as error:
        process = "" if error.pid is None else f" (process {error.pid})"
        message = f"another run{process} is creating {error.claim}"
        if generated:
            raise TakenError(message) from error
        raise HypervisorError(message, hint="wait for its end, or choose another --name") from error
    except OSError as error:
        tell(f"{folder} can't be written ({error.strerror}): if this run is killed, nothing will tell what it left")
        return None
