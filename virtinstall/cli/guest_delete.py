"""`virt-guest delete NAME...`: print what is deleted and kept, ask once, then delete."""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from virtinstall.cli.connection import connect
from virtinstall.cli.deletions import delete_planned, ended, missing, planned
from virtinstall.cli.ended_run import SIGNALS
from virtinstall.cli.log import library_log
from virtinstall.cli.status import Status
from virtinstall.errors import GuestNotFound, RequestError
from virtinstall.fleet.outcome import worker_count
from virtinstall.fleet.sessions import Sessions
from virtinstall.hypervisor import Hypervisor
from virtinstall.options.usage import UsageError
from virtinstall.units import parse_duration

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log
    from virtinstall.fleet.hosts import Connections
    from virtinstall.fleet.lab import Lab
    from virtinstall.lifecycle.deletion_plan import DeletionPlan

_DECLINED = 1
TAKES_GUESTS = True
"""Whether the arguments are names of guests, for completion."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    parser.add_argument(
        "names", metavar="NAME", nargs="*", help="Guest to delete; it is not an error if the guest does not exist."
    )
    parser.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        help="Delete the guests in this file (YAML or JSON), or only those that NAME specifies; `-` is standard input.",
    )
    disks = parser.add_mutually_exclusive_group()
    disks.add_argument(
        "--storage",
        choices=("own", "all", "none"),
        default="own",
        help="Disks to delete: `own` (those created for the guest; default), `all` or `none`.",
    )
    disks.add_argument(
        "--keep-disks", dest="storage", action="store_const", const="none", help="Equivalent to --storage none."
    )
    parser.add_argument("--force", action="store_true", help="Power off running guests.")
    parser.add_argument(
        "--shutdown", metavar="TIMEOUT", help="Shut down running guests, and wait up to TIMEOUT: `90s`, `5m`."
    )
    parser.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=int,
        help="Number of guests to delete in parallel; default: 4 (3 on a host with one CPU).",
    )
    parser.add_argument("--wipe", action="store_true", help="Overwrite the disks with zeros before deleting them.")
    parser.add_argument("--dry-run", action="store_true", help="Print what would be deleted; delete nothing.")
    parser.add_argument("-y", "--yes", action="store_true", help="Do not ask for confirmation.")
    parser.add_argument(
        "--output", metavar="FORMAT", choices=("text", "json"), help="Output format: `text` (default) or `json`."
    )


def run(given: Namespace, log: Log) -> int:
    """Delete the guests, or print what would be deleted; return the exit status.

    Raises: VirtInstallError.
    """
    worker_count(given.jobs)
    lab = _read_file(given)
    given.shutdown_seconds = None if given.shutdown is None else parse_duration(given.shutdown, "--shutdown")
    opened = connect(given.connect) if lab is None else lab.open(given.connect, open_one=connect)
    with opened as hypervisors, library_log(log):
        where = _where(given, lab, hypervisors)
        if given.output != "json":
            return _delete(given, where, Sessions(hypervisors), [])
        documents: list[dict[str, Any]] = []
        with redirect_stdout(sys.stderr):
            status = _delete(given, where, Sessions(hypervisors), documents)
        changed = any(document["changed"] for document in documents)
        print(json.dumps({"guests": documents, "changed": changed, "exit_status": status}, indent=2))
        return status


def _read_file(given: Namespace) -> Lab | None:
    """Replace the names with those in the file, in reverse order of creation.

    Raises: UsageError, RequestError.
    """
    if given.file is None:
        if not given.names:
            raise UsageError("no guest specified", hint="specify the guest's name, or a guests file with: -f FILE")
        return None
    from virtinstall.cli.guest_diff import load_lab

    lab = load_lab(given)
    given.names = lab.names_to_delete(given.names)
    given.lab = lab
    return lab


def _where(given: Namespace, lab: Lab | None, hypervisors: Hypervisor | Connections) -> dict[str, str | None]:
    """Return the host of each guest by name; None if there is only one connection.

    Raises: RequestError, if the host of a guest cannot be reached.
    """
    if lab is None or isinstance(hypervisors, Hypervisor):
        return dict.fromkeys(given.names)
    placed = lab.placed(hypervisors, given.names)
    if placed.problems:
        name, error = next(iter(placed.problems.items()))
        raise RequestError(
            f"cannot delete '{name}': {error.message}; nothing was deleted",
            hint=f"delete only the guests on other hosts with: virt-guest delete -f {shlex.quote(given.file)} NAME...",
        )
    return {guest.name: guest.host for guest in placed.guests}


def _delete(given: Namespace, where: dict[str, str | None], sessions: Sessions, documents: list[dict[str, Any]]) -> int:
    plans = []
    for name in dict.fromkeys(given.names):
        hypervisor = sessions.of(where[name]).hypervisor
        _require_own(name, given, hypervisor)
        try:
            plans.append(hypervisor.deletion_plan(name, given.storage))
        except GuestNotFound:
            print(f"No such guest: '{name}'; nothing to delete.")
            documents.append(missing(name))
    for plan in plans:
        print(_text(plan), end="")
    if given.dry_run or not plans:
        documents += [planned(plan) for plan in plans]
        return Status.DONE
    _require_stoppable(plans, given)
    if not given.yes and not _confirmed(plans):
        documents += [planned(plan) for plan in plans]
        return _DECLINED
    try:
        return delete_planned(plans, given, where, sessions, documents)
    except SIGNALS as error:
        raise ended(error, plans, given, where, sessions) from error


def _require_own(name: str, given: Namespace, hypervisor: Hypervisor) -> None:
    """Raise RequestError if the guest exists and was not created from the file that names it."""
    if given.file is None:
        return
    from virtinstall.fleet.ownership import belongs

    found = hypervisor.host.guest_named(name)
    if found is not None and not belongs(found, given.lab.project, given.lab.file):
        from virtinstall.virsh_commands import command

        source = "standard input" if given.file == "-" else f"'{given.file}'"
        raise RequestError(
            f"the guest '{name}' exists and was not created from {source}",
            hint=f"delete the guest anyway with: {command('virt-guest delete', given.connect, name)}",
        )


def _require_stoppable(plans: list[DeletionPlan], given: Namespace) -> None:
    """Raise RequestError, before the confirmation, if a guest is running and must not be stopped."""
    from virtinstall.lifecycle.stop import require_stoppable

    for plan in plans:
        if plan.must_stop:
            require_stoppable(plan.name, force=given.force, shutdown_timeout=given.shutdown_seconds)


def _confirmed(plans: list[DeletionPlan]) -> bool:
    from virtinstall.cli.confirm import confirmed

    names = ", ".join(f"'{plan.name}'" for plan in plans)
    files = sum(len(plan.files) for plan in plans)
    disks = f" and {files} {'file' if files == 1 else 'files'}" if files else ""
    return confirmed(f"Delete {names}{disks}?", "deleting guests")


def _text(plan: DeletionPlan) -> str:
    """Return the plan as text: what is deleted, what is kept, and why."""
    heading = (
        f"Guest '{plan.name}'"
        if plan.exists
        else f"Guest '{plan.name}' (no longer defined, because an earlier deletion was interrupted)"
    )
    lines = [
        f"{heading}:",
        *(f"  remove  {item}" for item in plan.removed),
        *(f"  keep    {item}" for item in plan.kept),
    ]
    if plan.would_remove_with_all:
        lines.append(f"  (--storage all would also remove {', '.join(plan.would_remove_with_all)})")
    return "".join(f"{line}\n" for line in lines)
