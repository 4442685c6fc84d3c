"""What runs that were killed have left, told to the user at the next run of the same name.

Nothing is removed unasked: each thing is named with the command that removes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from virtinstall.journal import Journal, Leftover, find_leftovers, forget_leftovers, journal_folder

if TYPE_CHECKING:
    from virtinstall.host.host import Host


def tell_leftovers(name: str, host: Host, tell: Callable[[str], None]) -> None:
    """Say what a killed run that made guest `name` has left; journals of which nothing is left are forgotten."""
    folder = journal_folder(os.environ, os.geteuid())
    found = [leftover for leftover in find_leftovers(name, folder) if _is_there(leftover, host)]
    for leftover in found:
        tell(
            f"an earlier run for '{name}' was killed and left the {leftover.kind} {leftover.path} "
            f"(remove it with: {leftover.remove_command})"
        )
    if not found:
        forget_leftovers(name, folder)


def _is_there(leftover: Leftover, host: Host) -> bool:
    if leftover.kind == "domain":
        return host.find_guest(leftover.path) is not None
    if leftover.kind == "volume":
        pool, _, volume = leftover.path.partition("/")
        return host.volume(pool, volume) is not None
    return os.path.lexists(leftover.path)


def begin_journal(name: str, tell: Callable[[str], None]) -> Journal | None:
    """The journal of a run that makes guest `name`; None where none can be kept, which is told."""
    folder = journal_folder(os.environ, os.geteuid())
    try:
        return Journal.begin(name, folder)
    except OSError as error:
        tell(f"{folder} can't be written ({error.strerror}): if this run is killed, nothing will tell what it left")
        return None
