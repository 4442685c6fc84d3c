"""Host devices specified by name or address: the look-up among the host's node devices.

Source: https://libvirt.org/formatnode.html and
https://libvirt.org/formatdomain.html#host-device-assignment
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from virtinstall.compose.draft import Draft
from virtinstall.devices.hostdev import Hostdev
from virtinstall.devices.interface import Interface
from virtinstall.errors import RequestError
from virtinstall.virsh_commands import virsh_command

_CAPABILITY_TYPES = ("net", "misc", "storage")


def resolve_hostdevs(draft: Draft) -> None:
    """Fill in the source of each host device, and of each network interface with `hostdev`.

    Raises: RequestError, if no device or several devices match a requested name, or if a device cannot be assigned.
    """
    for hostdev in draft.domain.devices_of(Hostdev):
        if hostdev.name is not None:
            if hostdev.type in _CAPABILITY_TYPES:
                _use_container_device(hostdev, hostdev.name)
            else:
                _use_node_device(draft, hostdev, _find(draft, hostdev.name, "--hostdev "))
        if hostdev.mode is None:
            hostdev.mode = "subsystem"
        if hostdev.managed is None and hostdev.type != "scsi":
            hostdev.managed = draft.platform.virt_type != "xen"
        if hostdev.managed is None:
            hostdev.managed = False
    for interface in draft.domain.devices_of(Interface):
        if interface.hostdev is not None:
            _use_for_interface(interface, _find(draft, interface.hostdev, "--network hostdev="))


def _use_container_device(hostdev: Hostdev, name: str) -> None:
    hostdev.mode = "capabilities"
    if hostdev.type == "net":
        hostdev.source_interface = name
    elif hostdev.type == "misc":
        hostdev.source_char = name
    else:
        hostdev.source_block = name


def _find(draft: Draft, name: str, option: str) -> etree._Element:
    """Return the node device that `name` refers to.

    Raises: RequestError, if there is none or several match.
    """
    devices = [etree.fromstring(text.encode()) for text in draft.facts.node_devices]
    for device in devices:
        if device.findtext("name") == name:
            return _parent_of_net(device, devices)
    wanted = _usb_numbers(name) or _usb_ids(name) or _pci_address(name)
    found = [] if wanted is None else [device for device in devices if _identity(device, wanted[0]) == wanted[1]]
    if not found:
        command = virsh_command(draft.facts.host.uri, "nodedev-list")
        raise RequestError(
            f"{option}{name}: no such device on the host",
            hint=f"use a PCI address such as 0:15:0.1, USB IDs such as 0781:5567, or a name from: {command}",
        )
    if len(found) > 1:
        names = " or ".join(f"{option}{device.findtext('name')}" for device in found)
        raise RequestError(f"{option}{name}: {len(found)} devices match", hint=f"use {names}")
    return found[0]


def _parent_of_net(device: etree._Element, devices: Iterable[etree._Element]) -> etree._Element:
    """Return the PCI or USB device of a network interface, else the device itself."""
    capability = device.find("capability")
    if capability is None or capability.get("type") != "net":
        return device
    parent = device.findtext("parent")
    return next((other for other in devices if other.findtext("name") == parent), device)


def is_named(hostdev: Hostdev, name: str) -> bool:
    """Return whether `name` refers to the host device that `hostdev` assigns.

    `name` is a PCI or USB address, USB IDs, or libvirt's name for the device, such as `pci_0000_00_1f_2`.
    """
    if name.startswith("mdev_"):
        return hostdev.source_address_uuid == name.removeprefix("mdev_").replace("_", "-")
    if name.startswith("pci_"):
        name = ":".join(name.split("_")[1:4]) + "." + name.rpartition("_")[2]
    elif name.startswith("usb_device_"):
        name = ":".join(name.split("_")[2:4])
    wanted = _usb_numbers(name) or _usb_ids(name) or _pci_address(name)
    if wanted is None:
        return False
    address = (hostdev.source_address_domain or 0, hostdev.source_address_bus, hostdev.source_address_slot)
    ids = (hostdev.source_vendor_id, hostdev.source_product_id)
    known: dict[str, tuple[object, ...]] = {
        "pci": (*address, hostdev.source_address_function),
        "usb-address": (hostdev.source_address_bus, hostdev.source_address_device),
        "usb-ids": tuple(None if each is None else int(str(each), 0) for each in ids),
    }
    return known[wanted[0]] == wanted[1]


def _usb_numbers(name: str) -> tuple[str, tuple[int, ...]] | None:
    bus, dot, device = name.partition(".")
    if not dot or not bus.isdecimal() or not device.isdecimal():
        return None
    try:
        return "usb-address", (int(bus), int(device))
    except ValueError:  # thousands of digits
        return None


def _usb_ids(name: str) -> tuple[str, tuple[int, ...]] | None:
    vendor, colon, product = name.partition(":")
    if not colon or "." in name or ":" in product:
        return None
    try:
        return "usb-ids", (int(vendor, 16), int(product, 16))
    except ValueError:
        return None


def _pci_address(name: str) -> tuple[str, tuple[int, ...]] | None:
    rest, dot, function = name.rpartition(".")
    parts = rest.split(":")
    if not dot or len(parts) not in (2, 3):
        return None
    try:
        numbers = [int(part, 16) for part in parts]
        address = numbers if len(numbers) == 3 else [0, *numbers]
        return "pci", (*address, int(function, 16))
    except ValueError:
        return None


def _number(text: str | None) -> int:
    return int(text or "0", 0)


def _identity(device: etree._Element, kind: str) -> tuple[int, ...] | None:
    """Return the PCI address, USB address or USB IDs of a node device, as `kind` specifies, or None."""
    capability = device.find("capability")
    if capability is None:
        return None
    if kind == "pci" and capability.get("type") == "pci":
        return tuple(_number(capability.findtext(part)) for part in ("domain", "bus", "slot", "function"))
    if capability.get("type") != "usb_device":
        return None
    if kind == "usb-address":
        return tuple(_number(capability.findtext(part)) for part in ("bus", "device"))
    if kind == "usb-ids":
        ids = (capability.find("vendor"), capability.find("product"))
        return tuple(_number(None if part is None else part.get("id")) for part in ids)
    return None


def _use_node_device(draft: Draft, hostdev: Hostdev, device: etree._Element) -> None:
    capability = device.find("capability")
    kind = "" if capability is None else capability.get("type")
    assert capability is not None
    if kind == "pci":
        hostdev.type = "pci"
        numbers = _identity(device, "pci")
        assert numbers is not None
        hostdev.source_address_domain, hostdev.source_address_bus = numbers[0], numbers[1]
        hostdev.source_address_slot, hostdev.source_address_function = numbers[2], numbers[3]
    elif kind == "usb_device":
        hostdev.type = "usb"
        _use_usb(draft, hostdev, device)
    elif kind == "scsi":
        hostdev.type = "scsi"
        hostdev.source_adapter_name = f"scsi_host{_number(capability.findtext('host'))}"
        hostdev.source_address_bus = _number(capability.findtext("bus"))
        hostdev.source_address_target = _number(capability.findtext("target"))
        hostdev.source_address_unit = _number(capability.findtext("lun"))
    elif kind == "mdev":
        _use_mdev(hostdev, device, capability)
    elif kind == "ccw":
        hostdev.type = "ccw"
        _use_ccw(hostdev, capability)
    else:
        raise RequestError(
            f"--hostdev {device.findtext('name')}: devices of type '{kind}' cannot be assigned to a guest",
            hint="use a PCI, USB, SCSI, CCW or mediated device",
        )


def _use_mdev(hostdev: Hostdev, device: etree._Element, capability: etree._Element) -> None:
    """Set the source of a mediated device; one on the PCI bus has virt-install's defaults, without a display."""
    hostdev.type, hostdev.model = "mdev", _mdev_model(capability)
    hostdev.source_address_uuid = capability.findtext("uuid") or _mdev_uuid(device)
    is_pci = hostdev.model == "vfio-pci"
    if hostdev.managed is None:
        hostdev.managed = is_pci
    if is_pci:
        hostdev.display = bool(hostdev.display)
        hostdev.ramfb = bool(hostdev.ramfb)


def _mdev_model(capability: etree._Element) -> str:
    """Return the model of a mediated device; on s390x the device's type contains the bus."""
    kind = capability.find("type")
    name = "" if kind is None else kind.get("id", "")
    return next((model for model in ("vfio-ccw", "vfio-ap") if name.startswith(model.replace("-", "_"))), "vfio-pci")


def _mdev_uuid(device: etree._Element) -> str:
    return (device.findtext("name") or "").removeprefix("mdev_").replace("_", "-")[:36]


def _use_ccw(hostdev: Hostdev, capability: etree._Element) -> None:
    hostdev.source_address_cssid = capability.findtext("cssid")
    hostdev.source_address_ssid = capability.findtext("ssid")
    hostdev.source_address_devno = capability.findtext("devno")


def _use_usb(draft: Draft, hostdev: Hostdev, device: etree._Element) -> None:
    """Set vendor and product, and also the address if several devices have the same vendor and product."""
    capability = device.find("capability")
    assert capability is not None
    for part in ("vendor", "product"):
        found = capability.find(part)
        setattr(hostdev, f"source_{part}_id", None if found is None else found.get("id"))
    ids = _identity(device, "usb-ids")
    twins = [text for text in draft.facts.node_devices if _identity(etree.fromstring(text.encode()), "usb-ids") == ids]
    if len(twins) > 1:
        hostdev.source_address_bus = _number(capability.findtext("bus"))
        hostdev.source_address_device = _number(capability.findtext("device"))


def _use_for_interface(interface: Interface, device: etree._Element) -> None:
    numbers = _identity(device, "pci")
    kind = "pci"
    if numbers is None:
        numbers = _identity(device, "usb-address")
        kind = "usb"
    if numbers is None:
        raise RequestError(
            f"--network hostdev={device.findtext('name')}: not a PCI or USB device",
            hint="use the PCI address of the network card, for example hostdev=0:4:0.0",
        )
    interface.type, interface.managed = "hostdev", True
    interface.source_address_type = kind
    interface.source_address_bus = numbers[1] if kind == "pci" else numbers[0]
    if kind == "pci":
        interface.source_address_domain = numbers[0]
        interface.source_address_slot, interface.source_address_function = numbers[2], numbers[3]
