"""Network interfaces: the default network, the model and the MAC address.

Source: https://libvirt.org/formatdomain.html#network-interfaces
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.compose.draft import Draft
from virtinstall.devices.interface import Interface
from virtinstall.errors import RequestError
from virtinstall.naming import OTHER_MAC_PREFIX, QEMU_MAC_PREFIX, check_mac
from virtinstall.similar import did_you_mean
from virtinstall.virsh_commands import virsh_command

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain

DEFAULT_NETWORK = "default"
_TYPES = (
    *("bridge", "client", "direct", "ethernet", "hostdev", "internal", "mcast", "network", "null", "passt", "server"),
    *("udp", "user", "vdpa", "vds", "vhostuser"),
)
"""Kinds of connection. Source: https://libvirt.org/formatdomain.html#network-interfaces"""
_VIRTIO_ONLY = ("vdpa", "vhostuser")
"""Kinds of connection that support only virtio cards. Source: https://libvirt.org/formatdomain.html#vdpa-devices"""


def add_interfaces(draft: Draft) -> None:
    """Add the default network interface if none was requested, and fill in missing values of requested ones.

    Raises: RequestError, if an interface type, a MAC address or a port forward is invalid.
    """
    interfaces = draft.domain.devices_of(Interface)
    if not interfaces and draft.wants("interface"):
        interfaces = [Interface(wanted_type="default")]
        draft.domain.add(interfaces[0])
    taken = set(draft.facts.guest_macs)
    for interface in interfaces:
        _resolve_source(draft, interface)
        _check_port_forwards(draft, interface)
        _warn_of_network(draft, interface)
        _resolve_mac(draft, interface, taken)
        _resolve_model(draft, interface)
    _warn_of_links(draft, interfaces)


def want_addresses(domain: Domain) -> bool:
    """Return whether any interface has a fixed IP address, a gateway or name servers.

    The module `compose.addresses`, which takes time to load, is needed only for such interfaces.
    """
    interfaces = domain.devices_of(Interface)
    return any(each.ip or each.gateway or each.nameservers for each in interfaces)


def split_addresses(text: str) -> list[str]:
    """Split `text`, the comma-separated value of a sub-option such as `ip`, into addresses."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _resolve_source(draft: Draft, interface: Interface) -> None:
    if interface.type is not None and interface.type not in _TYPES:
        name = interface.type
        by_name = f"use --network network={name} for a virtual network, or --network bridge={name} for a bridge"
        raise RequestError(
            f"--network {interface.type}: unknown interface type",
            hint=did_you_mean(interface.type, _TYPES, by_name),
        )
    if interface.type is None and interface.hostdev is None and _has_no_source(interface):
        interface.wanted_type = "default"
    if interface.wanted_type == "default" and interface.type is None:
        _use_default(draft, interface)
    if interface.type == "bridge" and interface.source_bridge is None:
        interface.source_bridge = draft.facts.host.default_bridge
    if interface.type is None and interface.backend_type is None:
        interface.type = _type_of_source(interface)
    if interface.type is None:
        interface.type = "passt" if interface.backend_type == "passt" else "user"
    if interface.type == "passt" or (interface.type == "user" and _uses_passt(draft, interface)):
        interface.type, interface.backend_type = "user", "passt"


def _uses_passt(draft: Draft, interface: Interface) -> bool:
    """Return whether a user-mode interface without a backend uses passt.

    The domain capabilities decide, not libvirt's version: 9.0.0's schema has passt, but the daemon
    refuses it (https://gitlab.com/libvirt/libvirt/-/issues/462).
    """
    offered = draft.domcaps_list("devices/interface", "backendType")
    if interface.backend_type is not None or "passt" not in offered:
        return False
    # without `default`, QEMU was built without slirp
    return draft.facts.host.passt or "default" not in offered


def _type_of_source(interface: Interface) -> str | None:
    """Return the type of an interface for which only a source was specified, or None."""
    if interface.source_network is not None:
        return "network"
    if interface.source_bridge is not None:
        return "bridge"
    return None if interface.source_dev is None else "direct"


def _has_no_source(interface: Interface) -> bool:
    return (
        interface.backend_type is None
        and interface.source_network is None
        and interface.source_bridge is None
        and interface.source_dev is None
    )


def _use_default(draft: Draft, interface: Interface) -> None:
    """Use user mode for unprivileged connections, else the host's bridge, else the default network."""
    host = draft.facts.host
    if host.is_simulated or (host.driver == "qemu" and not host.privileged) or host.embed_root is not None:
        interface.type = "user"
    elif host.default_bridge is not None:
        interface.type, interface.source_bridge = "bridge", host.default_bridge
    else:
        interface.type, interface.source_network = "network", DEFAULT_NETWORK


def _check_port_forwards(draft: Draft, interface: Interface) -> None:
    """Warn about port forwards without passt, which libvirt accepts and ignores.

    Raises: RequestError, if a port forward has no protocol, which libvirt requires.
    """
    for number, forward in enumerate(interface.port_forwards):
        if forward.proto is None:
            raise RequestError(
                f"--network portForward{number}: no protocol specified",
                hint=f"add portForward{number}.proto=tcp or portForward{number}.proto=udp",
            )
    if interface.port_forwards and interface.backend_type != "passt":
        why = "only --network passt forwards ports"
        if interface.type == "user" and interface.backend_type is None:
            why = "the host does not provide passt; install passt and libvirt 9.2 or later"
        draft.warnings.append(f"--network portForward has no effect: {why}")


def _warn_of_network(draft: Draft, interface: Interface) -> None:
    """Warn about a missing or inactive network: the guest may be defined, but cannot start."""
    name = interface.source_network
    networks = draft.facts.networks
    if interface.type != "network" or name is None or name not in networks:
        return
    network = networks[name]
    if network is None:
        command = virsh_command(draft.facts.host.uri, "net-list", "--all")
        draft.warnings.append(f"no such virtual network: '{name}'; list the networks with: {command}")
    elif not network.active:
        start = virsh_command(draft.facts.host.uri, "net-start", name)
        draft.warnings.append(f"the virtual network '{name}' is not active; start it with: {start}")


def _warn_of_links(draft: Draft, interfaces: list[Interface]) -> None:
    """Warn about missing bridges and devices: the guest cannot start unless a libvirt hook creates them."""
    links = draft.facts.links
    if not links:
        return
    bridges = [each.source_bridge for each in interfaces if each.type == "bridge"]
    devices = [each.source_dev for each in interfaces if each.type == "direct"]
    for names, what in ((bridges, "bridge"), (devices, "network interface")):
        missing = [name for name in dict.fromkeys(names) if name is not None and name not in links]
        if not missing:
            continue
        otherwise = _start_of_network(draft, missing) or "list the host's interfaces with: ip link"
        hint = did_you_mean(missing[0], links, otherwise) if len(missing) == 1 else otherwise
        quoted = ", ".join(f"'{name}'" for name in missing)
        draft.warnings.append(f"--network: no such {what} on the host: {quoted}; {hint}")


def _start_of_network(draft: Draft, bridges: list[str]) -> str | None:
    """Return how to start the inactive network that creates one of `bridges`, or None."""
    for network in draft.facts.networks.values():
        if network is not None and not network.active and network.bridge in bridges:
            command = virsh_command(draft.facts.host.uri, "net-start", network.name)
            return f"start the network of {network.bridge} with: {command}"
    return None


def _resolve_mac(draft: Draft, interface: Interface, taken: set[str]) -> None:
    given = interface.mac_address
    if given is None:
        prefix = QEMU_MAC_PREFIX if draft.platform.is_qemu else OTHER_MAC_PREFIX
        interface.mac_address = given = draft.random.mac(prefix, taken)
        draft.generated.add(given)
        taken.add(given)
        return
    mac = check_mac(given).replace("-", ":").lower()
    if mac in taken:
        owner = draft.facts.guest_macs.get(mac)
        whose = f"the guest '{owner}'" if owner else "another interface of this guest"
        problem = f"the MAC address {given} is already in use by {whose}"
        if draft.request.checks.mac_in_use:
            way = "omit mac= to generate an address"
            raise RequestError(problem, hint=f"{way}, or skip this check with: --check mac_in_use=off")
        draft.warnings.append(problem)
    taken.add(mac)


def _resolve_model(draft: Draft, interface: Interface) -> None:
    platform = draft.platform
    if interface.model_type is not None:
        return
    if platform.is_container or platform.is_xen_pv or not platform.is_hvm or platform.is_fixed_board:
        return
    interface.model_type = _model(draft, interface)


def _model(draft: Draft, interface: Interface) -> str | None:
    platform = draft.platform
    if platform.is_qemu and (interface.type in _VIRTIO_ONLY or draft.os.supports_virtio_net(platform.arch)):
        return "virtio"
    if not platform.is_x86:
        return None
    if platform.is_q35:
        return "e1000e"
    for model in ("e1000", "rtl8139", "ne2k_pci", "pcnet"):
        if model in draft.os.net_models(platform.arch):
            return model
    return "e1000"
