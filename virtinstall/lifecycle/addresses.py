"""The IP addresses of a guest, from the first source that knows any, and summaries of all guests.

The sources are, in this order, DHCP reservations and leases of libvirt's networks, the guest agent, and the host's ARP
table. Summaries of many guests query each network once, and a guest agent only if libvirt reports that it is connected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import HypervisorError
from virtinstall.record import Record
from virtinstall.xml.tree import Node, parse_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from virtinstall.guest_record import GuestRecord
    from virtinstall.libvirt_host.host import Host, HostGuest

_OSINFO_ID = "metadata/{*}libosinfo/{*}os"
_AGENT = "org.qemu.guest_agent.0"


class GuestAddress(Record):
    """An IP address of a guest; `source` is `reservation`, `lease`, `agent` or `arp`."""

    address: str
    source: str


class Summary(Record):
    """One row of `virt-guest list`: a guest.

    `image` is the name, URL or path of the image that the guest's disk is based on, and `os` is the operating system's
    short ID, such as `debian12`; each is None if unknown. `memory_kib` is the current memory size in KiB. `created` is
    the time of creation in UTC, such as `2026-11-30T12:00:00Z`, or None for guests that other programs created.
    """

    name: str
    uuid: str
    state: str
    addresses: tuple[GuestAddress, ...] = ()
    image: str | None = None
    os: str | None = None
    memory_kib: int = 0
    vcpus: int = 0
    created: str | None = None


def guest_addresses(guest: HostGuest, host: Host) -> list[GuestAddress]:
    """Return the guest's addresses from the first source that reports any, IPv4 first.

    For a guest that is off, return only its DHCP reservations. The list is empty if no address is known.
    """
    document = parse_tree(guest.xml())
    networks = {name: host.network_addresses(name) for name in _networks(document)}
    known = _of_networks(document, networks)
    if known or not guest.is_active():
        return [each for each in known if each.source == "reservation" or guest.is_active()]
    for source in ("lease", "agent", "arp"):
        found = guest.addresses_from(source)
        if found:
            return [GuestAddress(address=address, source=source) for address in found]
    return []


def summaries(host: Host) -> list[Summary]:
    """Return a summary of each guest, sorted by name."""
    networks: dict[str, list[tuple[str, str, str]]] = {}
    found = []
    for guest in host.guests():
        state = guest.state()
        if state == "gone":
            continue
        try:
            document = parse_tree(guest.xml())
        except HypervisorError:
            if guest.state() == "gone":
                continue
            raise
        for name in _networks(document):
            if name not in networks:
                networks[name] = host.network_addresses(name)
        found.append(_summary(guest, document, state, networks))
    return sorted(found, key=lambda summary: summary.name)


def _summary(
    guest: HostGuest, document: Node, state: str, networks: Mapping[str, list[tuple[str, str, str]]]
) -> Summary:
    uuid = document.findtext("uuid") or ""
    addresses = _of_networks(document, networks)
    if state in ("shut off", "crashed"):
        addresses = [each for each in addresses if each.source == "reservation"]
    elif not addresses:
        # a query of a disconnected agent blocks until it times out
        sources = ("agent", "arp") if _has_agent(document) else ("arp",)
        for source in sources if document.find("devices/interface") is not None else ():
            addresses = addresses or [
                GuestAddress(address=each, source=source) for each in guest.addresses_from(source)
            ]
    record = _record(document)
    vcpu = document.find("vcpu")
    current = "" if vcpu is None else vcpu.get("current") or vcpu.text
    return Summary(
        name=document.findtext("name") or "",
        uuid=uuid,
        state=state,
        addresses=tuple(addresses),
        image=None if record is None else record.image,
        os=_os_name(document),
        memory_kib=int(document.findtext("currentMemory") or document.findtext("memory") or 0),
        vcpus=int(current or 1),
        created=None if record is None else record.created or None,
    )


def _has_agent(document: Node) -> bool:
    targets = document.findall("devices/channel/target")
    return any(each.get("name") == _AGENT and each.get("state") == "connected" for each in targets)


def _record(document: Node) -> GuestRecord | None:
    from virtinstall.guest_record import NAMESPACE, read_record

    node = document.find(f"metadata/{{{NAMESPACE}}}guest")
    return None if node is None else read_record(node, document.findtext("uuid") or "")


def _os_name(document: Node) -> str | None:
    """Return the short name of the operating system (`debian12` for `http://debian.org/debian/12`); None if unknown."""
    node = document.find(_OSINFO_ID)
    identity = "" if node is None else node.get("id")
    return "".join(identity.partition("://")[2].split("/")[1:]) or None


def _networks(document: Node) -> list[str]:
    names = (source.get("network") for each in _on_networks(document) for source in each.findall("source"))
    return list(dict.fromkeys(name for name in names if name))


def _on_networks(document: Node) -> list[Node]:
    return [each for each in document.findall("devices/interface") if each.get("type") == "network"]


def _of_networks(document: Node, networks: Mapping[str, list[tuple[str, str, str]]]) -> list[GuestAddress]:
    """Return the reservations of the guest's interfaces, or their leases if there are no reservations.

    A reservation in IPv6 has a name instead of a MAC address, and is the guest's if the guest's record contains it.
    """
    found: list[GuestAddress] = []
    for interface in _on_networks(document):
        source, mac = interface.find("source"), interface.find("mac")
        if source is None or mac is None:
            continue
        network, address = source.get("network"), mac.get("address").lower()
        for known_mac, known, kind in networks.get(network, ()):
            is_named = kind == "reservation" and not known_mac
            if known_mac == address or (is_named and _is_recorded(document, network, known)):
                found.append(GuestAddress(address=known, source=kind))
    best = [each for each in found if each.source == "reservation"] or found
    return sorted(best, key=lambda each: ":" in each.address)


def _is_recorded(document: Node, network: str, address: str) -> bool:
    record = _record(document)
    return record is not None and any(
        (each.network, each.address) == (network, address) for each in record.reservations
    )
