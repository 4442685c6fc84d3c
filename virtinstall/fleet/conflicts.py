"""Values that two guests of one file cannot share: a UUID, a MAC address, a port, a disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from virtinstall.devices.disk import Disk
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.interface import Interface
from virtinstall.fleet.nodes import FileError

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.fleet.lab_guest import LabGuest


def conflicts(guests: Sequence[LabGuest]) -> list[FileError]:
    """Return an error for each value that an earlier guest has too; of the guests of one `count`, one error."""
    owners: dict[tuple[str, str], LabGuest] = {}
    found: dict[tuple[str, str], FileError] = {}
    for guest in guests:
        if guest.request is None:
            continue
        for kind, value in _exclusive(guest.request.domain):
            first = owners.setdefault((kind, value), guest)
            if first is guest or (guest.place, kind) in found:
                continue
            hint = "write {n} into it" if first.place == guest.place else None
            found[guest.place, kind] = FileError(
                f"{guest.place}: {guest.name}: {first.name} has the {kind} {value} too", hint=hint
            )
    return list(found.values())


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
