"""Resumption of an installation after the program that started it exited or was killed.

The final configuration is defined if it is not defined yet, files downloaded for the installation are removed, and the
guest is started after the end of the installation.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtinstall.compose.final_xml import completed
from virtinstall.domain.domain import Domain
from virtinstall.errors import GuestNotFound, RequestError
from virtinstall.rollback.claim_mark import is_claim
from virtinstall.run.installation import Installation, is_installing, removed_meanwhile

if TYPE_CHECKING:
    from collections.abc import Callable

    from virtinstall.libvirt_host.host import Host, HostGuest


def finish(
    name: str, host: Host, report: Callable[[str], None], *, timeout_seconds: float | None = None, start: bool = True
) -> HostGuest:
    """Complete the installation of the guest `name`, and return the guest.

    After the end of the installation, the guest is started if `start` is true. If the guest is running normally during
    its first boot from an image, it is returned immediately. `report` is called with each line of progress output.
    `timeout_seconds` is the maximum time to wait for the end of the installation; None means no limit.

    Raises: GuestNotFound, if the guest does not exist; RequestError, if the guest is not being installed; WaitTimeout,
    if the installation has not ended in time; GuestCrashed, if the guest crashed; GuestStopped, if the guest was
    powered off or removed during its installation; HostError, if an operation on the host fails.
    """
    guest = prepare_finish(name, host, report)
    installation = Installation(host, guest)
    if guest.is_active():
        guest.resume_if_paused()
        if not is_installing(guest):
            # the first boot of an image, which does not end at a reboot
            return guest
        report("Waiting for the installation to complete.")
        installation.wait(timeout_seconds)
    if start:
        return installation.start_finished()
    final = host.guest_named(name)
    if final is None:
        raise removed_meanwhile(name)
    return final


def prepare_finish(name: str, host: Host, report: Callable[[str], None]) -> HostGuest:
    """Define the guest if it is not defined, and remove files that only the installation needed; return the guest.

    `report` is called with each line of progress output.

    Raises: GuestNotFound, if the guest does not exist; RequestError, if the guest is not being installed; HostError, if
    an operation on the host fails.
    """
    from virtinstall.rollback.journal import final_xml, forget_leftovers, journal_folder
    from virtinstall.rollback.leftovers import remove_served

    folder = journal_folder(os.environ, os.geteuid())
    guest = host.guest_named(name)
    if guest is None:
        from virtinstall.virsh_commands import guest_hint

        raise GuestNotFound(f"no such guest: '{name}'", hint=guest_hint(host, name))
    xml = final_xml(name, folder, host.uri, guest.uuid)
    if is_claim(guest.xml(inactive=True)):
        if not guest.is_active() or xml is None:
            raise RequestError(
                f"the creation of the guest '{name}' was interrupted",
                hint="re-run the original virt-install command",
            )
        guest = host.define_guest(xml)
    if xml is not None and not guest.is_persistent():
        live = Domain.parse(guest.xml(inactive=True))
        guest = host.define_guest(completed(Domain.parse(xml), live, live).to_xml())
        report(f"Defined the guest '{name}'.")
    elif guest.is_active() and not is_installing(guest) and not (xml is not None and guest.state() == "paused"):
        raise RequestError(f"the guest '{name}' is not being installed; it is already running normally")
    # QEMU has read them, or never will
    remove_served(name, host, report)
    forget_leftovers(name, folder, host.uri)
    return guest
