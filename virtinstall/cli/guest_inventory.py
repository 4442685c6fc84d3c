"""`virt-guest inventory -f FILE | --all`: print the addresses and logins of guests, for Ansible and ssh."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from virtinstall.cli.guest_diff import load_lab
from virtinstall.cli.messages import Messages
from virtinstall.errors import GuestNotFound
from virtinstall.fleet.inventory import Inventory
from virtinstall.hypervisor import connect
from virtinstall.options.usage import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log

FORMATS = ("ini", "yaml", "json", "ssh-config")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="Guest or group in the file; default: all guests.")
    parser.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        help="Guests file (YAML or JSON), required except with --all; `-` is standard input.",
    )
    parser.add_argument("--all", action="store_true", help="Print all guests on the connection, without a guests file.")
    parser.add_argument("--format", choices=FORMATS, help="Output format; default: `ini`.")
    parser.add_argument("--list", action="store_true", help="Print JSON, as Ansible expects from an inventory script.")
    parser.add_argument(
        "--host",
        metavar="NAME",
        help="Print the variables of one guest as JSON, as Ansible expects from an inventory script.",
    )


def run(given: Namespace, log: Log) -> int:
    """Print the inventory; return the exit status.

    Raises: VirtInstallError.
    """
    if given.all and given.file is not None:
        raise UsageError("-f and --all cannot be used together", hint="omit one of them")
    if not given.all and given.file is None:
        raise UsageError(
            "either -f FILE or --all is required",
            hint="for example: virt-guest inventory -f guests.yaml",
        )
    if given.all and given.names:
        raise UsageError(
            "--all and guest names cannot be used together",
            hint="omit the names, or use -f guests.yaml instead of --all",
        )
    inventory = _inventory(given)
    messages = Messages()
    for warning in inventory.warnings:
        messages.warn(warning)
    if given.host is not None:
        guest = next((each for each in inventory.guests if each.name == given.host), None)
        if guest is None:
            raise GuestNotFound(
                f"no such guest: '{given.host}'", hint="to list all guests, use --list instead of --host"
            )
        print(json.dumps(guest.variables, indent=2))
    elif given.list:
        print(json.dumps(inventory.document(), indent=2))
    else:
        print(inventory.text(given.format or "ini"), end="")
    return 0


def _inventory(given: Namespace) -> Inventory:
    if given.all:
        with connect(given.connect) as hypervisor:
            return Inventory.of_host(hypervisor)
    lab = load_lab(given)
    with lab.open(given.connect, open_one=connect) as hypervisors:
        return lab.inventory(hypervisors, given.names)
