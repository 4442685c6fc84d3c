"""`virt-guest diff -f FILE`: print the differences between guests and the file; change nothing."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from virtinstall.cli.connection import connect
from virtinstall.errors import GuestNotFound
from virtinstall.fleet.growth import SIZE, in_gib
from virtinstall.fleet.lab import Lab
from virtinstall.fleet.leaves import device_of
from virtinstall.fleet.nodes import STANDARD_INPUT
from virtinstall.hypervisor import Hypervisor
from virtinstall.lifecycle.deletion_plan import KEPT_BY_DESIGN
from virtinstall.options.usage import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log
    from virtinstall.fleet.compare import Comparison
    from virtinstall.fleet.leaves import Difference
    from virtinstall.fleet.sessions import Hypervisors
    from virtinstall.lifecycle.deletion_plan import DeletionPlan

DIFFERENT = 5
_MOST_PLANS = 50
"""A plan of a deletion reads all guests: of more guests, `virt-guest delete --dry-run` prints it."""
UNREACHABLE = 1
_LABELS = {
    "currentMemory": "memory",
    "memory": "maximum memory",
    "maxMemory": "maximum memory for hot-plug",
    "vcpu": "maximum vCPUs",
    "vcpu/@current": "vCPUs",
}
_AT_BOOT = " (after the guest is shut down and started again)"
_VERBS = {
    "create": "create",
    "update": "change",
    "adopt": "adopt without changes",
    "delete": "delete with its disks",
    "recreate": "delete with its disks and create",
    "reboot": "shut down and start",
}


def add_file_arguments(parser: ArgumentParser, prune: str) -> None:
    """Add the options that `diff` and `apply` share to `parser`; `prune` is the help text of --prune."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="Guest or group in the file; default: all guests.")
    parser.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        help="Guests file (YAML or JSON), required except with --schema; `-` is standard input.",
    )
    parser.add_argument("--prune", action="store_true", help=prune)
    parser.add_argument("--schema", action="store_true", help="Print the JSON Schema of guests files and exit.")
    parser.add_argument(
        "--output", metavar="FORMAT", choices=("text", "json"), help="Output format: `text` (default) or `json`."
    )


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    add_file_arguments(parser, "Also list guests that are no longer in the file.")


def load_lab(given: Namespace) -> Lab:
    """Return the guests that the file of -f describes.

    Raises: UsageError, if -f is not specified; FileError, if the file cannot be read or is not valid.
    """
    if given.file is None:
        raise UsageError("no guests file specified", hint="specify the file with: -f FILE")
    if given.file == "-":
        return Lab.parse(sys.stdin.buffer.read(), STANDARD_INPUT, project=Path.cwd().name)
    return Lab.load(given.file)


def run(given: Namespace, log: Log) -> int:
    """Print the differences between guests and the file, or its schema; return the exit status.

    Raises: VirtInstallError.
    """
    if given.schema:
        from virtinstall.fleet.schema import schema_text

        print(schema_text(), end="")
        return 0
    lab = load_lab(given)
    with lab.open(given.connect, open_one=connect) as hypervisors:
        found = lab.diff(hypervisors, given.names, prune=given.prune)
        plans = {} if given.output == "json" else deletion_plans(found, hypervisors)
    status = DIFFERENT if any(each.is_different for each in found) else 0
    if any(each.action == "unreachable" for each in found):
        status = UNREACHABLE
    if given.output == "json":
        document = {"guests": [each.as_document() for each in found], "changed": False, "exit_status": status}
        print(json.dumps(document, indent=2))
    else:
        print(difference_text(found, plans, given.file), end="")
    return status


def deletion_plans(found: Iterable[Comparison], hypervisors: Hypervisors) -> dict[str, DeletionPlan]:
    """Return the deletion plans of the guests in `found` that would be deleted or recreated, by name.

    Plans are computed only for a limited number of guests. Guests that no longer exist are omitted.
    """
    plans = {}
    for each in [each for each in found if each.action in ("delete", "recreate")][:_MOST_PLANS]:
        hypervisor = hypervisors if isinstance(hypervisors, Hypervisor) else hypervisors[str(each.host)]
        # another run may delete it meanwhile
        with suppress(GuestNotFound):
            plans[each.name] = hypervisor.deletion_plan(each.name)
    return plans


def difference_text(
    found: Iterable[Comparison], plans: Mapping[str, DeletionPlan] = MappingProxyType({}), file: str = "FILE"
) -> str:
    """Return a line of text for each difference; `plans` are the deletion plans of guests, by name.

    `file` is the guests file in the commands that the text suggests.
    """
    lines: list[str] = []
    for each in found:
        lines += _lines(each, file)
        lines += [] if each.name not in plans else _deletion_lines(plans[each.name])
    return "".join(f"{line}\n" for line in lines or ["No differences."])


def _lines(comparison: Comparison, file: str) -> Iterator[str]:
    name = comparison.name
    if comparison.action == "unreachable":
        yield f"{name}: not compared: {comparison.problem}"
    elif comparison.action != "none":
        verb = _VERBS[comparison.action]
        if comparison.interrupted and comparison.action == "update":
            verb = "complete the interrupted creation"
        yield f"{name}: {verb}" + (f" on {comparison.host}" if comparison.host and not comparison.exists else "")
    yield from _change_lines(comparison)
    if comparison.pending and comparison.action not in ("reboot", "recreate", "delete"):
        restart = shlex.join(["virt-guest", "apply", "-f", file, "--reboot", name])
        yield f"{name}: earlier changes are not in effect yet; shut down and start the guest with: {restart}"
    if comparison.at_creation and comparison.action != "recreate":
        options = ", ".join(f"--{option}" for option in comparison.at_creation)
        recreate = shlex.join(["virt-guest", "apply", "-f", file, "--recreate", name])
        yield f"{name}: changes to {options} take effect only when the guest is recreated with: {recreate}"
    for line in _drift_lines(comparison.drift):
        yield f"{name}: changed outside the file, kept: {line}"


def _deletion_lines(plan: DeletionPlan) -> Iterator[str]:
    """Yield a line for each file, snapshot and reservation that is removed or is kept for a reason."""
    yield from (f"  remove  {item}" for item in plan.removed if item.kind != "guest")
    yield from (f"  keep    {item}" for item in plan.kept if item.kind not in KEPT_BY_DESIGN)


def _by_device(changes: Iterable[Difference]) -> dict[str, list[Difference]]:
    """Return the changes grouped by device; changes outside devices are grouped by path."""
    devices: dict[str, list[Difference]] = {}
    for change in changes:
        devices.setdefault(device_of(change.path) or change.path, []).append(change)
    return devices


def _drift_lines(drift: Iterable[Difference]) -> Iterator[str]:
    """Yield a line for each device that another program added or removed, and for each other changed value."""
    for path, changes in _by_device(drift).items():
        # every device has one of them
        is_whole = any(each.path in (f"{path}/@type", f"{path}/@model", f"{path}/@device") for each in changes)
        if is_whole and all(each.before is None for each in changes):
            yield f"{path} was added"
        elif is_whole and all(each.after is None for each in changes):
            yield f"{path} was removed"
        else:
            yield from map(_values, changes)


def _change_lines(comparison: Comparison) -> Iterator[str]:
    """Yield a line for each changed value, and for each device that is added or removed."""
    late = set(comparison.at_next_boot)
    for path, changes in _by_device(comparison.changes).items():
        when = _AT_BOOT if late.issuperset(each.path for each in changes) else ""
        if path in comparison.added:
            yield f"  {path}: add{when}"
        elif path in comparison.removed:
            yield f"  {path}: remove{when}"
        else:
            for each in changes:
                when = _AT_BOOT if each.path in late else ""
                yield f"  {_values(each)}{when}"


def _values(change: Difference) -> str:
    label = _LABELS.get(change.path, change.path)
    return f"{label}: {_shown(change.path, change.before)} -> {_shown(change.path, change.after)}"


def _shown(path: str, value: str | None) -> str:
    if value is None:
        return "(none)"
    if path.startswith("devices/disk[") and path.endswith(f"]/{SIZE}"):
        return in_gib(int(value))
    if path in ("memory", "currentMemory", "maxMemory") and value.isdecimal():
        return f"{int(value) / 1024:g} MiB"
    return value or "yes"
