"""The values that two guests in a file cannot have in common, such as a UUID, an IP address, a port or a disk."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from virtinstall.compose.interfaces import split_addresses, want_addresses
from virtinstall.devices.character import CharacterSource
from virtinstall.devices.disk import Disk
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.hostdev import Hostdev
from virtinstall.devices.interface import Interface
from virtinstall.devices.vsock import Vsock
from virtinstall.fleet.nodes import FileError

if TYPE_CHECKING:
    from virtinstall.devices.device import Device
    from virtinstall.domain.domain import Domain
    from virtinstall.fleet.lab_guest import LabGuest


_EVERYWHERE = ("UUID", "MAC address")
_QUOTED = ("host device", "disk", "socket", "file")
_PARTS = {
    "host device": "name of the host device",
    "disk": "path or volume name of the disk",
    "socket": "path of the socket",
    "file": "path of the file",
    "port": "port number",
}
"""The part of a value that can contain a guest's number."""
Exclusive = tuple[tuple[str, str, str, str], ...]
"""Values that only one guest can have, each as (kind, value, scope, position in the file).

The scope is the host or network in which the value must be unique, or an empty string if there is no such limit.
"""


def conflicts(guests: Sequence[LabGuest], values: Mapping[str, Exclusive]) -> list[FileError]:
    """Return an error for each exclusive value of a guest that an earlier guest also has.

    An entry in the file can describe several guests with `count`; at most one error is returned for each entry and kind
    of value. `values` maps guest names to the results of `exclusive_values`.
    """
    owners: dict[tuple[str, str, str], LabGuest] = {}
    found: dict[tuple[str, str], FileError] = {}
    for guest in guests:
        for kind, value, scope, place in values.get(guest.name, ()):
            first = owners.setdefault((kind, value, scope), guest)
            if first is guest or (guest.place, kind) in found:
                continue
            found[guest.place, kind] = FileError(
                f"{place}: {guest.name}: {already_used(kind, value, first.name)}",
                hint=conflict_hint([kind], numbered=first.place == guest.place),
            )
    return list(found.values())


def already_used(kind: str, value: str, owner: str) -> str:
    """Return the message that a value is already in use by the guest `owner`.

    `kind` is the kind of the value, such as `port` or `disk`.
    """
    shown = f"'{value}'" if kind in _QUOTED else value
    # "the" fits before a quoted name, but not between "port" and a number
    article = "" if kind == "port" else "the "
    return f"{article}{kind} {shown} is already in use by the guest '{owner}'"


def conflict_hint(kinds: Collection[str], *, numbered: bool) -> str:
    """Return a hint for conflicts between values of these kinds.

    `numbered` is true if the guests belong to the same entry with `count`, so that their values can contain numbers.
    """
    [kind] = kinds if len(kinds) == 1 else ["value"]
    if numbered:
        return f"include `{{n}}`, which is replaced by the guest's number, in the {_PARTS.get(kind, kind)}"
    return f"use another {kind}"


def exclusive_values(domain: Domain, guest: LabGuest) -> Exclusive:
    """Return the values of a guest that no other guest can have.

    `domain` is the requested domain. If no host has been chosen for the guest yet, values that must be unique on one
    host, such as ports, are omitted.
    """
    host = guest.host or ""
    found = [(kind, value, "" if kind in _EVERYWHERE else host, guest.place) for kind, value in _exclusive(domain)]
    if guest.spread and guest.host is None:
        shared = [each for each in _addresses(domain, guest, host) if not each[2].startswith("/")]
        return (*(each for each in found if each[0] in _EVERYWHERE), *shared)
    return (*found, *_addresses(domain, guest, host))


def _addresses(domain: Domain, guest: LabGuest, host: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield the fixed addresses. Bridges of several hosts may be the same network."""
    if not want_addresses(domain):
        return
    from ipaddress import ip_interface

    for number, interface in enumerate(domain.devices_of(Interface)):
        network = interface.source_network
        scope = interface.source_bridge or interface.source_dev or "" if network is None else f"{host}/{network}"
        for text in split_addresses(interface.ip or ""):
            # an invalid address is reported when the guest is planned
            with suppress(ValueError):
                places = guest.network_places
                where = places[number] if number < len(places) else guest.place
                yield "IP address", str(ip_interface(text).ip), scope, where


def _exclusive(domain: Domain) -> Iterator[tuple[str, str]]:
    if domain.uuid is not None:
        yield "UUID", str(domain.uuid).lower()
    for interface in domain.devices_of(Interface):
        if interface.mac_address is not None and ":" in interface.mac_address:
            yield "MAC address", interface.mac_address.lower()
        if interface.hostdev is not None:
            yield "host device", interface.hostdev
        for forward in interface.port_forwards:
            for ports in forward.ranges:
                if ports.start is not None and not ports.exclude:
                    yield "port", _shown(forward.address, f"{ports.start}/{forward.proto or 'tcp'}")
    for graphics in domain.devices_of(Graphics):
        for port in (graphics.port, graphics.tls_port):
            if port is not None and port > 0:
                yield "port", str(port)
    for device in domain.devices:
        yield from _of_device(device)
    for disk in domain.devices_of(Disk):
        shared = disk.readonly or disk.shareable or disk.device in ("cdrom", "floppy")
        path = disk.path or disk.source_file or disk.source_dev or disk.vol
        if path is not None and not shared:
            yield "disk", str(path)


def _of_device(device: Device) -> Iterator[tuple[str, str]]:
    if isinstance(device, CharacterSource):
        if device.bind_service is not None:
            yield "port", _shown(device.bind_host, f"{device.bind_service}/tcp")
        kind = device.ensure_node().get("type")
        if device.source_path is not None and (device.source_mode == "bind" or kind == "file"):
            yield "socket" if kind == "unix" else "file", device.source_path
        if device.log_file is not None:
            yield "file", device.log_file
    elif isinstance(device, Hostdev) and device.name is not None:
        yield "host device", device.name
    elif isinstance(device, Vsock) and device.cid_address is not None:
        yield "vsock CID", str(device.cid_address)


def _shown(address: str | None, port: str) -> str:
    return port if address is None else f"{address}:{port}"
