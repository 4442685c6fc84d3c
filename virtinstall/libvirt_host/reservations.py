"""The subnets and DHCP reservations of virtual networks; reservations are added and removed here.

In IPv6, a reservation has a name instead of a MAC address.
Source: https://libvirt.org/formatnetwork.html (dhcp/host), virNetworkUpdate.
"""

from __future__ import annotations

from typing import Any

import libvirt
from lxml import etree

from virtinstall.facts import SubnetFacts
from virtinstall.libvirt_host.error_translation import UNSUPPORTED

_GONE = (libvirt.VIR_ERR_NO_NETWORK, *UNSUPPORTED)


def subnets(root: etree._Element) -> tuple[SubnetFacts, ...]:
    """Return the subnets that the <ip> elements of `root`, a <network> element, describe."""
    found = []
    for node in root.iterfind("ip"):
        address = node.get("address")
        if address is not None:
            hosts = tuple(
                (host.get("mac", "").lower(), host.get("name", ""), host.get("ip", ""))
                for host in node.iterfind("dhcp/host")
            )
            found.append(
                SubnetFacts(address=address, prefix=_prefix(node), has_dhcp=node.find("dhcp") is not None, hosts=hosts)
            )
    return tuple(found)


def _prefix(node: etree._Element) -> int:
    """Return the prefix length; libvirt's default is that of the address's historical class, or 64 in IPv6."""
    text, mask = node.get("prefix"), node.get("netmask")
    if text is not None:
        return int(text)
    if mask is not None:
        return sum(int(part).bit_count() for part in mask.split("."))
    address = node.get("address", "")
    if ":" in address:
        return 64
    first = int(address.partition(".")[0])
    return 8 if first < 128 else 16 if first < 192 else 24


def add_reservation(connection: Any, network: str, mac: str, address: str, name: str | None) -> None:
    """Add a DHCP reservation to a virtual network: to its definition, and to the network itself if it is active.

    `connection` is a connection object from libvirt. `name` is the guest's DNS name, or None. In IPv6, the reservation
    contains only the name, not `mac`.

    Raises: libvirtError.
    """
    from ipaddress import ip_address, ip_network

    found = connection.networkLookupByName(network)
    root = etree.fromstring(found.XMLDesc(0).encode())
    wanted = ip_address(address)
    index = next(
        (
            number
            for number, subnet in enumerate(subnets(root))
            if wanted in ip_network(f"{subnet.address}/{subnet.prefix}", strict=False)
        ),
        -1,
    )
    host = etree.Element("host")
    if wanted.version == 4:
        host.set("mac", mac)
    if name is not None:
        host.set("name", name)
    host.set("ip", address)
    flags = libvirt.VIR_NETWORK_UPDATE_AFFECT_CONFIG if found.isPersistent() else 0
    if found.isActive():
        flags |= libvirt.VIR_NETWORK_UPDATE_AFFECT_LIVE
    _update(found, libvirt.VIR_NETWORK_UPDATE_COMMAND_ADD_LAST, host, index, flags)


def remove_reservation(connection: Any, network: str, mac: str, address: str) -> None:
    """Remove the DHCP reservation of `address` for `mac` from a virtual network.

    It is removed from the network's definition, and from the network itself if it is active. If `address` is now
    reserved for another MAC address, nothing is removed.

    Raises: libvirtError.
    """
    for found, flags, index, host in _hosts(connection, network, address):
        if host.get("mac", mac).lower() == mac.lower():
            _update(found, libvirt.VIR_NETWORK_UPDATE_COMMAND_DELETE, host, index, flags)


def reserved_for(connection: Any, network: str, address: str) -> tuple[str, ...]:
    """Return the MAC addresses (in IPv6, the host names) for which an address in a virtual network is reserved.

    Both the active network and its definition are read. The tuple is empty if the address is not reserved or the
    network does not exist.

    Raises: libvirtError.
    """
    owners = (host.get("mac") or host.get("name") or "" for *_, host in _hosts(connection, network, address))
    return tuple(dict.fromkeys(owner.lower() for owner in owners))


def _hosts(connection: Any, network: str, address: str) -> list[tuple[Any, int, int, etree._Element]]:
    """Return the reservations of an address, each with the network, flags, and the number of the <ip>."""
    try:
        found = connection.networkLookupByName(network)
    except libvirt.libvirtError as error:
        if error.get_error_code() in _GONE:
            return []
        raise
    return [
        (found, flags, index, host)
        for flags, xml in _states(found)
        for index, subnet in enumerate(etree.fromstring(xml.encode()).iterfind("ip"))
        for host in subnet.iterfind("dhcp/host")
        if _same(host.get("ip", ""), address)
    ]


def _states(network: Any) -> list[tuple[int, str]]:
    """Return the flags and the XML of the definition and of the active network: a program may have changed only one."""
    config, live = libvirt.VIR_NETWORK_UPDATE_AFFECT_CONFIG, libvirt.VIR_NETWORK_UPDATE_AFFECT_LIVE
    if not (network.isPersistent() and network.isActive()):
        return [(config if network.isPersistent() else live, network.XMLDesc(0))]
    try:
        return [(config, network.XMLDesc(libvirt.VIR_NETWORK_XML_INACTIVE)), (live, network.XMLDesc(0))]
    except libvirt.libvirtError as error:
        if error.get_error_code() not in UNSUPPORTED:
            raise
        # the test driver has one definition for both
        return [(config | live, network.XMLDesc(0))]


def _same(left: str, right: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(left) == ip_address(right)
    except ValueError:
        return left == right


def _update(network: Any, command: int, host: etree._Element, index: int, flags: int) -> None:
    host.tail = None
    text = etree.tostring(host, encoding="unicode")
    network.update(command, libvirt.VIR_NETWORK_SECTION_IP_DHCP_HOST, index, text, flags)
