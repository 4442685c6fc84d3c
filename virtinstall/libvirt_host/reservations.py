"""DHCP reservations and leases of virtual networks.

Source: https://libvirt.org/formatnetwork.html (dhcp/host), virNetworkUpdate.
"""

from __future__ import annotations

from typing import Any

import libvirt
from lxml import etree

from virtinstall.libvirt_host.error_translation import UNSUPPORTED

_GONE = (libvirt.VIR_ERR_NO_NETWORK, *UNSUPPORTED)


def reservations(connection: Any, network: str) -> list[tuple[str, str]]:
    """The reservations of a network, as (MAC address in lower case, IP address). Raises: libvirtError."""
    try:
        xml = connection.networkLookupByName(network).XMLDesc(0)
    except libvirt.libvirtError as error:
        if error.get_error_code() in _GONE:
            return []
        raise
    hosts = etree.fromstring(xml.encode()).iterfind("ip/dhcp/host")
    return [(host.get("mac", "").lower(), host.get("ip", "")) for host in hosts]


def leases(connection: Any, network: str) -> list[tuple[str, str]]:
    """The leases of a network, as (MAC address in lower case, IP address); none where it is not active."""
    try:
        found = connection.networkLookupByName(network).DHCPLeases()
    except libvirt.libvirtError as error:
        if error.get_error_code() in (*_GONE, libvirt.VIR_ERR_OPERATION_INVALID):
            return []
        raise
    return [(str(lease.get("mac") or "").lower(), str(lease["ipaddr"])) for lease in found]


def remove_reservation(connection: Any, network: str, mac: str, address: str) -> None:
    """Remove the reservation from the network's definition, and from the network if it is active.

    Raises: libvirtError.
    """
    if (mac.lower(), address) not in reservations(connection, network):
        return
    found = connection.networkLookupByName(network)
    flags = libvirt.VIR_NETWORK_UPDATE_AFFECT_CONFIG if found.isPersistent() else 0
    if found.isActive():
        flags |= libvirt.VIR_NETWORK_UPDATE_AFFECT_LIVE
    host = etree.tostring(etree.Element("host", mac=mac, ip=address), encoding="unicode")
    found.update(libvirt.VIR_NETWORK_UPDATE_COMMAND_DELETE, libvirt.VIR_NETWORK_SECTION_IP_DHCP_HOST, -1, host, flags)
