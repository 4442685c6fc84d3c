"""`--finish NAME`: resume an installation after virt-install exited or was killed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from virtinstall.cli.connection import connect
from virtinstall.cli.messages import Messages
from virtinstall.cli.status import Status
from virtinstall.errors import GuestCrashed, GuestStopped, RequestError, WaitTimeout
from virtinstall.rollback.signals import Terminated

if TYPE_CHECKING:
    from argparse import Namespace


def finish(given: Namespace) -> int:
    """Complete the installation of the guest that --finish names; return the exit status.

    Raises: RequestError, if the options conflict, or if the guest does not exist or is not being installed; HostError.
    """
    name: str = given.finish
    if given.wait_for is not None or given.timeout is not None:
        raise RequestError(
            "--finish does not support --wait-for or --timeout",
            hint="limit the time in minutes, for example: --wait 30",
        )
    timeout = None if given.wait is None or given.wait < 0 else given.wait * 60.0
    messages = Messages()
    with connect(given.connect) as hypervisor:
        try:
            hypervisor.finish(name, timeout=timeout, start=not given.noreboot, report=messages.report)
        except WaitTimeout:
            print("Timed out waiting for the installation to complete; the guest is still running.", file=sys.stderr)
            return Status.TIMED_OUT
        except GuestCrashed:
            print(f"The guest '{name}' crashed.", file=sys.stderr)
            return Status.CRASHED
        except GuestStopped as error:
            print("\n".join(filter(None, (error.message, error.hint))))
            return Status.ERROR
        except (KeyboardInterrupt, Terminated) as error:
            state = hypervisor.guest(name).state
            print(f"\nStopped waiting; the guest '{name}' is unchanged ({state}).", file=sys.stderr)
            return Status.INTERRUPTED if isinstance(error, KeyboardInterrupt) else 128 + error.number
    running = "" if given.noreboot else "; the guest is running"
    print(f"The installation of '{name}' is finished{running}.")
    return Status.DONE
