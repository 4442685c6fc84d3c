"""The subnets of virtual networks, and the addition and removal of DHCP reservations.

An IPv6 reservation has a host name instead of a MAC address. Source: https://libvirt.org/formatnetwork.html
(dhcp/host), virNetworkUpdate.
"""

from __future__ import annotations

from typing import Any

import libvirt
from lxml import etree

from virtinstall.facts import SubnetFacts
from virtinstall.libvirt_host.error_translation import UNSUPPORTED

_GONE = (libvirt.VIR_ERR_NO_NETWORK, *UNSUPPORTED)


def subnets(root: etree._Element) -> tuple[SubnetFacts, ...]:
    """Return the subnets that the <ip> elements in the <network> element `root` describe."""
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
    """Add a DHCP reservation of `address` to the virtual network `network`.

    The reservation is added to the network's definition and, if the network is active, to the active network.
    `connection` is a connection object from libvirt. `name` is the guest's DNS name, or None for a reservation without
    a name. An IPv4 reservation contains `mac` and the name; an IPv6 reservation contains only the name.

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

    The reservation is removed from the network's definition and, if the network is active, from the active network. A
    reservation of `address` for a different MAC address is kept. In IPv6, `mac` is ignored.

    Raises: libvirtError.
    """
    for found, flags, index, host in _hosts(connection, network, address):
        if host.get("mac", mac).lower() == mac.lower():
            _update(found, libvirt.VIR_NETWORK_UPDATE_COMMAND_DELETE, host, index, flags)


def reserved_for(connection: Any, network: str, address: str) -> tuple[str, ...]:
    """Return the MAC addresses (in IPv6, the host names) for which `address` is reserved in a virtual network.

    Reservations in the network's definition and in the active network are included. The results are in lowercase. The
    tuple is empty if the address is not reserved or the network does not exist.

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
