"""`virt-guest list`: print all guests with state, addresses, image, size and age."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from virtinstall.cli.connection import connect

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log
    from virtinstall.lifecycle.addresses import Summary

_STEPS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--output", metavar="FORMAT", choices=("text", "json"), help="What to print: text or json.")


def run(given: Namespace, log: Log) -> int:
    """Run the action; return the exit status. Raises: VirtInstallError."""
    with connect(given.connect) as hypervisor:
        found = hypervisor.summaries()
        uri = hypervisor.uri
    if given.output == "json":
        import json

        print(json.dumps({"connection": uri, "guests": [_document(each) for each in found]}, indent=2))
    else:
        print(_table(found, time.time()), end="")
    return 0


def _document(guest: Summary) -> dict[str, Any]:
    return {**guest.as_dict(), "addresses": [each.as_dict() for each in guest.addresses]}


def _table(guests: list[Summary], now: float) -> str:
    rows = [("NAME", "STATE", "ADDRESS", "IMAGE/OS", "MEMORY", "VCPUS", "AGE")]
    for guest in guests:
        rows.append(
            (
                guest.name,
                guest.state,
                ",".join(each.address for each in guest.addresses) or "-",
                guest.image or guest.os or "-",
                f"{guest.memory_kib // 1024}M",
                str(guest.vcpus),
                age(guest.created, now),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )


def age(created: str | None, now: float) -> str:
    """Return the time since `created` in the largest unit: `3d`, `5h`; `-` if it is unknown."""
    if created is None:
        return "-"
    # time.strptime and calendar take longer to load than a short list takes
    from datetime import datetime

    try:
        seconds = now - datetime.fromisoformat(created).timestamp()
    except ValueError:
        return "-"
    size, unit = next(((size, unit) for size, unit in _STEPS if seconds >= size), (1, "s"))
    return f"{max(0, int(seconds // size))}{unit}"
