"""`virt-guest list`: print all guests with state, addresses, image, size and age."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from virtinstall.cli.connection import connect
from virtinstall.cli.table import table, terminal_width

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log
    from virtinstall.lifecycle.addresses import Summary

_NAME, _IMAGE = 0, 3
_STEPS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    parser.add_argument(
        "--output", metavar="FORMAT", choices=("text", "json"), help="Output format: `text` (default) or `json`."
    )


def run(given: Namespace, log: Log) -> int:
    """Print the table of guests; return the exit status.

    Raises: VirtInstallError.
    """
    with connect(given.connect, events=False) as hypervisor:
        found = hypervisor.summaries()
        uri = hypervisor.uri
    if given.output == "json":
        import json

        print(json.dumps({"connection": uri, "guests": [_document(each) for each in found]}, indent=2))
    else:
        print(_table(found, time.time(), terminal_width()), end="")
    return 0


def _document(guest: Summary) -> dict[str, Any]:
    return {**guest.as_dict(), "addresses": [each.as_dict() for each in guest.addresses]}


def _table(guests: list[Summary], now: float, width: int | None) -> str:
    rows = [("NAME", "STATE", "ADDRESS", "IMAGE/OS", "MEMORY", "VCPUS", "AGE")]
    for guest in guests:
        rows.append(
            (
                guest.name,
                guest.state,
                _addresses(guest),
                _image(guest),
                _memory(guest.memory_kib),
                str(guest.vcpus),
                age(guest.created, now),
            )
        )
    return table(rows, (_NAME, _IMAGE), width)


def _addresses(guest: Summary) -> str:
    """Return the first address and the number of the others, which `virt-guest ip` prints."""
    if not guest.addresses:
        return "-"
    more = len(guest.addresses) - 1
    return f"{guest.addresses[0].address}{f' +{more}' if more else ''}"


def _memory(kib: int) -> str:
    """Return the memory in GiB, or in MiB if it is below 1 GiB or not a multiple of 0.5 GiB."""
    return f"{kib / (1 << 20):g}G" if kib >= 1 << 20 and kib % (1 << 19) == 0 else f"{kib >> 10}M"


def _image(guest: Summary) -> str:
    """Return the name of the image (the last part of a path or URL), or the operating system if there is no image."""
    name = guest.image or guest.os or "-"
    return name.rstrip("/").rpartition("/")[2] if "/" in name else name


def age(created: str | None, now: float) -> str:
    """Return the time from `created` (in ISO 8601) to `now` (seconds since 1970), such as `3d`, in one unit.

    Return `-` if `created` is None or not a valid time.
    """
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
