"""Static addresses that cloud-init configures: `--cloud-init address=` (first interface) and `--network ip=`.

Source: https://docs.cloud-init.io/en/latest/reference/network-config-format-v2.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface


@dataclass(frozen=True)
class StaticAddress:
    """The static IP configuration of an interface.

    `addresses` contain prefix lengths. `gateways` (at most one IPv4 and one IPv6 gateway) and `nameservers` are
    addresses without prefix lengths.
    """

    addresses: tuple[str, ...]
    gateways: tuple[str, ...]
    nameservers: tuple[str, ...]

    @property
    def address(self) -> str:
        """The addresses as one string, separated by commas."""
        return ",".join(self.addresses)

    def network_config(self, mac: str) -> dict[str, Any]:
        """Return cloud-init's network configuration, version 2, for the interface with the MAC address `mac`."""
        return network_config([(mac, self, False)])


def network_config(interfaces: Sequence[tuple[str, StaticAddress | None, bool]]) -> dict[str, Any]:
    """Return cloud-init's network configuration, version 2, for `interfaces`.

    Each interface is a tuple of its MAC address, its static configuration or None, and a bool: whether it uses DHCPv4.
    """
    ethernets = {}
    for number, (mac, static, dhcp) in enumerate(interfaces):
        # older versions do not support `routes: to: default`, and renderers other than netplan require a name
        interface: dict[str, Any] = {"match": {"macaddress": mac}, "set-name": f"eth{number}"}
        if dhcp:
            interface["dhcp4"] = True
        if static is not None:
            interface["addresses"] = list(static.addresses)
            for gateway in static.gateways:
                interface["gateway6" if ":" in gateway else "gateway4"] = gateway
            if static.nameservers:
                interface["nameservers"] = {"addresses": list(static.nameservers)}
        ethernets[f"eth{number}"] = interface
    return {"version": 2, "ethernets": ethernets}


def parse_address(
    addresses: tuple[str, ...],
    gateways: tuple[str, ...],
    nameservers: tuple[str, ...],
    option: str = "--cloud-init",
    key: str = "address",
) -> StaticAddress:
    """Return the static IP configuration in the sub-options of `option`.

    `key` is the name of the sub-option for `addresses`, for messages.

    Raises: RequestError, if `addresses` is empty, if any address is invalid, if one of `addresses` has no prefix
    length, if two gateways have the same IP version, or if a gateway is not in the network of any address.
    """
    hint = f"use {key}=ADDRESS/PREFIX, for example {key}=192.0.2.5/24"
    interfaces = [_interface(address, option, key, hint) for address in addresses]
    if not interfaces:
        raise RequestError(f"{option} {key}= is empty", hint=hint)
    families = set()
    for gateway in gateways:
        parsed = _plain("gateway", gateway, option)
        if parsed.version in families:
            raise RequestError(
                f"{option} gateway={gateway}: an IPv{parsed.version} gateway is already specified",
                hint="use at most one IPv4 gateway and one IPv6 gateway",
            )
        families.add(parsed.version)
        _check_reachable(parsed, interfaces, option)
    for nameserver in nameservers:
        _plain("nameservers", nameserver, option)
    return StaticAddress(tuple(interface.with_prefixlen for interface in interfaces), gateways, nameservers)


def _interface(address: str, option: str, key: str, hint: str) -> IPv4Interface | IPv6Interface:
    from ipaddress import ip_interface

    try:
        interface = ip_interface(address)
    except ValueError as error:
        raise RequestError(f"{option} {key}={address}: invalid IP address", hint=hint) from error
    if "/" not in address:
        raise RequestError(
            f"{option} {key}={address}: the prefix length is missing",
            hint=f"add the prefix length, for example {key}={address}/{24 if interface.version == 4 else 64}",
        )
    return interface


def _plain(key: str, value: str, option: str) -> IPv4Address | IPv6Address:
    from ipaddress import ip_address

    try:
        return ip_address(value)
    except ValueError as error:
        raise RequestError(
            f"{option} {key}={value}: invalid IP address",
            hint=f"use an address without a prefix length, for example {key}=192.0.2.1",
        ) from error


def _check_reachable(
    gateway: IPv4Address | IPv6Address, interfaces: list[IPv4Interface | IPv6Interface], option: str
) -> None:
    networks = [interface.network for interface in interfaces if interface.version == gateway.version]
    # link-local routers are on the link of any address
    if not networks or not (gateway.is_link_local or any(gateway in network for network in networks)):
        ranges = " or ".join(str(interface.network) for interface in interfaces)
        first = interfaces[0]
        example = next((host for host in first.network.hosts() if host != first.ip), first.ip)
        raise RequestError(
            f"{option} gateway={gateway}: the gateway is not in the network {ranges}",
            hint=f"use a gateway in {ranges}, for example gateway={example}",
        )
