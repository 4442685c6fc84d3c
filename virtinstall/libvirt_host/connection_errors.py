"""Errors that are caused by a connection that was lost during a run.

Source: https://libvirt.org/html/libvirt-libvirt-host.html (virConnectIsAlive, virConnectSetKeepAlive)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from virtinstall.errors import HostError, HypervisorError

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host


@contextmanager
def explain_lost_connection(host: Host, guest_name: str) -> Iterator[None]:
    """Within the `with` block, report a lost connection to libvirt if it causes an error.

    Raises: HypervisorError, if the connection was lost. Its hint contains the command that shows the state of the
    guest. Other errors are raised unchanged.
    """
    uri = host.uri
    try:
        yield
    except HostError as error:
        if host.is_alive():
            raise
        from virtinstall.virsh_commands import virsh_command

        look = virsh_command(uri, "domstate", guest_name)
        lost = HypervisorError(
            f"lost the connection to {uri}: {error.message}; the state of the guest '{guest_name}' is unknown",
            hint=f"when libvirt can be reached again, check the guest with: {look}",
        )
        for note in getattr(error, "__notes__", ()):
            lost.add_note(note)
        raise lost from error
