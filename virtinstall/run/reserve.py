"""The DHCP reservations of a plan, which are added before the guest can request an address."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host
    from virtinstall.plan import Plan
    from virtinstall.rollback.journal import Journal
    from virtinstall.rollback.undo import Undo


def reserve_addresses(plan: Plan, host: Host, undo: Undo, journal: Journal | None) -> None:
    """Add the DHCP reservations in `plan` that do not exist yet.

    The removal of each reservation is pushed to `undo`, and the reservation is recorded in `journal` if that is not
    None.

    Raises: HypervisorError, if a reservation cannot be added.
    """
    for each in plan.reservations:
        if each.exists:
            continue
        if journal is not None:
            journal.record("reservation", f"{each.address} {each.mac} {each.network}")
        host.add_reservation(each.network, each.mac, each.address, each.name)
        undo.push(
            f"the DHCP reservation for {each.address} in the network '{each.network}'",
            partial(host.remove_reservation, each.network, each.mac, each.address),
        )
