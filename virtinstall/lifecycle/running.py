"""The check that a guest runs, for commands that use something in it."""

from __future__ import annotations

from virtinstall.errors import GuestNotFound, RequestError
from virtinstall.libvirt_host.host_guest import HostGuest


def require_running(guest: HostGuest, uri: str | None) -> None:
    """Check that the guest is running or paused; `uri` is the connection's URI for the command in the hint.

    Raises: GuestNotFound, if the guest no longer exists; RequestError, if it is off.
    """
    if guest.is_active():
        return
    from virtinstall.virsh_commands import virsh_command

    state = guest.state()
    if state == "gone":
        raise GuestNotFound(f"the guest '{guest.name}' no longer exists")
    raise RequestError(
        f"the guest '{guest.name}' is {state}", hint=f"start it with: {virsh_command(uri, 'start', guest.name)}"
    )
