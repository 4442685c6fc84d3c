"""`virt-guest ssh NAME [-- COMMAND]`: log in to the guest with the ssh client."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from virtinstall.cli.connection import connect
from virtinstall.errors import RequestError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log

TAKES_GUESTS = True
"""Whether the arguments are names of guests, for completion."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    # argparse would omit `--`
    parser.usage = (
        "virt-guest ssh [-h] [--connect URI] [-l USER] [-i FILE] [--print]\n"
        "                      NAME [-- COMMAND [ARG ...]]"
    )
    parser.add_argument("name", metavar="NAME", help="Name of the guest.")
    parser.add_argument(
        "command",
        metavar="COMMAND",
        nargs="*",
        help="Command to run, with its arguments; write `--` before the command.",
    )
    parser.add_argument(
        "-l", "--user", metavar="USER", help="User to log in as; default: the user that cloud-init created."
    )
    parser.add_argument("-i", "--identity", metavar="FILE", help="Private key to log in with.")
    parser.add_argument("--print", dest="print_only", action="store_true", help="Print the ssh command; do not run it.")


def run(given: Namespace, log: Log) -> int:
    """Replace this process with ssh; with --print, print the command and return the exit status.

    Raises: VirtInstallError.
    """
    with connect(given.connect, events=False) as hypervisor:
        program_arguments = hypervisor.guest(given.name).ssh_command(
            given.command, user=given.user, identity=given.identity
        )
    import shlex

    log.line(shlex.join(program_arguments))
    if given.print_only:
        print(shlex.join(program_arguments))
        return 0
    sys.stdout.flush()
    try:
        os.execvp(program_arguments[0], program_arguments)
    except FileNotFoundError as error:
        raise RequestError(
            "ssh is not installed", hint="install the OpenSSH client, for example with: apt install openssh-client"
        ) from error
