"""Fixed addresses of network interfaces (`--network ip=`).

In a virtual network with libvirt's DHCP server, the address is reserved for the interface's MAC address, and the
network's DNS server resolves the guest's name to the address. In other networks, cloud-init sets the address. An IPv6
reservation applies only to a client that sends the host name, so cloud-init, if used, also sets IPv6 addresses.

Source: https://libvirt.org/formatnetwork.html#addressing (dhcp, host).
"""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING

from virtinstall.compose.interfaces import split_addresses
from virtinstall.compose.seeds import host_name
from virtinstall.devices.interface import Interface
from virtinstall.errors import RequestError
from virtinstall.plan import NewReservation
from virtinstall.seed.static_address import parse_address
from virtinstall.virsh_commands import virsh_command

if TYPE_CHECKING:
    from virtinstall.compose.draft import Draft
    from virtinstall.facts import NetworkFacts, SubnetFacts

Parsed = IPv4Interface | IPv6Interface

_EXAMPLE = "192.0.2.5/24"
_IP_EXAMPLE = "ip=192.168.122.10"
_ROUTED = ("nat", "route", "open")


class AddressError(RequestError):
    """Error about the requested addresses of a network interface.

    `interface` is the position of the interface among the guest's interfaces, starting at 0.
    """

    def __init__(self, interface: int, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.interface = interface


def assign_addresses(draft: Draft) -> None:
    """Plan how each interface with `ip` receives its addresses: from a DHCP reservation, from cloud-init, or from both.

    Raises: AddressError, if an address is invalid, is already in use, or cannot be assigned.
    """
    seen: set[str] = set()
    for number, interface in enumerate(draft.domain.devices_of(Interface)):
        try:
            _assign(draft, interface, seen)
        except RequestError as error:
            raise AddressError(number, error.message, hint=error.hint) from error
    if draft.reservations and draft.request.run.transient:
        reserved = ",".join(each.address for each in draft.reservations)
        draft.warnings.append(
            f"--network ip={reserved}: the DHCP reservation is not removed when the transient guest stops"
        )


def _neighbor(gateway: str) -> str:
    """Return an address in the gateway's network, for a hint; the length of the prefix is assumed."""
    try:
        network = ip_interface(f"{gateway}/{24 if '.' in gateway else 64}").network
    except ValueError:
        return _EXAMPLE
    number = 6 if network[5] == ip_address(gateway) else 5
    return f"{network[number]}/{network.prefixlen}"


def _assign(draft: Draft, interface: Interface, seen: set[str]) -> None:
    if interface.ip is None:
        for key in ("gateway", "nameservers"):
            value = getattr(interface, key)
            if value is not None:
                example = _neighbor(value) if key == "gateway" else _EXAMPLE
                raise RequestError(
                    f"--network {key}={value} requires ip=", hint=f"add an address, for example ip={example}"
                )
        return
    static: list[str] = []
    subnet = None
    for text in split_addresses(interface.ip):
        address = _parsed(text)
        if str(address.ip) in seen:
            raise RequestError(
                f"--network ip={text}: the address is specified more than once", hint="use each address only once"
            )
        seen.add(str(address.ip))
        subnet = _subnet(draft, interface, text, address)
        if subnet is not None and subnet.has_dhcp:
            _reserve(draft, interface, address, subnet)
        if subnet is None or not subnet.has_dhcp or (address.version == 6 and _can_configure(draft)):
            static.append(text if subnet is None else f"{address.ip}/{subnet.prefix}")
    if static:
        _set_static(draft, interface, static, subnet)
    elif interface.gateway or interface.nameservers:
        given = " and ".join(f"{key}=" for key in ("gateway", "nameservers") if getattr(interface, key))
        raise RequestError(
            f"--network {given} cannot be used with the network '{interface.source_network}', whose DHCP server sets "
            "the gateway and the name servers",
            hint=f"omit {given}",
        )


def _parsed(text: str) -> Parsed:
    try:
        return ip_interface(text)
    except ValueError as error:
        raise RequestError(f"--network ip={text}: invalid IP address", hint=f"for example: {_IP_EXAMPLE}") from error


def _subnet(draft: Draft, interface: Interface, text: str, address: Parsed) -> SubnetFacts | None:
    """Return the subnet of the virtual network that contains the address; None if there is no virtual network.

    Raises: RequestError, if the network does not exist or none of its subnets contains the address.
    """
    name = interface.source_network
    if interface.type != "network" or name is None:
        return None
    network = draft.facts.networks.get(name)
    if network is None:
        command = virsh_command(draft.facts.host.uri, "net-list", "--all")
        raise RequestError(f"no such virtual network: '{name}'", hint=f"list the networks with: {command}")
    if not network.subnets:
        return None
    for subnet in network.subnets:
        whole = ip_network(f"{subnet.address}/{subnet.prefix}", strict=False)
        if address.ip in whole:
            _check_place(text, address, subnet, name)
            return subnet
    ranges = ", ".join(_range(subnet) for subnet in network.subnets)
    raise RequestError(
        f"--network ip={text}: the address is not in the network '{name}' ({ranges})",
        hint=f"use an address in {ranges.replace(', ', ' or ')}",
    )


def _range(subnet: SubnetFacts) -> str:
    return str(ip_network(f"{subnet.address}/{subnet.prefix}", strict=False))


def _check_place(text: str, address: Parsed, subnet: SubnetFacts, name: str) -> None:
    whole = ip_network(f"{subnet.address}/{subnet.prefix}", strict=False)
    if "/" in text and address.network.prefixlen != subnet.prefix:
        raise RequestError(
            f"--network ip={text}: the prefix length of the network '{name}' is {subnet.prefix}",
            hint=f"use ip={address.ip}",
        )
    if address.ip == ip_address(subnet.address):
        raise RequestError(
            f"--network ip={text}: this is the host's address in the network '{name}'",
            hint=f"use another address in {whole}",
        )
    is_first = address.ip == whole.network_address
    is_end = is_first or (address.version == 4 and address.ip == whole.broadcast_address)
    if is_end and whole.num_addresses > 2:
        kind = "network" if is_first else "broadcast"
        raise RequestError(
            f"--network ip={text}: this is the {kind} address of {whole}", hint=f"use another address in {whole}"
        )


def _reserve(draft: Draft, interface: Interface, address: Parsed, subnet: SubnetFacts) -> None:
    network = str(interface.source_network)
    given = str(interface.mac_address)
    mac, wanted = given.replace("-", ":").lower(), str(address.ip)
    facts = draft.facts.networks[network]
    assert facts is not None
    name: str | None = _dns_name(draft)
    exists = False
    for other_mac, other_name, other in subnet.hosts:
        same = other != "" and ip_address(other) == address.ip
        ours = other_mac == mac if address.version == 4 else other_name == name
        if same and ours:
            exists = True
        elif same:
            owner = " ".join(part for part in (other_mac, other_name and f"('{other_name}')") if part)
            raise RequestError(
                f"--network ip={wanted}: the address is reserved for {owner} in the network '{network}'",
                hint=f"use another address in {_range(subnet)}",
            )
        elif ours and address.version == 4:
            raise RequestError(
                f"--network ip={wanted}: the network '{network}' reserves {other} for the MAC address {given}",
                hint=f"use ip={other}, or specify another MAC address with mac=",
            )
        elif other_name and other_name == name:
            if address.version == 6:
                option = "--name" if draft.facts.seeds.cloud_init is None else "--cloud-init hostname="
                raise RequestError(
                    f"--network ip={wanted}: the network '{network}' reserves {other} for the host name '{name}'",
                    hint=f"use ip={other}, or specify another host name with {option}",
                )
            draft.warnings.append(
                f"the guest does not get a DNS name in the network '{network}', because '{name}' is the name of {other}"
            )
            name = None
    if address.version == 4 and any(
        (each.network, each.name) == (network, name) and ":" not in each.address for each in draft.reservations
    ):
        # libvirt accepts a name once: the guest's first interface has it
        name = None
    _check_leases(draft, facts, wanted, mac)
    if address.version == 6 and not _can_configure(draft):
        draft.warnings.append(
            f"--network ip={wanted}: the guest receives this address only if its DHCPv6 client sends "
            f"the host name '{name}'"
        )
    # an address that was generated can only have its reservation from the same guest
    own = not exists or given in draft.generated
    draft.reservations.append(
        NewReservation(network=network, mac=mac, address=wanted, name=name, exists=exists, is_own=own)
    )


def _dns_name(draft: Draft) -> str:
    seed = draft.facts.seeds.cloud_init
    return (seed.hostname if seed is not None else None) or host_name(draft)


def _check_leases(draft: Draft, facts: NetworkFacts, wanted: str, mac: str) -> None:
    for leased_to, leased in facts.leases:
        if leased_to == mac or ip_address(leased) != ip_address(wanted):
            continue
        owner = draft.facts.guest_macs.get(leased_to)
        if owner is not None:
            raise RequestError(
                f"--network ip={wanted}: the address is leased to the guest '{owner}'",
                hint=f"use another address, or shut down '{owner}' and wait until the lease expires",
            )
        draft.warnings.append(
            f"--network ip={wanted}: the address is leased to {leased_to}; the guest receives it when the lease expires"
        )


def _can_configure(draft: Draft) -> bool:
    """Return whether cloud-init can configure the guest's interfaces."""
    seed = draft.facts.seeds.cloud_init
    return seed is not None and seed.network_config is None


def _set_static(draft: Draft, interface: Interface, addresses: list[str], subnet: SubnetFacts | None) -> None:
    shown = ",".join(addresses)
    if not _can_configure(draft):
        way = "add --cloud-init" if draft.facts.seeds.cloud_init is None else "omit --cloud-init network-config="
        raise RequestError(
            f"--network ip={shown}: neither libvirt's DHCP server nor cloud-init can assign this address",
            hint=f"{way}, or omit ip= and configure the address in the guest",
        )
    requested = draft.facts.seeds.cloud_init
    if requested is not None and requested.address is not None:
        raise RequestError(
            f"--network ip={shown} and --cloud-init address={requested.address.address} cannot be used together",
            hint="omit address=, and use --network ip= for all interfaces",
        )
    gateways, nameservers = split_addresses(interface.gateway or ""), split_addresses(interface.nameservers or "")
    network = None if subnet is None else draft.facts.networks.get(str(interface.source_network))
    if network is not None and subnet is not None and not subnet.has_dhcp and network.forward in _ROUTED:
        gateways = gateways or [subnet.address]
        nameservers = nameservers or [subnet.address]
    draft.static_addresses[str(interface.mac_address)] = parse_address(
        tuple(addresses), tuple(gateways), tuple(nameservers), "--network", "ip"
    )
