"""The rules of KubeVirt's admission webhook for a whole guest: the webhook accepts guests that conform to them.

Source: https://kubevirt.io/user-guide/ (the limits of each field), https://kubevirt.io/api-reference/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from virtinstall.kubevirt.conversion import Conversion
from virtinstall.kubevirt.names import LONGEST_LABEL, is_label
from virtinstall.similar import alternatives

MOST_DISKS = 256
RUN_STRATEGIES = ("Always", "RerunOnFailure", "Manual", "Halted", "Once", "WaitAsReceiver")
_LONGEST_SERIAL = 256


def check_rules(conversion: Conversion) -> None:
    """Report values in the finished manifest that KubeVirt would reject."""
    devices = conversion.devices
    disks, interfaces = devices.get("disks", []), devices.get("interfaces", [])
    _check_names(conversion, "disk", [disk["name"] for disk in disks])
    _check_names(conversion, "volume", [volume["name"] for volume in conversion.volumes])
    _check_names(conversion, "interface", [interface["name"] for interface in interfaces])
    _check_volumes(conversion, disks)
    _check_boot_order(conversion, [*disks, *interfaces])
    _check_ports(conversion, interfaces)
    _check_macs(conversion, interfaces)
    for disk in disks:
        serial = str(disk.get("serial", ""))
        if len(serial) > _LONGEST_SERIAL or not all(
            char.isascii() and (char.isalnum() or char in "._+-") for char in serial
        ):
            conversion.break_rule(
                f"invalid disk serial number '{serial[:40]}'",
                f"use at most {_LONGEST_SERIAL} ASCII letters, digits, periods, underscores, plus signs and hyphens in "
                "--disk serial=",
                "disk.serial",
            )
    if len(disks) > MOST_DISKS:
        conversion.break_rule(
            f"a guest can have at most {MOST_DISKS} disks, not {len(disks)}",
            f"omit {len(disks) - MOST_DISKS} of the disks",
        )
    strategy = conversion.spec.get("runStrategy")
    if strategy is not None and strategy not in RUN_STRATEGIES:
        conversion.break_rule(
            f"unknown run strategy '{strategy}'", f"use --kubevirt-run-strategy with {alternatives(RUN_STRATEGIES)}"
        )


def _check_names(conversion: Conversion, kind: str, names: list[str]) -> None:
    for name in names:
        if not is_label(name):
            conversion.break_rule(
                f"invalid {kind} name '{name}'",
                f"use at most {LONGEST_LABEL} lowercase letters, digits and hyphens, and no hyphen at either end",
            )
    for name in _twice(names):
        conversion.break_rule(f"two {kind}s have the name '{name}'", "use another name")


def _twice(values: Iterable[Any]) -> list[Any]:
    seen: set[Any] = set()
    found = []
    for value in values:
        if value in seen:
            found.append(value)
        seen.add(value)
    return found


def _check_volumes(conversion: Conversion, disks: list[dict[str, Any]]) -> None:
    """Report disks without a volume of the same name, and volumes without a device that uses them."""
    volumes = {volume["name"] for volume in conversion.volumes}
    used = {disk["name"] for disk in disks}
    used |= {filesystem["name"] for filesystem in conversion.devices.get("filesystems", ())}
    for name in sorted(used - volumes):
        conversion.break_rule(f"the disk '{name}' has no volume", "add size=GIB or image=NAME to --disk")
    for name in sorted(volumes - used):
        conversion.break_rule(f"no disk uses the volume '{name}'", "use another name")


def _check_boot_order(conversion: Conversion, entries: list[dict[str, Any]]) -> None:
    orders = [entry["bootOrder"] for entry in entries if "bootOrder" in entry]
    for order in _twice(orders):
        conversion.break_rule(f"two devices have the boot order {order}", "use a different boot.order= for each device")
    if any(order < 1 for order in orders):
        conversion.break_rule("boot.order= must be at least 1", "use boot.order=1")


def _check_ports(conversion: Conversion, interfaces: list[dict[str, Any]]) -> None:
    for interface in interfaces:
        ports = interface.get("ports", [])
        for protocol, port in _twice((each["protocol"], each["port"]) for each in ports):
            conversion.break_rule(f"the guest port {port}/{protocol.lower()} is listed twice", "specify each port once")
        for each in ports:
            if not 0 < each["port"] < 1 << 16:
                conversion.break_rule(f"invalid port {each['port']}", "use a port from 1 to 65535")
    for service in conversion.services:
        listed = service["spec"]["ports"]
        for protocol, port in _twice((each["protocol"], each["port"]) for each in listed):
            conversion.break_rule(
                f"the Service port {port}/{protocol.lower()} is listed twice", "specify each port once"
            )
        for each in listed:
            if not 0 < each["port"] < 1 << 16:
                conversion.break_rule(f"invalid port {each['port']}", "use a port from 1 to 65535")


def _check_macs(conversion: Conversion, interfaces: list[dict[str, Any]]) -> None:
    for mac in _twice(each["macAddress"] for each in interfaces if "macAddress" in each):
        conversion.break_rule(f"two interfaces have the MAC address {mac}", "use another mac=", "network.mac")
