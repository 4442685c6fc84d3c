"""`virt-guest ip NAME`: print the addresses of a guest, one per line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from virtinstall.cli.connection import connect
from virtinstall.cli.status import Status
from virtinstall.errors import GuestCrashed, RequestError, WaitTimeout

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from virtinstall.cli.log import Log

TAKES_GUESTS = True
"""Whether the arguments are names of guests, for completion."""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of this subcommand to `parser`."""
    parser.add_argument("name", metavar="NAME", help="Name of the guest.")
    parser.add_argument("--wait", action="store_true", help="Wait until an address is known.")
    parser.add_argument(
        "--timeout", metavar="TIME", help="Maximum time to wait: `90s`, `5m`; implies --wait. Default: unlimited."
    )
    parser.add_argument(
        "--output", metavar="FORMAT", choices=("text", "json"), help="Output format: `text` (default) or `json`."
    )


def run(given: Namespace, log: Log) -> int:
    """Print the guest's addresses; return the exit status.

    Raises: VirtInstallError.
    """
    waits = given.wait or given.timeout is not None
    with connect(given.connect, events=waits) as hypervisor:
        guest = hypervisor.guest(given.name)
        found = guest.find_addresses()
        if not found and waits:
            from virtinstall.units import parse_duration

            timeout = None if given.timeout is None else parse_duration(given.timeout, "--timeout")
            try:
                guest.wait_for("ip", timeout, report=lambda text: print(text, file=sys.stderr))
            except RequestError as error:
                # the message is that of virt-install's option
                from virtinstall.virsh_commands import command

                adding = command("virt-xml", given.connect, given.name, "--add-device")
                hint = (error.hint or "").replace("add --", f"add the device with: {adding} --") or None
                raise RequestError(error.message.removeprefix("--wait-for ip: "), hint=hint) from error
            except (WaitTimeout, GuestCrashed) as error:
                return _report_failure(given, error)
            found = guest.find_addresses()
        if not found:
            state = guest.state
            from virtinstall.virsh_commands import virsh_command

            hint = f"start the guest with: {virsh_command(hypervisor.uri, 'start', given.name)}"
            hint = "to wait for an address, add --wait" if state.is_active else hint
            raise RequestError(f"the guest '{given.name}' has no known IP address; its state is '{state}'", hint=hint)
    if given.output == "json":
        import json

        print(json.dumps({"name": given.name, "addresses": [each.as_dict() for each in found]}, indent=2))
    else:
        print("".join(f"{each.address}\n" for each in found), end="")
    return Status.DONE


def _report_failure(given: Namespace, error: WaitTimeout | GuestCrashed) -> Status:
    """Report why no address was found; return the exit status."""
    status = Status.CRASHED
    if isinstance(error, WaitTimeout):
        message = f"timed out after {given.timeout}: the guest '{given.name}' has no known IP address"
        error, status = WaitTimeout(message), Status.TIMED_OUT
    if given.output == "json":
        from virtinstall.cli.report import error_document

        print(error_document(error, status), end="")
    print(f"virt-guest: error: {error.message}", file=sys.stderr)
    return status
