"""The title, description, UUID and SMBIOS strings, and the conditions under which the guest runs.

Source: https://kubevirt.io/user-guide/compute/run_strategies/, .../instancetypes/, .../virtual_hardware/ (SMBIOS)
"""

from __future__ import annotations

from virtinstall.kubevirt.conversion import Conversion, Node, Problem, section
from virtinstall.kubevirt.table import WHOLE
from virtinstall.similar import alternatives

_CHASSIS = ("manufacturer", "version", "serial", "asset", "sku")
_KINDS = {
    "instancetype": ("VirtualMachineInstancetype", "VirtualMachineClusterInstancetype"),
    "preference": ("VirtualMachinePreference", "VirtualMachineClusterPreference"),
}
_IDENTITY = {"serial": "serial number", "uuid": "UUID"}
INFER = "infer"


def map_metadata(conversion: Conversion) -> None:
    """Add the title and the description as annotations, and the UUID, serial number and chassis data."""
    domain = conversion.domain
    for attribute in ("title", "description"):
        text = conversion.take(domain, attribute)
        if text is not None:
            conversion.annotations[attribute] = text
    conversion.take(domain, "os_name")
    conversion.take(domain, "os_full_id")
    conversion.take(domain, "os_id")
    uuid = conversion.take(domain, "uuid")
    if uuid is not None:
        section(conversion.machine, "firmware")["uuid"] = uuid
    if domain.os.smbios_mode in ("sysinfo", "emulate"):
        conversion.take(domain.os, "smbios_mode")
    for block in domain.sysinfos:
        if block.type in ("smbios", "emulate"):
            conversion.take(block, "type")
        for name in _IDENTITY:
            value = conversion.take(block, f"system_{name}")
            known = conversion.machine.get("firmware", {}).get(name, value)
            if value is not None and value != known:
                conversion.refuse("sysinfo", f"system.{name}", value, f"the {_IDENTITY[name]} is already {known}")
            elif value is not None:
                section(conversion.machine, "firmware")[name] = value
        for name in _CHASSIS:
            value = conversion.take(block, f"chassis_{name}")
            if value is not None:
                section(conversion.machine, "chassis")[name] = value


def map_run(conversion: Conversion) -> None:
    """Add the run strategy, the instance type and the preference."""
    run = conversion.request.run
    if run.transient:
        conversion.refuse("transient", "", "", WHOLE["transient"])
    conversion.spec["runStrategy"] = _run_strategy(conversion)
    for kind, value in (
        ("instancetype", conversion.options.instancetype),
        ("preference", conversion.options.preference),
    ):
        if value is not None:
            conversion.spec[kind] = _matcher(conversion, kind, value)


def _run_strategy(conversion: Conversion) -> str:
    """Return the run strategy, which determines what happens when the guest stops."""
    domain = conversion.domain
    off, crash, reboot = (conversion.take(domain, f"on_{event}") for event in ("poweroff", "crash", "reboot"))
    for event, action in (("poweroff", off), ("crash", crash)):
        if action not in (None, "destroy", "restart"):
            conversion.refuse("events", f"on_{event}", action, "use destroy or restart")
    if reboot == "destroy":
        conversion.machine["rebootPolicy"] = "Terminate"
    elif reboot not in (None, "restart"):
        conversion.refuse("events", "on_reboot", reboot, "use restart or destroy")
    install = conversion.install
    once = conversion.request.run.noreboot and (install.cdrom is not None or install.pxe)
    if once:
        # the reboot at the end of the installation stops the guest, which is not started again
        conversion.machine["rebootPolicy"] = "Terminate"
    chosen = conversion.options.run_strategy
    if chosen is not None or once:
        for event, action in (("poweroff", off), ("crash", crash)):
            if action is not None:
                why = f"the run strategy is already {chosen or 'Once (--noreboot)'}"
                conversion.refuse("events", f"on_{event}", action, why)
        return chosen or "Once"
    if off == "restart" and crash == "destroy":
        conversion.refuse(
            "events", "on_crash", crash, "with on_poweroff=restart, KubeVirt restarts the guest after a crash too"
        )
    if off == "destroy":
        return "Once" if crash == "destroy" else "RerunOnFailure"
    return "Once" if crash == "destroy" and off is None else "Always"


def _matcher(conversion: Conversion, kind: str, value: str) -> Node:
    """Return the reference for `[KIND/]NAME`, with KIND as kubectl spells it; `infer` uses the first disk's volume."""
    namespaced, cluster = _KINDS[kind]
    if value == INFER:
        name = next((volume["name"] for volume in conversion.volumes if "dataVolume" in volume), None)
        if name is None:
            name = next((volume["name"] for volume in conversion.volumes if "persistentVolumeClaim" in volume), None)
        if name is None:
            conversion.break_rule(
                f"--kubevirt-{kind} {INFER} requires a disk with a DataVolume or a PersistentVolumeClaim",
                f"use --kubevirt-{kind} NAME",
            )
            return {}
        return {"inferFromVolume": name}
    before, slash, name = value.rpartition("/")
    kinds = {each.lower(): each for each in (namespaced, cluster)}
    if slash and before.lower() not in kinds:
        hint = f"use --kubevirt-{kind} NAME or KIND/NAME, where KIND is {alternatives(kinds)}"
        conversion.problems.append(Problem(f"--kubevirt-{kind} {value}: unknown kind '{before}'", hint))
    return {"kind": kinds.get(before.lower(), cluster), "name": name}
