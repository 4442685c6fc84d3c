"""What runs that were killed have left, told to the user at the next run of the same name.

Each thing is named with the command that removes it. What no guest can have used yet, a half-made
disk first of all, is taken back by the next run that makes something; nothing else is removed unasked.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from virtinstall.errors import StorageError
from virtinstall.rollback.journal import (
    Journal,
    Leftover,
    find_leftovers,
    forget_leftovers,
    journal_folder,
    names_of_dead_runs,
    remove_if_same,
)

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host


_SERVED = ("boot file", "seed")
_FILES = ("file", "kept seed", *_SERVED)


def report_leftovers(name: str, host: Host, tell: Callable[[str], None]) -> None:
    """Say what a killed run that made guest `name` has left; journals of which nothing is left are forgotten."""
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
    """What removes it as it is now: a guest may run, and need not be defined."""
    guest = host.find_guest(leftover.path) if leftover.kind == "domain" else None
    if guest is None:
        return leftover.remove_command
    from virtinstall.virsh_commands import virsh_command

    commands = [virsh_command(host.uri, "destroy", leftover.path)] if guest.is_active() else []
    return "; ".join([*commands, *([leftover.remove_command] if guest.is_persistent() else [])])


def served(name: str, folder: str, uri: str | None = None) -> list[Leftover]:
    """What killed runs of guest `name` had fetched or made for its installation alone, and is still there.

    QEMU reads kernels at its start and keeps seeds open: nobody needs them any more.
    """
    found = find_leftovers(name, folder, uri)
    return [leftover for leftover in found if leftover.kind in _SERVED and os.path.lexists(leftover.path)]


def remove_served_of_others(name: str | None, tell: Callable[[str], None]) -> None:
    """Remove what killed runs of other guests than `name` had fetched or made for their installation alone."""
    folder = journal_folder(os.environ, os.geteuid())
    for other in sorted(names_of_dead_runs(folder) - {name}):
        for leftover in served(other, folder):
            try:
                _remove(leftover)
            except OSError as error:
                tell(f"a killed run for '{other}' left {leftover.path}, which can't be removed: {error.strerror}")
            else:
                tell(f"removed {leftover.path}, which a killed run for '{other}' had left")


def remove_leftovers(name: str, host: Host, tell: Callable[[str], None]) -> None:
    """Remove the half-made files of killed runs that made guest `name`, and say so; the rest is told.

    A file counts as half-made when the run died before it gave the guest to libvirt, it is still
    that very file, and no guest has it. Raises: StorageError, when one can't be removed.
    """
    for leftover in find_leftovers(name, journal_folder(os.environ, os.geteuid()), host.uri):
        if leftover.half_made and leftover.kind in _FILES and _is_there(leftover, host):
            if _is_used(leftover.path, host):
                continue
            try:
                _remove(leftover)
            except OSError as error:
                raise StorageError(
                    f"the half-made {leftover.path} of a killed run can't be removed: {error.strerror}",
                    hint=f"remove it: {leftover.remove_command}",
                ) from error
            tell(f"an earlier run for '{name}' was killed: the half-made {leftover.path} that it left is removed")
    report_leftovers(name, host, tell)


def _remove(leftover: Leftover) -> None:
    if leftover.identity is not None:
        remove_if_same(leftover.path, leftover.identity)
    else:
        # its name was generated for that run and no other
        os.unlink(leftover.path)


def _is_used(path: str, host: Host) -> bool:
    return any(path in xml for _, xml in host.guest_xmls())


def _is_there(leftover: Leftover, host: Host) -> bool:
    if leftover.kind == "domain":
        return host.find_guest(leftover.path) is not None
    if leftover.kind == "volume":
        pool, _, volume = leftover.path.partition("/")
        return host.volume(pool, volume) is not None
    return os.path.lexists(leftover.path)


def begin_journal(name: str, tell: Callable[[str], None], uri: str | None = None) -> Journal | None:
    """The journal of a run that makes guest `name` at `uri`; None where none can be kept, which is told."""
    folder = journal_folder(os.environ, os.geteuid())
    try:
        return Journal.begin(name, folder, uri)
    except OSError as error:
        tell(f"{folder} can't be written ({error.strerror}): if this run is killed, nothing will tell what it left")
        return None
