"""`--cloud-init address=,gateway=,nameservers=`: static addresses for the guest's first interface.

Source: https://docs.cloud-init.io/en/latest/reference/network-config-format-v2.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

_HINT = "example: address=192.0.2.5/24,gateway=192.0.2.1"


@dataclass(frozen=True)
class StaticAddress:
    """`addresses` have prefix lengths; `gateways` (one per family) and `nameservers` are plain addresses."""

    addresses: tuple[str, ...]
    gateways: tuple[str, ...]
    nameservers: tuple[str, ...]

    @property
    def address(self) -> str:
        """The addresses, for a message."""
        return ",".join(self.addresses)

    def network_config(self, mac: str) -> dict[str, Any]:
        """Network configuration, version 2, for the interface with this MAC address."""
        # older versions do not support `routes: to: default`, and renderers other than netplan require a name
        interface: dict[str, Any] = {
            "match": {"macaddress": mac},
            "set-name": "eth0",
            "addresses": list(self.addresses),
        }
        for gateway in self.gateways:
            interface["gateway6" if ":" in gateway else "gateway4"] = gateway
        if self.nameservers:
            interface["nameservers"] = {"addresses": list(self.nameservers)}
        return {"version": 2, "ethernets": {"eth0": interface}}


def parse_address(addresses: tuple[str, ...], gateways: tuple[str, ...], nameservers: tuple[str, ...]) -> StaticAddress:
    """Read the addresses from their sub-options.

    Raises: RequestError, if there is none, one is invalid, a prefix length is missing, or a gateway cannot be reached
    from the addresses.
    """
    interfaces = [_interface(address) for address in addresses]
    if not interfaces:
        raise RequestError("--cloud-init address= is empty", hint=_HINT)
    families = set()
    for gateway in gateways:
        parsed = _plain("gateway", gateway)
        if parsed.version in families:
            raise RequestError(
                f"--cloud-init gateway={gateway}: there is already one of this family",
                hint="use one gateway per family",
            )
        families.add(parsed.version)
        _check_reachable(parsed, interfaces)
    for nameserver in nameservers:
        _plain("nameservers", nameserver)
    return StaticAddress(tuple(interface.with_prefixlen for interface in interfaces), gateways, nameservers)


def _interface(address: str) -> IPv4Interface | IPv6Interface:
    from ipaddress import ip_interface

    if "/" not in address:
        raise RequestError(f"--cloud-init address={address}: the prefix length is missing", hint=_HINT)
    try:
        return ip_interface(address)
    except ValueError as error:
        raise RequestError(f"--cloud-init: invalid address '{address}'", hint=_HINT) from error


def _plain(key: str, value: str) -> IPv4Address | IPv6Address:
    from ipaddress import ip_address

    try:
        return ip_address(value)
    except ValueError as error:
        raise RequestError(f"--cloud-init: invalid {key} '{value}'", hint=_HINT) from error


def _check_reachable(gateway: IPv4Address | IPv6Address, interfaces: list[IPv4Interface | IPv6Interface]) -> None:
    networks = [interface.network for interface in interfaces if interface.version == gateway.version]
    # link-local routers are on the link of any address
    if not networks or not (gateway.is_link_local or any(gateway in network for network in networks)):
        interface_networks = " or ".join(str(interface.network) for interface in interfaces)
        raise RequestError(f"--cloud-init gateway={gateway} is not in the network {interface_networks}", hint=_HINT)
