"""The stopping of a guest before it is deleted or reset."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from virtinstall.errors import HypervisorError, RequestError, WaitTimeout

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host, HostGuest


def require_stoppable(name: str, *, force: bool, shutdown_timeout: float | None) -> None:
    """Check that a running guest may be shut down or powered off.

    `name` is the guest's name for the message. `shutdown_timeout` is None if the guest must not be shut down.

    Raises: RequestError, if `force` is false and `shutdown_timeout` is None.
    """
    if not force and shutdown_timeout is None:
        raise RequestError(
            f"the guest '{name}' is running",
            hint="add --shutdown 60s to shut it down first, or --force to power it off",
        )


def stop_guest(
    guest: HostGuest,
    host: Host,
    *,
    force: bool,
    shutdown_timeout: float | None,
    report: Callable[[str], None],
    unchanged: str,
) -> None:
    """Shut the guest down and, with `force`, power it off if it is still running.

    `shutdown_timeout` is in seconds, or None if the guest must not be shut down first. `report` is called with each
    line about the progress. `unchanged`, such as `nothing was deleted`, is appended to the error after a timeout.

    Raises: WaitTimeout, if the guest does not shut down in time; RequestError, if it cannot shut down in its state,
    such as `paused`; HypervisorError.
    """
    if not guest.is_active():
        return
    if shutdown_timeout is not None and guest.state() == "running":
        report(f"Waiting for the guest '{guest.name}' to shut down.")
        guest.shutdown()
        if host.wait_until(lambda: not guest.is_active(), shutdown_timeout):
            return
        if not force:
            raise WaitTimeout(
                f"the guest '{guest.name}' did not shut down within {shutdown_timeout:g} seconds; {unchanged}",
                hint="add --force to power it off",
            )
    elif shutdown_timeout is not None and not force:
        raise RequestError(
            f"the guest '{guest.name}' is {guest.state()} and cannot shut down", hint="add --force to power it off"
        )
    try:
        guest.destroy()
    except HypervisorError:
        if guest.is_active():
            raise
