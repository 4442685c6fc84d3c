"""Values that two guests of one file cannot share: a UUID, a MAC or IP address, a port, a disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from virtinstall.compose.interfaces import split_addresses
from virtinstall.devices.disk import Disk
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.interface import Interface
from virtinstall.fleet.nodes import FileError

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.fleet.lab_guest import LabGuest


def conflicts(guests: Sequence[LabGuest]) -> list[FileError]:
    """Return an error for each value that an earlier guest has too; of the guests of one `count`, one error."""
    owners: dict[tuple[str, str, str], LabGuest] = {}
    found: dict[tuple[str, str], FileError] = {}
    for guest in guests:
        if guest.request is None:
            continue
        exclusive = [(kind, value, "", guest.place) for kind, value in _exclusive(guest.request.domain)]
        for kind, value, scope, place in [*exclusive, *_addresses(guest)]:
            first = owners.setdefault((kind, value, scope), guest)
            if first is guest or (guest.place, kind) in found:
                continue
            hint = "write {n} into it" if first.place == guest.place else None
            found[guest.place, kind] = FileError(
                f"{place}: {guest.name}: {first.name} has the {kind} {value} too", hint=hint
            )
    return list(found.values())


def _addresses(guest: LabGuest) -> Iterator[tuple[str, str, str, str]]:
    """Return the fixed addresses, each with the network or bridge where it is unique and its position."""
    assert guest.request is not None
    if not guest.has_addresses:
        return
    from ipaddress import ip_interface

    for number, interface in enumerate(guest.request.domain.devices_of(Interface)):
        scope = interface.source_network or interface.source_bridge or interface.source_dev or ""
        for text in split_addresses(interface.ip or ""):
            # an invalid address is reported when the guest is planned
            with suppress(ValueError):
                place = guest.network_places[number] if number < len(guest.network_places) else guest.place
                yield "IP address", str(ip_interface(text).ip), scope, place


def _exclusive(domain: Domain) -> Iterator[tuple[str, str]]:
    if domain.uuid is not None:
        yield "UUID", str(domain.uuid).lower()
    for interface in domain.devices_of(Interface):
        if interface.mac_address is not None and ":" in interface.mac_address:
            yield "MAC address", interface.mac_address.lower()
    for graphics in domain.devices_of(Graphics):
        if graphics.port is not None and graphics.port > 0:
            yield "port", str(graphics.port)
    for disk in domain.devices_of(Disk):
        shared = disk.readonly or disk.shareable or disk.device in ("cdrom", "floppy")
        path = disk.path or disk.source_file or disk.source_dev or disk.vol
        if path is not None and not shared:
            yield "disk", str(path)
