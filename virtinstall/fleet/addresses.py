"""Checks of the guests' fixed addresses before anything changes, and restoration of lost DHCP reservations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from virtinstall.compose.addresses import AddressError
from virtinstall.errors import HostError, RequestError
from virtinstall.fleet.compare import Comparison
from virtinstall.fleet.leaves import Difference
from virtinstall.fleet.nodes import FileError
from virtinstall.fleet.planning import RESERVATION, SEED_NETWORK, plan_again, plan_guest
from virtinstall.fleet.source import together
from virtinstall.guest_record import NAMESPACE, Reservation, parse_record
from virtinstall.run.store_record import store

if TYPE_CHECKING:
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.fleet.sessions import Session, Sessions
    from virtinstall.libvirt_host.host import Host, HostGuest


def with_addresses(
    found: Sequence[Comparison], guests: Mapping[str, LabGuest], project: str, sessions: Sessions
) -> list[Comparison]:
    """Return the comparisons `found` with the changes that restore lost DHCP reservations.

    A reservation is lost if it is in the guest's record, but no longer in the network. Changes to an address that
    cloud-init sets are not applied to an existing guest: they are removed from the comparison, whose `at_creation` then
    contains `network`. `guests` maps names to the guests in the file.

    Raises: FileError, with one line for each address that a guest cannot have.
    """
    problems: list[FileError] = []
    result = []
    known: dict[tuple[str | None, str], set[tuple[str, str]]] = {}
    for each in found:
        guest = guests.get(each.name)
        if guest is not None and guest.has_addresses and each.action in ("create", "none", "update"):
            try:
                each = _checked(each, guest, project, sessions.of(guest.host), known)
            except AddressError as error:
                problems.append(located(guest, error))
        result.append(_static_at_creation(each))
    if problems:
        raise together(problems)
    return result


def located(guest: LabGuest, error: RequestError) -> FileError:
    """Return `error` with a position in the file, unless its message already starts with one.

    If `error` is an AddressError, the position is that of the invalid address, otherwise that of the guest.
    """
    if isinstance(error, FileError) or error.message.startswith(f"{guest.place}: "):
        return FileError(error.message, hint=error.hint)
    if not isinstance(error, AddressError):
        return FileError(f"{guest.place}: {guest.name}: {error.message}", hint=error.hint)
    places = guest.network_places
    place = places[error.interface] if error.interface < len(places) else guest.place
    text = error.message.removeprefix("--network ")
    return FileError(f"{place}: {guest.name}.network[{error.interface}]: {text}", hint=error.hint)


def _checked(
    found: Comparison,
    guest: LabGuest,
    project: str,
    session: Session,
    known: dict[tuple[str | None, str], set[tuple[str, str]]],
) -> Comparison:
    if found.action == "create":
        try:
            plan_guest(guest, project, session)
        except AddressError:
            raise
        except (RequestError, HostError):
            # another guest of the file may create what is missing: it is reported at the creation
            return found
        return found
    if found.interrupted:
        return found
    handle = session.host.guest_named(guest.name)
    lost = [] if handle is None else list(_lost(handle, guest.host, session.host, known))
    if not lost:
        return found
    plan = found.plan or plan_again(guest, project, session)
    wanted = {each.address for each in plan.reservations}
    changes = tuple(Difference(leaf_path(each), None, each.mac) for each in lost if each.address in wanted)
    if not changes:
        return found
    return found.replace(action="update", changes=(*found.changes, *changes), plan=plan)


def _lost(
    handle: HostGuest, place: str | None, host: Host, known: dict[tuple[str | None, str], set[tuple[str, str]]]
) -> Iterable[Reservation]:
    """Yield the recorded reservations that the networks no longer have."""
    record = parse_record(handle.metadata(NAMESPACE), handle.uuid)
    for each in () if record is None else record.reservations:
        key = (place, each.network)
        if key not in known:
            pairs = host.network_addresses(each.network)
            known[key] = {(mac or "", address) for mac, address, kind in pairs if kind == "reservation"}
        mac = "" if ":" in each.address else each.mac
        if (mac, each.address) not in known[key]:
            yield each


def leaf_path(reservation: Reservation) -> str:
    """Return the path that denotes a DHCP reservation, such as `reservation[default/192.168.122.10]`."""
    return f"{RESERVATION}[{reservation.network}/{reservation.address}]"


def _static_at_creation(found: Comparison) -> Comparison:
    """Return the comparison without addresses that cloud-init sets, because they act at the first boot only."""
    changes = tuple(each for each in found.changes if each.path != SEED_NETWORK)
    if len(changes) == len(found.changes):
        return found
    action = "none" if found.action == "update" and not changes else found.action
    options = tuple(sorted({*found.at_creation, "network"}))
    return found.replace(action=action, changes=changes, at_creation=options)


def add_reservations(changes: Iterable[Difference], found: Comparison, guest: HostGuest, host: Host) -> None:
    """Create the DHCP reservations that `changes` require, and record them in the guest's metadata.

    A reservation that the network already has is only recorded. `found` is the comparison that contains `changes`.

    Raises: HypervisorError.
    """
    paths = {each.path for each in changes if each.after is not None}
    for new in found.plan.reservations if found.plan is not None else ():
        each = Reservation(network=new.network, mac=new.mac, address=new.address)
        if leaf_path(each) in paths:
            present = {address for _, address, kind in host.network_addresses(each.network) if kind == "reservation"}
            if each.address not in present:
                host.add_reservation(each.network, each.mac, each.address, new.name)
            _record(guest, host, add=each)


def remove_reservations(changes: Iterable[Difference], guest: HostGuest, host: Host) -> None:
    """Delete DHCP reservations from their networks and from the guest's metadata.

    A reservation is deleted if `changes` contains a change from its MAC address to None.

    Raises: HypervisorError.
    """
    paths = {each.path for each in changes if each.after is None}
    record = parse_record(guest.metadata(NAMESPACE), guest.uuid)
    for each in () if record is None else record.reservations:
        if leaf_path(each) in paths:
            host.remove_reservation(each.network, each.mac, each.address)
            _record(guest, host, remove=each)


def _record(guest: HostGuest, host: Host, *, add: Reservation | None = None, remove: Reservation | None = None) -> None:
    record = parse_record(guest.metadata(NAMESPACE), guest.uuid)
    if record is not None:
        kept = tuple(each for each in record.reservations if each not in (add, remove))
        store(record.replace(reservations=kept if add is None else (*kept, add)), guest, host)
