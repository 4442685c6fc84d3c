"""The interfaces, their networks, and a Service for forwarded ports.

Source: https://kubevirt.io/user-guide/network/interfaces_and_networks/,
https://kubevirt.io/user-guide/network/service_objects/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.devices.interface import Interface
from virtinstall.errors import RequestError
from virtinstall.kubevirt.conversion import Conversion, Node, add, leave_device
from virtinstall.kubevirt.names import check_reference
from virtinstall.naming import check_mac
from virtinstall.similar import alternatives

if TYPE_CHECKING:
    from virtinstall.devices.interface_parts import PortForward

POD = "default"
"""Name of the interface of the pod network, and libvirt's name of its default network."""
DOMAIN_LABEL = "kubevirt.io/domain"
_MODELS = ("virtio", "e1000e", "e1000", "rtl8139", "ne2k_pci", "pcnet")
_MOST_PORTS = 100


def map_networks(conversion: Conversion) -> None:
    """Add the network interfaces and their networks, and a Service if ports are forwarded."""
    interfaces = conversion.domain.devices_of(Interface)
    if not interfaces and "interface" in conversion.request.without:
        conversion.devices["autoattachPodInterface"] = False
        return
    if not interfaces:
        interfaces = [Interface(wanted_type="default")]
    ports: list[Node] = []
    for number, interface in enumerate(interfaces):
        ports += _map_interface(conversion, interface, number)
    pods = [network for network in conversion.networks if "pod" in network]
    if len(pods) > 1:
        conversion.break_rule(
            "a guest can have only one interface on the pod network",
            "use bridge=NAME for the other interfaces",
            "network",
        )
    if ports:
        _add_service(conversion, ports)


def _map_interface(conversion: Conversion, interface: Interface, number: int) -> list[Node]:
    """Add one interface; return the ports that are forwarded to it."""
    kind = _kind(conversion, interface)
    queues, model = conversion.take(interface, "driver_queues"), conversion.take(interface, "model_type")
    driver = conversion.take(interface, "driver_name")
    network = conversion.take(interface, "source_network") or conversion.take(interface, "source_bridge")
    if network is not None and driver == "vfio":
        kind = "sriov"
    elif driver not in (None, "vhost", "qemu"):
        conversion.refuse(
            "network", "driver.name", driver, "use type=hostdev,source.network=NAME for a network card on the node"
        )
    elif driver == "qemu":
        conversion.refuse("network", "driver.name", driver, "use vhost")
    if kind == "sriov" and network is None:
        conversion.refuse(
            "network", "type", "hostdev", "this type requires the name of an SR-IOV network", "add source.network=NAME"
        )
    if network is not None and kind in ("masquerade", "passtBinding"):
        conversion.refuse("network", "source.network", network, "the pod network has no name")
        network = None
    named = network is not None and not (network == POD and kind != "sriov" and interface.type is None)
    name = f"net-{number + 1}" if number or named else POD
    entry: Node = {"name": name, kind or "masquerade": {}}
    ports = _ports(conversion, interface)
    _add_model(conversion, entry, model, kind)
    mac = conversion.take(interface, "mac_address")
    if mac is not None:
        entry["macAddress"] = _mac(conversion, mac)
    add(entry, "bootOrder", conversion.take(interface, "boot_order"))
    add(entry, "state", conversion.take(interface, "link_state"))
    if ports:
        entry["ports"] = [_interface_port(port) for port in ports]
        if kind not in ("masquerade", "passtBinding"):
            conversion.refuse(
                "network",
                "portForward",
                ports[0]["port"],
                "only the pod network forwards ports",
                "use --network default",
            )
    _map_queues(conversion, queues, entry)
    leave_device(conversion, interface)
    if kind is None:
        return []
    conversion.devices.setdefault("interfaces", []).append(entry)
    _add_network(conversion, name, kind, network)
    return ports


def _kind(conversion: Conversion, interface: Interface) -> str | None:
    """Return KubeVirt's binding; if there is none, report that and return None."""
    wanted, kind = conversion.take(interface, "wanted_type"), conversion.take(interface, "type")
    backend = conversion.take(interface, "backend_type")
    if backend not in (None, "passt"):
        conversion.refuse("network", "backend.type", backend, "use passt, or omit backend.type=")
    if backend == "passt" and kind not in (None, "user", "passt"):
        conversion.refuse("network", "backend.type", backend, "only the pod network uses passt")
        return None
    if backend == "passt" or kind == "passt":
        return "passtBinding"
    if kind == "user" or (kind is None and wanted == "default" and interface.source_network is None):
        return "masquerade"
    if kind == "network" and interface.source_network == POD:
        conversion.take(interface, "source_network")
        return "masquerade"
    if kind is None:
        return "bridge" if interface.source_network or interface.source_bridge else "masquerade"
    if kind == "bridge" and interface.source_bridge is None:
        conversion.refuse("network", "type", kind, "this type requires a bridge name", "use --network bridge=NAME")
        return None
    if kind in ("network", "bridge"):
        return "bridge"
    if kind == "hostdev" and interface.hostdev is None and interface.source_network is not None:
        return "sriov"
    why = "this type connects the guest to one host; use a NetworkAttachmentDefinition: bridge=NAME"
    conversion.refuse("network", "type", kind, why)
    return None


def _add_network(conversion: Conversion, name: str, kind: str, network: str | None) -> None:
    entry: Node = {"name": name}
    if kind in ("masquerade", "passtBinding"):
        entry["pod"] = {}
    else:
        multus: Node = {"networkName": network}
        if network is not None:
            check_reference(conversion, "network ", "NetworkAttachmentDefinition", network)
        conversion.comment(multus, "networkName", "assumed: a NetworkAttachmentDefinition with this name exists")
        entry["multus"] = multus
    conversion.networks.append(entry)


def _add_model(conversion: Conversion, entry: Node, model: str | None, kind: str | None) -> None:
    if kind == "sriov":
        if model is not None:
            conversion.refuse("network", "model.type", model, "the guest uses a network card on the node")
        return
    if model is not None and model not in _MODELS:
        conversion.refuse("network", "model.type", model, f"use {alternatives(_MODELS)}")
        return
    if model is None and conversion.defaults:
        model = _default_model(conversion)
    add(entry, "model", model)


def _default_model(conversion: Conversion) -> str | None:
    """Return the card that virt-install would choose on the q35 machine, or an older one with a driver in the system.

    None without virtio on other architectures, where KubeVirt chooses the card.
    """
    os, arch = conversion.os, conversion.arch
    if os.supports_virtio_net(arch):
        return "virtio"
    if arch != "x86_64":
        return None
    older = [model for model in os.net_models(arch) if model in _MODELS]
    return older[0] if older and not os.is_generic and not os.supports_q35(arch) else "e1000e"


def _mac(conversion: Conversion, mac: str) -> str:
    try:
        return check_mac(mac).replace("-", ":").lower()
    except RequestError as error:
        conversion.break_rule(f"--network mac={mac}: {error.message}", error.hint or "use another mac=", "network.mac")
        return mac


def _map_queues(conversion: Conversion, queues: int | None, entry: Node) -> None:
    """Map the number of queues: KubeVirt uses one queue for each vCPU, or only one."""
    if queues is None:
        return
    cpu = conversion.machine.get("cpu", {})
    count = cpu.get("sockets", 1) * cpu.get("cores", 1) * cpu.get("threads", 1)
    if queues == count and count > 1 and entry.get("model", "virtio") == "virtio":
        conversion.devices["networkInterfaceMultiqueue"] = True
    else:
        conversion.refuse(
            "network",
            "driver.queues",
            queues,
            f"KubeVirt uses one queue for each vCPU, that is, {count} for this guest",
        )


def _ports(conversion: Conversion, interface: Interface) -> list[Node]:
    found: list[Node] = []
    for number, forward in enumerate(list(interface.port_forwards)):
        protocol = (conversion.take(forward, "proto") or "tcp").upper()
        if protocol not in ("TCP", "UDP"):
            conversion.refuse("network", f"portForward{number}.proto", protocol.lower(), "use tcp or udp")
            continue
        found += _forwarded(conversion, forward, number, protocol)
    return found


def _forwarded(conversion: Conversion, forward: PortForward, number: int, protocol: str) -> list[Node]:
    """Return the ports of a Service; `targetPort` is the port in the guest."""
    found: list[Node] = []
    if not list(forward.ranges):
        conversion.refuse(
            "network", f"portForward{number}", protocol.lower(), "a Service forwards only the ports that it lists"
        )
    for each in list(forward.ranges):
        if each.exclude is not None:
            continue
        start, end, to = (conversion.take(each, name) for name in ("start", "end", "to"))
        if start is None:
            conversion.refuse(
                "network", f"portForward{number}.range", "", "a Service forwards only the ports that it lists"
            )
            continue
        last, target = end or start, to or start
        if last < start or last - start >= _MOST_PORTS:
            conversion.refuse(
                "network",
                f"portForward{number}.range",
                f"{start}-{last}",
                f"use at most {_MOST_PORTS} ports, in ascending order",
            )
            continue
        for port in range(start, last + 1):
            found.append(
                {
                    "name": f"{protocol.lower()}-{port}",
                    "port": port,
                    "protocol": protocol,
                    "targetPort": target + port - start,
                }
            )
    return found


def _interface_port(port: Node) -> Node:
    return {
        "name": f"{port['protocol'].lower()}-{port['targetPort']}",
        "port": port["targetPort"],
        "protocol": port["protocol"],
    }


def _add_service(conversion: Conversion, ports: list[Node]) -> None:
    service: Node = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": conversion.name},
        "spec": {"selector": {DOMAIN_LABEL: conversion.name}, "ports": ports},
    }
    conversion.comment(
        service["spec"],
        "selector",
        "reachable in the cluster; add type: NodePort or LoadBalancer for access from outside",
    )
    conversion.services.append(service)
