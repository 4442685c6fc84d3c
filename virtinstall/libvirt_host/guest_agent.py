"""Information from inside a running guest: the IP addresses and the guest agent's replies.

Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainInterfaceAddresses and
https://qemu-project.gitlab.io/qemu/interop/qemu-ga-ref.html
"""

from __future__ import annotations

from typing import Any

import libvirt

from virtinstall.json_loader import parse_json

_SOURCES = {
    "lease": libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE,
    "agent": libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT,
    "arp": libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_ARP,
}
_LOCAL_PREFIXES = ("127.", "169.254.", "::1", "fe80:")
_AGENT_SECONDS = 5


def addresses(domain: Any, source: str | None = None) -> list[str]:
    """Return the IP addresses of a guest, IPv4 first.

    `domain` is the guest's domain object from libvirt. `source` is `lease`, `agent` or `arp`, or None for all three. A
    source that is not available, such as an agent that is not running, is ignored. The list is empty if no address is
    known or the guest no longer exists.

    Only addresses of the network interfaces in the guest's XML are returned, without loopback and link-local addresses.
    The agent's reply is not trusted, so invalid addresses in it are ignored.
    """
    from virtinstall.xml.tree import parse_tree

    try:
        root = parse_tree(domain.XMLDesc(0))
    except libvirt.libvirtError:
        return []
    cards = {mac.get("address").lower() for mac in root.findall("devices/interface/mac")}
    found: list[str] = []
    for number in _SOURCES.values() if source is None else (_SOURCES[source],):
        try:
            interfaces = domain.interfaceAddresses(number, 0)
        except libvirt.libvirtError:
            continue
        for interface in (interfaces or {}).values():
            if str(interface.get("hwaddr", "")).lower() not in cards:
                continue
            listed = [str(address["addr"]) for address in interface.get("addrs") or ()]
            found += [each for each in listed if number != _SOURCES["agent"] or _is_address(each)]
    usable = dict.fromkeys(each for each in found if not each.startswith(_LOCAL_PREFIXES))
    return sorted(usable, key=lambda address: ":" in address)


def _is_address(text: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def agent_command(domain: Any, command: str, **arguments: object) -> Any:
    """Return the guest agent's result for `command` with `arguments`, decoded from JSON.

    `domain` is a domain object from libvirt. The result is None if the reply is invalid, because the guest may run any
    program as its agent.

    Raises: libvirtError, if the agent does not answer or reports an error.
    """
    import json

    import libvirt_qemu

    request = json.dumps({"execute": command, "arguments": arguments})
    try:
        reply = parse_json(libvirt_qemu.qemuAgentCommand(domain, request, _AGENT_SECONDS, 0))
    except (ValueError, TypeError):
        return None
    return reply.get("return") if isinstance(reply, dict) else None


def agent_answer(domain: Any, command: str, **arguments: object) -> Any:
    """Return the result of `agent_command`; None if the agent does not answer or reports an error."""
    try:
        return agent_command(domain, command, **arguments)
    except libvirt.libvirtError:
        return None
