"""`--cloud-init address=,gateway=,nameservers=`: a static address for the guest's first interface.

Source: https://docs.cloud-init.io/en/latest/reference/network-config-format-v2.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from virtinstall.errors import RequestError


@dataclass(frozen=True)
class StaticAddress:
    """`address` is with its prefix length; `gateway` and `nameservers` are plain addresses."""

    address: str
    gateway: str | None
    nameservers: tuple[str, ...]

    def network_config(self, mac: str) -> dict[str, Any]:
        """Network configuration, version 2, for the interface with this MAC address."""
        # `routes: to: default` is unknown to older versions, and renderers other than netplan want a name
        interface: dict[str, Any] = {"match": {"macaddress": mac}, "set-name": "eth0", "addresses": [self.address]}
        if self.gateway is not None:
            interface["gateway6" if ":" in self.gateway else "gateway4"] = self.gateway
        if self.nameservers:
            interface["nameservers"] = {"addresses": list(self.nameservers)}
        return {"version": 2, "ethernets": {"eth0": interface}}


def parse_address(address: str, gateway: str | None, nameservers: tuple[str, ...]) -> StaticAddress:
    """The address from its sub-options.

    Raises: RequestError, when one is no address, the prefix length is missing, or the gateway
    can't be reached from the address.
    """
    import ipaddress

    hint = "for example address=192.0.2.5/24,gateway=192.0.2.1"
    if "/" not in address:
        raise RequestError(f"--cloud-init address={address}: the prefix length is missing", hint=hint)
    try:
        interface = ipaddress.ip_interface(address)
    except ValueError as error:
        raise RequestError(f"--cloud-init address={address}: this is no address", hint=hint) from error
    for key, value in [("gateway", gateway), *(("nameservers", each) for each in nameservers)]:
        if value is None:
            continue
        try:
            parsed = ipaddress.ip_address(value)
        except ValueError as error:
            raise RequestError(f"--cloud-init {key}={value}: this is no address", hint=hint) from error
        if key == "gateway" and parsed not in interface.network and not parsed.is_link_local:
            raise RequestError(f"--cloud-init gateway={value} is not in the network {interface.network}", hint=hint)
    return StaticAddress(interface.with_prefixlen, gateway, nameservers)
