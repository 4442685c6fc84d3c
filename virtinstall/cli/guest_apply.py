"""`virt-guest apply -f FILE`: print the differences, ask once, and create, update and delete guests."""

from __future__ import annotations

import json
import sys
import time
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from virtinstall.cli.connection import connect
from virtinstall.cli.guest_diff import add_file_arguments, deletion_plans, difference_text, load_lab
from virtinstall.cli.guest_progress import GuestProgress, summary
from virtinstall.cli.log import library_log
from virtinstall.cli.status import Status
from virtinstall.fleet.outcome import worker_count

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log
    from virtinstall.fleet.compare import Comparison
    from virtinstall.fleet.outcome import Outcome

_DECLINED = 1
_IDLE = ("none", "unreachable")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    add_file_arguments(parser, "Also delete guests that are no longer in the file.")
    parser.add_argument(
        "--adopt",
        metavar="NAME",
        action="append",
        default=[],
        help="Adopt this existing guest: manage it through the file, without changing it now; can be repeated.",
    )
    parser.add_argument(
        "--recreate",
        metavar="NAME",
        action="append",
        default=[],
        help="Delete this guest and its disks, and create it again; can be repeated.",
    )
    parser.add_argument(
        "-j",
        "--jobs",
        metavar="N",
        type=int,
        help="Number of guests to process in parallel; default: 4 (3 on a host with one CPU).",
    )
    parser.add_argument(
        "--reboot",
        action="store_true",
        help="Shut down and start guests with changes that do not take effect while the guest is running.",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="Power off guests that do not shut down when they must be deleted or restarted.",
    )
    parser.add_argument("-y", "--yes", action="store_true", help="Do not ask for confirmation.")


def run(given: Namespace, log: Log) -> int:
    """Apply the guests file that -f names, or print its schema; return the exit status.

    Raises: VirtInstallError.
    """
    if given.schema:
        from virtinstall.fleet.schema import schema_text

        print(schema_text(), end="")
        return Status.DONE
    if given.output != "json":
        return _apply(given, log)[0]
    with redirect_stdout(sys.stderr):
        status, outcomes = _apply(given, log)
    changed = any(each.status == "done" for each in outcomes)
    documents = [each.as_document() for each in outcomes]
    print(json.dumps({"guests": documents, "changed": changed, "exit_status": int(status)}, indent=2))
    return status


def _apply(given: Namespace, log: Log) -> tuple[int, list[Outcome]]:
    worker_count(given.jobs)
    lab = load_lab(given)
    allowed = {"prune": given.prune, "adopt": given.adopt, "recreate": given.recreate, "reboot": given.reboot}
    with lab.open(given.connect, open_one=connect) as hypervisors, library_log(log):
        found = lab.diff(hypervisors, given.names, **allowed)
        print(difference_text(found, deletion_plans(found, hypervisors), given.file), end="")
        if not given.yes and any(each.action not in _IDLE for each in found) and not _confirmed(found):
            return _DECLINED, []
        started = time.monotonic()
        with GuestProgress(each.name for each in found if each.action != "none") as progress:
            outcomes = lab.apply(
                hypervisors,
                given.names,
                **allowed,
                found=found,
                jobs=given.jobs,
                force=given.force,
                on_warning=progress.warn,
                report=progress.report,
                on_outcome=progress.finish,
            )
    for each in outcomes:
        for secret in each.secrets:
            print(secret)
    print(summary(outcomes, time.monotonic() - started))
    failed = any(each.status in ("failed", "skipped") for each in outcomes)
    return Status.ERROR if failed else Status.DONE, outcomes


def _confirmed(found: list[Comparison]) -> bool:
    from virtinstall.cli.confirm import confirmed

    count = sum(each.action not in _IDLE for each in found)
    return confirmed(f"Apply these changes to {count} {'guest' if count == 1 else 'guests'}?", "changing guests")
