"""Plans for the guests in a file, whose UUIDs and MAC addresses are derived from the project and the guest name."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, cast

from virtinstall.create import make_plan
from virtinstall.fleet.leaves import leaves_of
from virtinstall.guest_record import NAMESPACE, parse_record
from virtinstall.naming import Random
from virtinstall.request import Checks

if TYPE_CHECKING:
    from virtinstall.facts import NetworkFacts
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.fleet.sessions import Session
    from virtinstall.guest_record import GuestRecord
    from virtinstall.libvirt_host.host import Host
    from virtinstall.plan import Plan
    from virtinstall.request import Request


RESERVATION = "reservation"
"""First part of the path of a DHCP reservation, `reservation[NETWORK/ADDRESS]`; the value is the MAC address."""
AUTOSTART = "autostart"
"""Path that has the value `yes` if the guest is started together with its host."""
SEED_NETWORK = "cloud-init/network-config"
"""Path of the network configuration that cloud-init applies at the first boot; the value is its hash."""


UNCHECKED = Checks(
    path_in_use=False, disk_size=False, path_exists=False, path_access=False, mac_in_use=False, xml=False
)
"""Checks for a plan that describes an existing guest and creates nothing."""


def seed_of(project: str, name: str) -> bytes:
    """Return the bytes from which the UUID and the MAC addresses of the guest `name` are derived."""
    return hashlib.shake_256(f"virtinstall\0{project}\0{name}".encode()).digest(128)


def uuid_of(project: str, name: str) -> str:
    """Return the UUID that the guest `name` gets by default.

    The guest has a different UUID if the file sets one, or if another guest already has the default UUID.
    """
    return str(Random(seed_of(project, name)).uuid())


def plan_guest(guest: LabGuest, project: str, session: Session) -> Plan:
    """Return the plan for creating a guest.

    Raises: the same errors as `make_plan`.
    """
    request = guest.request
    assert request is not None
    return make_plan(request, session.host, session.environment(seed_of(project, guest.name)), session.known)


def plan_again(guest: LabGuest, project: str, session: Session, request: Request | None = None) -> Plan:
    """Return the plan for creating a guest, as if no guest with this name existed.

    `request` is the request to plan, or None for the guest's request.

    Raises: the same errors as `make_plan`.
    """
    request = request or guest.request
    assert request is not None
    host = cast("Host", _WithoutGuest(session.host, guest.name))
    environment = session.environment(seed_of(project, guest.name))
    return make_plan(request, host, environment, session.known, replacing=guest.name)


def planned_leaves(plan: Plan, macs: Collection[str] = ()) -> dict[str, str]:
    """Return the values of a planned guest by path.

    They include the DHCP reservations, whether the guest is autostarted, and a hash of its network configuration for
    cloud-init. Names and paths that were generated for the plan, and the MAC addresses in `macs`, are replaced with
    `GENERATED`.
    """
    chosen: set[str] = {*plan.generated, *macs}
    for volume in plan.volumes:
        if f"{volume.pool}/{volume.name}" in plan.generated:
            chosen |= {volume.name, volume.path}
    chosen |= {seed.path for seed in plan.seeds}
    found = leaves_of(plan.final.ensure_node(), chosen)
    found |= {f"{RESERVATION}[{each.network}/{each.address}]": each.mac for each in plan.reservations}
    if plan.run.autostart:
        found[AUTOSTART] = "yes"
    for seed in plan.seeds:
        network = dict(seed.files).get("network-config")
        if network is not None:
            found[SEED_NETWORK] = "sha256:" + hashlib.sha256(network).hexdigest()[:16]
    return found


class _WithoutGuest:
    """A host that hides one guest and its MAC addresses."""

    def __init__(self, host: Host, name: str) -> None:
        self._host = host
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def network(self, name: str) -> NetworkFacts | None:
        network = self._host.network(name)
        guest = self._host.guest_named(self._name) if network is not None and _has_reservations(network) else None
        record = None if guest is None else parse_record(guest.metadata(NAMESPACE), guest.uuid)
        return network if network is None or record is None else _without(network, record)

    def find_guest(self, name: str) -> Any:
        found = self._host.find_guest(name)
        return None if found is not None and found.name == self._name else found

    def guest_names(self) -> frozenset[str]:
        return self._host.guest_names() - {self._name}

    def guests(self) -> list[Any]:
        return [guest for guest in self._host.guests() if guest.name != self._name]

    def shared_macs(self, uuid: str, macs: Collection[str]) -> list[str]:
        return self._host.shared_macs(uuid, macs)


def _has_reservations(network: NetworkFacts) -> bool:
    return any(subnet.hosts for subnet in network.subnets)


def _without(network: NetworkFacts, record: GuestRecord) -> NetworkFacts:
    """Return the network without the reservations of a guest's record."""
    own = {each.address for each in record.reservations if each.network == network.name}
    subnets = (
        subnet.replace(hosts=tuple(each for each in subnet.hosts if each[2] not in own)) for subnet in network.subnets
    )
    return network.replace(subnets=tuple(subnets))
