"""`virt-guest reset NAME`: replace the guest's disks with empty overlays on the same images."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from virtinstall.cli.connection import connect
from virtinstall.cli.messages import Messages, error_lines
from virtinstall.cli.status import Status
from virtinstall.errors import WaitTimeout
from virtinstall.lifecycle.stop import require_stoppable
from virtinstall.units import parse_duration

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log
    from virtinstall.lifecycle.reset import ResetPlan

TAKES_GUESTS = True
"""Whether the arguments are names of guests, for completion."""
_DECLINED = 1


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    parser.add_argument("name", metavar="NAME", help="Name of the guest.")
    parser.add_argument("--force", action="store_true", help="Power off a running guest.")
    parser.add_argument(
        "--shutdown", metavar="TIMEOUT", help="Shut down a running guest, and wait up to TIMEOUT: `90s`, `5m`."
    )
    parser.add_argument(
        "--delete-snapshots", action="store_true", help="Also delete the guest's snapshots and checkpoints."
    )
    parser.add_argument(
        "--without-seed", action="store_true", help="Reset the guest even if the cloud-init seed was not kept."
    )
    parser.add_argument("--start", action="store_true", help="Start the guest afterwards.")
    parser.add_argument("--dry-run", action="store_true", help="Print what would be reset; change nothing.")
    parser.add_argument("-y", "--yes", action="store_true", help="Do not ask for confirmation.")
    parser.add_argument(
        "--output", metavar="FORMAT", choices=("text", "json"), help="Output format: `text` (default) or `json`."
    )


def run(given: Namespace, log: Log) -> int:
    """Reset the guest, or print what would be reset; return the exit status.

    Raises: VirtInstallError.
    """
    given.shutdown_seconds = None if given.shutdown is None else parse_duration(given.shutdown, "--shutdown")
    if given.output != "json":
        return _reset(given)[0]
    with redirect_stdout(sys.stderr):
        status, changed, plan = _reset(given)
    listed = [{"path": path, "base": base} for path, base in plan.disks]
    kept = [{"path": path, "reason": reason} for path, reason in plan.kept]
    removed = {"snapshots": list(plan.snapshots), "checkpoints": list(plan.checkpoints), "files": list(plan.overlays)}
    document = {"name": given.name, "disks": listed, "kept": kept, **removed, "changed": changed, "exit_status": status}
    print(json.dumps(document, indent=2))
    return status


def _reset(given: Namespace) -> tuple[int, bool, ResetPlan]:
    """Return the exit status, whether anything changed, and the plan."""
    choices = {"delete_snapshots": given.delete_snapshots, "without_seed": given.without_seed}
    with connect(given.connect) as hypervisor:
        guest = hypervisor.guest(given.name)
        plan = guest.reset_plan(**choices)
        print(_text(plan), end="")
        if given.dry_run:
            return Status.DONE, False, plan
        if plan.is_active:
            require_stoppable(given.name, force=given.force, shutdown_timeout=given.shutdown_seconds)
        if not given.yes:
            from virtinstall.cli.confirm import confirmed

            if not confirmed(f"Reset '{given.name}'?", "resetting a guest"):
                return _DECLINED, False, plan
        messages = Messages()
        try:
            guest.reset(
                force=given.force,
                shutdown_timeout=given.shutdown_seconds,
                start=given.start,
                report=messages.report,
                **choices,
            )
        except WaitTimeout as error:
            print(*error_lines("virt-guest", error.message, error.hint), sep="\n", file=sys.stderr)
            return Status.TIMED_OUT, False, plan
        messages.report(f"Reset '{given.name}'{' and started it' if given.start else ''}.")
    return Status.DONE, True, plan


def _text(plan: ResetPlan) -> str:
    """Return the plan as text."""
    lines = [
        f"reset   disk {path}: all data written since it was created from {base} is lost" for path, base in plan.disks
    ]
    lines += [f"keep    disk {path}: {reason}" for path, reason in plan.kept]
    if plan.has_saved_state:
        lines.append("remove  saved-state: libvirt's managed save")
    lines += [f"remove  snapshot-metadata {name}" for name in plan.snapshots]
    lines += [f"remove  checkpoint {name}" for name in plan.checkpoints]
    lines += [f"remove  snapshot {path}" for path in plan.overlays]
    if plan.inserts is not None:
        lines.append(f"insert  seed {plan.inserts}, which is currently not in a drive")
    if plan.is_active:
        lines.insert(0, f"stop    guest {plan.name}")
    return f"Guest '{plan.name}':\n" + "".join(f"  {line}\n" for line in lines)
