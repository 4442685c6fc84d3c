"""DHCP reservations and leases of virtual networks, read without an XML library, for commands that change nothing.

Source: https://libvirt.org/formatnetwork.html (dhcp/host), virNetworkGetDHCPLeases.
"""

from __future__ import annotations

from typing import Any

import libvirt

from virtinstall.libvirt_host.error_translation import UNSUPPORTED
from virtinstall.xml.tree import parse_tree

_GONE = (libvirt.VIR_ERR_NO_NETWORK, *UNSUPPORTED)


def reservations(connection: Any, network: str) -> list[tuple[str, str]]:
    """Return the DHCP reservations in a virtual network as tuples of a MAC address in lowercase and an IP address.

    The MAC address is an empty string if a reservation contains a host name instead, as in IPv6. The list is empty if
    the network does not exist.

    Raises: libvirtError.
    """
    try:
        xml = connection.networkLookupByName(network).XMLDesc(0)
    except libvirt.libvirtError as error:
        if error.get_error_code() in _GONE:
            return []
        raise
    return [(host.get("mac").lower(), host.get("ip")) for host in parse_tree(xml).findall("ip/dhcp/host")]


def leases(connection: Any, network: str) -> list[tuple[str, str]]:
    """Return the DHCP leases in a virtual network as tuples of a MAC address in lowercase and an IP address.

    The MAC address is an empty string if it is not known. The list is empty if the network does not exist or is
    inactive.

    Raises: libvirtError.
    """
    try:
        found = connection.networkLookupByName(network).DHCPLeases()
    except libvirt.libvirtError as error:
        if error.get_error_code() in (*_GONE, libvirt.VIR_ERR_OPERATION_INVALID):
            return []
        raise
    return [(str(lease.get("mac") or "").lower(), str(lease["ipaddr"])) for lease in found]
