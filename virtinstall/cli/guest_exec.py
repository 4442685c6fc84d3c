"""`virt-guest exec NAME -- COMMAND`: run a command through the guest agent and exit with its status."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from virtinstall.cli.connection import connect
from virtinstall.cli.messages import error_lines
from virtinstall.cli.status import Status
from virtinstall.errors import WaitTimeout

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable
    from typing import TextIO

    from virtinstall.cli.log import Log

TAKES_GUESTS = True
"""Whether the arguments are names of guests, for completion."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    # argparse would show COMMAND, which can follow `--`, as optional
    parser.usage = (
        "virt-guest exec [-h] [--connect URI] [--stdin] [--timeout TIME]\n"
        "                       NAME -- COMMAND [ARG ...]"
    )
    parser.add_argument("name", metavar="NAME", help="Name of the guest.")
    parser.add_argument(
        "command",
        metavar="COMMAND",
        nargs="*",
        help="Command to run, with its arguments; write `--` before the command.",
    )
    parser.add_argument("--stdin", action="store_true", help="Pass standard input to the command.")
    parser.add_argument(
        "--timeout", metavar="TIME", help="Maximum run time of the command: `90s`, `5m`; default: unlimited."
    )


def run(given: Namespace, log: Log) -> int:
    """Run the command in the guest; return the command's exit status, or 3 if it timed out.

    Raises: VirtInstallError.
    """
    from virtinstall.options.usage import UsageError
    from virtinstall.units import parse_duration

    if not given.command:
        raise UsageError(
            "no command specified",
            hint=f"specify the command after `--`, for example: virt-guest exec {given.name} -- uptime",
        )
    timeout = None if given.timeout is None else parse_duration(given.timeout, "--timeout")
    with connect(given.connect) as hypervisor:
        guest = hypervisor.guest(given.name)
        try:
            return guest.execute(
                given.command,
                stdout=_writer(sys.stdout),
                stderr=_writer(sys.stderr),
                stdin=sys.stdin.buffer if given.stdin else None,
                timeout=timeout,
            )
        except WaitTimeout as error:
            print(*error_lines("virt-guest", error.message, error.hint), sep="\n", file=sys.stderr)
            return Status.TIMED_OUT


def _writer(stream: TextIO) -> Callable[[bytes], object]:
    """Return a function that writes bytes to the stream, unchanged if the stream accepts bytes."""

    def write(data: bytes) -> None:
        binary = getattr(stream, "buffer", None)
        if binary is None:
            stream.write(data.decode(errors="replace"))
        else:
            stream.flush()
            binary.write(data)
        stream.flush()

    return write
