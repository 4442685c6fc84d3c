"""The architecture, machine, hypervisor features and clock.

Source: https://kubevirt.io/user-guide/compute/virtual_hardware/ (machine, clock, features)
"""

from __future__ import annotations

from typing import Any

from virtinstall.kubevirt.conversion import Conversion, Node, add, section
from virtinstall.similar import alternatives
from virtinstall.xml.field import XmlField

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "s390x": "s390x"}
_MACHINES = {"x86_64": ("q35",), "aarch64": ("virt",), "s390x": ("s390-ccw-virtio",)}
_SPINLOCK_RETRIES = 8191
_HYPERV = {
    "relaxed": "relaxed",
    "vapic": "vapic",
    "spinlocks": "spinlocks",
    "vpindex": "vpindex",
    "runtime": "runtime",
    "synic": "synic",
    "stimer": "synictimer",
    "reset": "reset",
    "vendor_id": "vendorid",
    "frequencies": "frequencies",
    "reenlightenment": "reenlightenment",
    "tlbflush": "tlbflush",
    "ipi": "ipi",
    "evmcs": "evmcs",
}
"""libvirt's names of the enlightenments, and KubeVirt's."""
_WINDOWS = ("relaxed", "vapic", "spinlocks", "vpindex", "runtime", "synic", "stimer", "frequencies", "tlbflush", "ipi")
"""The enlightenments of virt-install that every node offers, without those of one vendor's CPUs."""
_NEEDS = {"synic": "vpindex", "stimer": "synic", "tlbflush": "vpindex", "ipi": "vpindex", "evmcs": "vapic"}
"""What each requires. Source: https://www.qemu.org/docs/master/system/i386/hyperv.html"""
_TIMERS = {"hpet": "hpet", "kvmclock": "kvm", "pit": "pit", "rtc": "rtc", "hypervclock": "hyperv"}
_TICK_POLICIES = {
    "hpet": ("delay", "catchup", "merge", "discard"),
    "pit": ("delay", "catchup", "discard"),
    "rtc": ("delay", "catchup"),
}


def map_platform(conversion: Conversion) -> None:
    """Add the architecture and the machine type."""
    wanted, os = conversion.request.platform, conversion.domain.os
    arch = wanted.arch or os.type_arch
    conversion.take(os, "type_arch")
    if wanted.os_type not in (None, "hvm"):
        name = {"xen": "paravirt", "exe": "container"}[str(wanted.os_type)]
        conversion.refuse(name, "", "", "KubeVirt runs guests with KVM only")
    if os.type == "hvm":
        conversion.take(os, "type")
    if wanted.virt_type not in (None, "kvm"):
        conversion.refuse("virt-type", "", wanted.virt_type, "KubeVirt runs guests with KVM only")
    if conversion.domain.type == "kvm":
        conversion.take(conversion.domain, "type")
    if arch is not None:
        if arch in ARCHITECTURES:
            conversion.template["architecture"] = ARCHITECTURES[arch]
        else:
            conversion.refuse("arch", "", arch, f"use {alternatives(ARCHITECTURES)}")
    machine = wanted.machine or os.type_machine
    conversion.take(os, "type_machine")
    if machine is not None:
        known = _MACHINES.get(conversion.arch, ())
        if any(machine == each or f"{each}-" in f"{machine}-" for each in known) and machine not in ("pc", "isapc"):
            conversion.machine["machine"] = {"type": machine}
        else:
            why = (
                f"use {alternatives(known)}"
                if known
                else f"KubeVirt does not support the architecture {conversion.arch}"
            )
            conversion.refuse("machine", "", machine, why)


def map_features(conversion: Conversion) -> None:
    """Add the hypervisor features; Windows guests also get Hyper-V enlightenments by default."""
    features = conversion.domain.features
    node: Node = {}
    eoi = conversion.take(features, "apic_eoi")
    for name in ("acpi", "apic"):
        wanted = _decided(conversion, features, name)
        if wanted is not None:
            node[name] = {"enabled": wanted}
    if eoi is not None:
        node["apic"] = {"enabled": node.get("apic", {}).get("enabled", True), "endOfInterrupt": eoi}
    hyperv = _hyperv(conversion)
    add(node, "hyperv", hyperv or None)
    mode = conversion.take(features, "hyperv_mode")
    if mode == "passthrough":
        if hyperv:
            conversion.break_rule(
                "hyperv.mode=passthrough and individual Hyper-V features cannot be used together", "omit one of them"
            )
        node["hypervPassthrough"] = {"enabled": True}
    hidden, pvspinlock = conversion.take(features, "kvm_hidden_state"), conversion.take(features, "pvspinlock_state")
    if hidden is not None:
        node["kvm"] = {"hidden": hidden}
    if pvspinlock is not None:
        node["pvspinlock"] = {"enabled": pvspinlock}
    smm = conversion.take(features, "smm_state")
    if smm is not None:
        node["smm"] = {"enabled": smm}
    if node:
        section(conversion.machine, "features").update(node)


def _decided(conversion: Conversion, element: Any, attribute: str) -> bool | None:
    """Return whether a value is switched on or off, and remove it; None if neither is requested."""
    declared: XmlField[bool] = getattr(type(element), attribute)
    if not declared.is_decided(element):
        return None
    value = getattr(element, attribute) is True
    setattr(element, attribute, None)
    return value


def _hyperv(conversion: Conversion) -> Node:
    features = conversion.domain.features
    states: dict[str, bool] = {}
    for name in _HYPERV:
        state = conversion.take(features, f"hyperv_{name}_state")
        if state is not None:
            states[name] = state
    retries = conversion.take(features, "hyperv_spinlocks_retries")
    vendor = conversion.take(features, "hyperv_vendor_id_value")
    more = {
        "stimer": {"direct": conversion.take(features, "hyperv_stimer_direct_state")},
        "tlbflush": {
            "direct": conversion.take(features, "hyperv_tlbflush_direct_state"),
            "extended": conversion.take(features, "hyperv_tlbflush_extended_state"),
        },
    }
    if retries is not None:
        states.setdefault("spinlocks", True)
    for name, parts in more.items():
        if any(parts.values()):
            states.setdefault(name, True)
    if conversion.defaults and conversion.os.is_windows and conversion.arch == "x86_64":
        if features.hyperv_mode != "passthrough":
            for name in _WINDOWS:
                if _may_enable(name, states):
                    states.setdefault(name, True)
    for name, needed in _NEEDS.items():
        if states.get(name) and states.get(needed) is False:
            conversion.break_rule(
                f"the Hyper-V feature {_HYPERV[name]} requires {_HYPERV[needed]}",
                f"omit hyperv.{needed}.state=off",
                f"features.hyperv.{needed}.state",
            )
    node: Node = {}
    for name, enabled in states.items():
        each: Node = {"enabled": enabled}
        if name == "spinlocks" and enabled:
            each["spinlocks"] = retries or _SPINLOCK_RETRIES
        if name == "vendor_id":
            add(each, "vendorid", vendor)
        for part, state in more.get(name, {}).items():
            if state is not None:
                each[part] = {"enabled": state}
        node[_HYPERV[name]] = each
    if vendor and "vendorid" not in node:
        node["vendorid"] = {"enabled": True, "vendorid": vendor}
    return node


def _may_enable(name: str, states: dict[str, bool]) -> bool:
    """Return whether nothing that an enlightenment requires is switched off."""
    needed = _NEEDS.get(name)
    return needed is None or (states.get(needed) is not False and _may_enable(needed, states))


def map_clock(conversion: Conversion) -> None:
    """Add the clock with the requested time base and timers; Windows guests get timers by default."""
    clock = conversion.domain.clock
    offset, adjustment = conversion.take(clock, "offset"), conversion.take(clock, "adjustment")
    zone = conversion.take(clock, "timezone")
    node: Node = {}
    if adjustment is not None and offset != "variable":
        conversion.refuse("clock", "adjustment", adjustment, "only offset=variable can have an adjustment")
    if zone is not None and offset not in (None, "timezone"):
        conversion.refuse("clock", "timezone", zone, "only offset=timezone can have a time zone")
    if offset == "timezone" or (offset is None and zone is not None):
        node["timezone"] = zone
    elif offset == "variable":
        if adjustment is None:
            conversion.refuse("clock", "offset", offset, "this offset requires adjustment=SECONDS")
        elif not adjustment.lstrip("-").isdecimal():
            conversion.refuse("clock", "adjustment", adjustment, "use a whole number of seconds")
        else:
            node["utc"] = {"offsetSeconds": int(adjustment)}
    elif offset == "utc":
        node["utc"] = {}
    elif offset is not None:
        conversion.refuse(
            "clock", "offset", offset, "nodes have no local time", "use --clock offset=timezone,timezone=Europe/Berlin"
        )
    timers = _timers(conversion)
    if timers:
        node.setdefault("utc", {}) if "timezone" not in node else None
        node["timer"] = timers
    if node:
        conversion.machine["clock"] = node


def _timers(conversion: Conversion) -> Node:
    given = list(conversion.domain.clock.timers)
    node: Node = {}
    for number, timer in enumerate(given):
        name = conversion.take(timer, "name")
        values = {
            "present": conversion.take(timer, "present"),
            "tickPolicy": conversion.take(timer, "tickpolicy"),
            "track": conversion.take(timer, "track"),
        }
        if name not in _TIMERS:
            conversion.refuse("clock", f"timer{number}.name", name, f"use {alternatives(_TIMERS)}")
            continue
        policy = values["tickPolicy"]
        if policy is not None and policy not in _TICK_POLICIES.get(name, ()):
            possible = _TICK_POLICIES.get(name)
            why = f"the timer {name} has no tick policy"
            if possible is not None:
                why = f"use {alternatives(possible)} for {name}"
            conversion.refuse("clock", f"timer{number}.tickpolicy", policy, why)
        if values["track"] is not None and (name != "rtc" or values["track"] not in ("guest", "wall")):
            conversion.refuse(
                "clock", f"timer{number}.track", values["track"], "use guest or wall, and only for the timer rtc"
            )
        node[_TIMERS[name]] = {key: value for key, value in values.items() if value is not None}
    if not given and conversion.defaults and conversion.os.is_windows and conversion.arch == "x86_64":
        return {
            "hpet": {"present": False},
            "hyperv": {"present": True},
            "pit": {"tickPolicy": "delay"},
            "rtc": {"tickPolicy": "catchup"},
        }
    return node
