"""`--finish NAME`: what is left to do of an installation whose virt-install is gone (killed, or left with Ctrl-C).

The final configuration is defined if it isn't yet, what was fetched for the installation goes, the
installation is waited for, and the guest is started for its first boot.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.rollback.signals import Terminated

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Guest, Host

_OFF = ("shut off", "gone", "crashed")


def finish(name: str, host: Host, *, wait_minutes: int | None, noreboot: bool) -> int:
    """Bring the installation of `name` to its end; gives the exit status (3: the time was up, 4: it crashed).

    Raises: RequestError, when there is no such guest; HostError.
    """
    from virtinstall.rollback.journal import final_xml, forget_leftovers, journal_folder

    folder = journal_folder(os.environ, os.geteuid())
    guest = host.find_guest(name)
    if guest is None:
        raise RequestError(f"--finish {name}: there is no such guest", hint="run the command that made it again")
    xml = final_xml(name, folder, host.uri, guest.uuid)
    if xml is not None and not guest.is_persistent():
        guest = host.define_guest(xml)
        print(f"The guest '{name}' is defined.")
    elif guest.is_active() and not _is_installing(guest):
        raise RequestError(
            f"--finish {name}: it has no unfinished installation", hint="the guest runs, as it will from now on"
        )
    _remove_served(name, host)
    forget_leftovers(name, folder, host.uri)
    try:
        return _wait_and_start(guest, host, wait_minutes, noreboot=noreboot)
    except (KeyboardInterrupt, Terminated) as error:
        print(f"\nNo longer waited for: the guest '{name}' is left as it is ({guest.state()}).", file=sys.stderr)
        return 130 if isinstance(error, KeyboardInterrupt) else 128 + error.number


def _is_installing(guest: Guest) -> bool:
    """Whether it runs its installation still: that ends at the guest's first reboot, unlike the guest itself."""
    live, later = (Domain.parse(guest.xml(inactive=inactive)) for inactive in (False, True))
    return live.on_reboot == "destroy" and later.on_reboot != "destroy"


def _remove_served(name: str, host: Host) -> None:
    """Kernel, initrd and seeds of the dead run: QEMU has read them, or never will."""
    from virtinstall.rollback.journal import journal_folder
    from virtinstall.rollback.leftovers import served

    for leftover in served(name, journal_folder(os.environ, os.geteuid()), host.uri):
        os.unlink(leftover.path)
        print(f"Removed {leftover.path}, which only the installation read.")


def _wait_and_start(guest: Guest, host: Host, wait_minutes: int | None, *, noreboot: bool) -> int:
    name = guest.name
    if guest.is_active():
        print("Waiting for the installation to complete.", flush=True)
        limit = None if wait_minutes is None or wait_minutes < 0 else wait_minutes * 60.0
        if not host.wait_until(lambda: guest.state() in _OFF, limit):
            print("Installation has exceeded the time limit; the guest is left running.", file=sys.stderr)
            return 3
        if guest.state() == "crashed":
            print("The guest crashed.", file=sys.stderr)
            return 4
        if guest.was_destroyed():
            from virtinstall.virsh_commands import virsh_command

            start = virsh_command(host.uri, "start", name)
            print(f"The guest was powered off from outside before its installation had ended; start it with: {start}")
            return 1
    final = host.find_guest(name)
    if final is None:
        raise RequestError(f"--finish {name}: the guest is gone, and its configuration isn't known")
    if noreboot:
        print(f"The installation of '{name}' is finished.")
        return 0
    final.start()
    print(f"The installation of '{name}' is finished; the guest is started.")
    return 0
