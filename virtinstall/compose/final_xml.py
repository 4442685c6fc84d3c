"""The definition of the finished guest, completed with what libvirt chose at the first boot.

The composed document is the basis, because libvirt's dump of a running guest contains values that libvirt rejects in a
definition (firmware features together with a loader) or that are only valid while the guest runs. Only what libvirt had
to choose is copied from the dump, so that the guest's hardware stays the same after the first boot.

Source: https://libvirt.org/formatdomain.html#device-addresses; virDomainDefineXML.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator

from lxml import etree

from virtinstall.domain.domain import Domain

_DISKS = "disk"


def completed(final: Domain, first_boot: Domain, held: Domain) -> Domain:
    """Return a copy of `final`, the finished guest, with the values that libvirt chose when the guest was started.

    `first_boot` is the composed domain that was started, and `held` is the running guest as libvirt reports it. The
    copied values are the versioned machine type, device addresses, MAC addresses, the ID in `<genid/>`, and the devices
    that libvirt added, including controllers. To match the devices of the two domains, disks are compared by target,
    interfaces by MAC address, and other devices by their position among the devices of the same kind.
    """
    result = final.clone()
    node, composed, chosen = result.ensure_node(), first_boot.ensure_node(), held.ensure_node()
    _copy_machine(node, chosen)
    _copy_generated_id(node, chosen)
    devices = node.find("devices")
    if devices is None or chosen.find("devices") is None:
        return result
    _copy_controllers(devices, chosen)
    for device, twin in _pairs(node, composed, chosen):
        _copy_choices(device, twin)
    for added in _added(composed, chosen):
        _insert(devices, added)
    return Domain.parse(etree.tostring(node, encoding="unicode"))


def _copy_machine(node: etree._Element, chosen: etree._Element) -> None:
    """Copy the versioned machine type that an alias such as `q35` was resolved to."""
    kind, known = node.find("os/type"), chosen.find("os/type")
    if kind is not None and known is not None and known.get("machine"):
        kind.set("machine", str(known.get("machine")))


def _copy_generated_id(node: etree._Element, chosen: etree._Element) -> None:
    own, known = node.find("genid"), chosen.find("genid")
    if own is not None and known is not None and not own.text:
        own.text = known.text


def _copy_controllers(devices: etree._Element, chosen: etree._Element) -> None:
    """Copy all controllers, because the addresses of other devices refer to their indexes."""
    known = chosen.findall("devices/controller")
    if not known:
        return
    for controller in devices.findall("controller"):
        devices.remove(controller)
    for controller in known:
        _insert(devices, controller)


def _pairs(
    node: etree._Element, composed: etree._Element, chosen: etree._Element
) -> Iterator[tuple[etree._Element, etree._Element]]:
    """Yield the devices of the final document, each with the same device of the dump."""
    for tag in dict.fromkeys(str(device.tag) for device in _devices(node)):
        own, started, known = (document.findall(f"devices/{tag}") for document in (node, composed, chosen))
        key = _KEYS.get(tag)
        if key is not None:
            by_key = {key(device): device for device in known if key(device) is not None}
            matched = [(device, by_key[key(device)]) for device in own if key(device) in by_key]
            yield from matched
            own = [device for device in own if key(device) is None]
            known = [device for device in known if all(device is not twin for _, twin in matched)]
            started = [device for device in started if key(device) is None]
        # libvirt appends the devices that it adds; if the numbers differ, the devices cannot be matched
        if len(own) == len(started) <= len(known):
            yield from zip(own, known, strict=False)


def _copy_choices(device: etree._Element, twin: etree._Element) -> None:
    """Copy the address, and the MAC address of an interface for which the user specified none."""
    for tag in ("mac", "address"):
        choice = twin.find(tag)
        if choice is not None and device.find(tag) is None and (tag != "mac" or device.tag == "interface"):
            device.append(copy.deepcopy(choice))


def _added(composed: etree._Element, chosen: etree._Element) -> list[etree._Element]:
    """Return the devices that libvirt appended to the requested ones."""
    requested = Counter(device.tag for device in _devices(composed))
    added = []
    for device in _devices(chosen):
        requested[device.tag] -= 1
        if requested[device.tag] < 0 and device.tag not in ("controller", _DISKS):
            added.append(device)
    return added


def _insert(devices: etree._Element, device: etree._Element) -> None:
    """Append a copy of the device without values that are only valid while the guest runs."""
    twin = copy.deepcopy(device)
    twin.tail = None
    for alias in twin.findall("alias"):
        twin.remove(alias)
    devices.append(twin)


def _devices(document: etree._Element) -> list[etree._Element]:
    return [device for device in document.iterfind("devices/*") if isinstance(device.tag, str)]


def _target(disk: etree._Element) -> str | None:
    target = disk.find("target")
    return None if target is None else target.get("dev")


def _mac(interface: etree._Element) -> str | None:
    mac = interface.find("mac")
    return None if mac is None else str(mac.get("address")).lower()


_KEYS: dict[str, Callable[[etree._Element], str | None]] = {"disk": _target, "interface": _mac}
