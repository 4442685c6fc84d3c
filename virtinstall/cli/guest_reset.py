"""`virt-guest reset NAME`: replace its disks with empty overlays on the same images."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from virtinstall.cli.connection import connect
from virtinstall.cli.messages import Messages
from virtinstall.cli.status import Status
from virtinstall.errors import RequestError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log

TAKES_GUESTS = True
"""Whether the arguments are names of guests, for completion."""
_DECLINED = 1


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="Name of the guest.")
    parser.add_argument("--force", action="store_true", help="Power off a running guest.")
    parser.add_argument("--start", action="store_true", help="Start the guest afterwards.")
    parser.add_argument("--dry-run", action="store_true", help="Print what would be reset; change nothing.")
    parser.add_argument("--yes", "-y", action="store_true", help="Do not ask.")
    parser.add_argument("--output", metavar="FORMAT", choices=("text", "json"), help="What to print: text or json.")


def run(given: Namespace, log: Log) -> int:
    """Run the action; return the exit status. Raises: VirtInstallError."""
    if given.output != "json":
        return _reset(given)[0]
    with redirect_stdout(sys.stderr):
        status, changed, disks = _reset(given)
    listed = [{"path": path, "base": base} for path, base in disks]
    print(json.dumps({"name": given.name, "disks": listed, "changed": changed, "exit_status": status}, indent=2))
    return status


def _reset(given: Namespace) -> tuple[int, bool, tuple[tuple[str, str], ...]]:
    """Return the exit status, whether anything changed, and the disks with their base images."""
    with connect(given.connect) as hypervisor:
        guest = hypervisor.guest(given.name)
        plan = guest.reset_plan()
        for path, base in plan.disks:
            print(f"  reset   disk {path}: all data written since it was created from {base} is lost")
        if given.dry_run:
            return Status.DONE, False, plan.disks
        if plan.is_active and not given.force:
            raise RequestError(f"the guest '{given.name}' is running", hint="power it off: --force")
        if not given.yes:
            from virtinstall.cli.confirm import confirmed

            if not confirmed(f"Reset '{given.name}'?", "a reset cannot be undone"):
                return _DECLINED, False, plan.disks
        guest.reset(force=given.force, start=given.start)
        Messages().report(f"Reset '{given.name}'{' and started it' if given.start else ''}.")
    return Status.DONE, True, plan.disks
