"""The memory, vCPUs and CPU model.

Source: https://kubevirt.io/user-guide/compute/ (memory hotplug, CPU hotplug, dedicated CPU resources, NUMA, huge
pages, virtual hardware)
"""

from __future__ import annotations

import math

from virtinstall.errors import RequestError
from virtinstall.kubevirt.conversion import Conversion, Node, Problem, add, quantity, section
from virtinstall.kubevirt.table import reason
from virtinstall.units import GIB, KIB, MIB, unit_bytes

DEFAULT_MEMORY_BYTES = 2 * GIB
_CLIENT_SOCKETS = 2
_PAGE_SIZES = {2 * MIB: "2Mi", GIB: "1Gi", 64 * KIB: "64Ki"}
_PAGE_OPTION = "memorybacking"
_LEAST_PLUGGABLE = GIB
_PLUG_BLOCK = 2 * MIB
_HOTPLUG, _CPU_HOTPLUG = "memory hot-plug (maxMemory=)", "vCPU hot-plug (maxvcpus=)"


def map_memory(conversion: Conversion) -> None:
    """Add the memory size, the memory for hot-plug and the huge pages."""
    domain = conversion.domain
    total, current = conversion.take(domain, "memory_kib"), conversion.take(domain, "current_memory_kib")
    maximum = conversion.take(domain, "max_memory_kib")
    page = _page_bytes(conversion)
    if conversion.options.instancetype is not None:
        if total or current or maximum or page:
            conversion.break_rule(
                "an instance type already sets the memory",
                "omit --memory and huge pages, or omit --kubevirt-instancetype",
                "memory",
            )
        return
    given = total or current
    total = given or _recommended_kib(conversion)
    start = (current or total) * KIB
    memory: Node = {"guest": quantity(start)}
    if current and total and maximum and current < total and maximum != total:
        conversion.refuse(
            "memory", "maxMemory", quantity(maximum * KIB), "with currentMemory=, memory= is already the maximum"
        )
    if not given:
        conversion.comment(memory, "guest", f"the default for {conversion.os.short_id}")
    limit = max((maximum or 0) * KIB, total * KIB if current else 0)
    if limit > start:
        memory["maxGuest"] = quantity(limit)
        _check_hotplug(conversion, start, limit)
    if maximum and maximum * KIB < start:
        conversion.break_rule(
            f"the maximum memory ({quantity(maximum * KIB)}) must not be less than the memory ({quantity(start)})",
            f"use maxMemory={-(-start // MIB)} or more",
        )
    if page:
        memory["hugepages"] = {"pageSize": _PAGE_SIZES[page]}
        if start % page:
            block = max(page, MIB)
            conversion.break_rule(
                f"the memory ({quantity(start)}) must be a multiple of the huge page size ({_PAGE_SIZES[page]})",
                f"for example: --memory {-(-start // block) * block // MIB}",
            )
        if limit > start:
            conversion.break_rule(f"{_HOTPLUG} and huge pages cannot be used together", "omit one of them")
    conversion.machine["memory"] = memory


def _recommended_kib(conversion: Conversion) -> int:
    recommended = conversion.os.recommended_ram_bytes(conversion.arch)
    if recommended is None:
        if not conversion.install.image_defaults:
            conversion.problems.append(Problem("--memory must be specified", "for example: --memory 2048"))
        recommended = DEFAULT_MEMORY_BYTES
    return recommended // KIB


def _check_hotplug(conversion: Conversion, start: int, limit: int) -> None:
    if start < _LEAST_PLUGGABLE:
        conversion.break_rule(
            f"{_HOTPLUG} requires at least 1Gi of memory at boot, not {quantity(start)}",
            "use at least 1024 MiB of memory",
        )
    for name, size in (("the memory", start), ("the maximum", limit)):
        if size % _PLUG_BLOCK:
            conversion.break_rule(
                f"with {_HOTPLUG}, {name} ({quantity(size)}) must be a multiple of 2Mi",
                f"for example, use {-(-size // _PLUG_BLOCK) * _PLUG_BLOCK // MIB} MiB",
            )
    if conversion.arch not in ("x86_64", "aarch64"):
        conversion.break_rule(f"{_HOTPLUG} is not available for {conversion.arch}", "omit maxMemory=")


def _page_bytes(conversion: Conversion) -> int | None:
    """Return the size of the huge pages in bytes; None if the guest has none."""
    backing = conversion.domain.memory_backing
    sizes: dict[int, str] = {}
    for page in list(backing.pages):
        number, unit = conversion.take(page, "size"), conversion.take(page, "unit")
        nodeset = conversion.take(page, "nodeset")
        if nodeset is not None:
            conversion.refuse(
                _PAGE_OPTION, "hugepages.page.nodeset", nodeset, "KubeVirt uses one page size for all NUMA nodes"
            )
        if number is None:
            continue
        size = int(number) * (unit_bytes(unit or "KiB") or KIB) if number.isdecimal() else 0
        if size not in _PAGE_SIZES:
            conversion.refuse(
                _PAGE_OPTION, "hugepages.page.size", f"{number}{unit or ''}", "use 64 KiB, 2 MiB or 1 GiB"
            )
            continue
        sizes.setdefault(size, f"{number}{unit or ''}")
    first, *others = sizes.items() or [(None, "")]
    if others:
        conversion.refuse(
            _PAGE_OPTION,
            "hugepages.page.size",
            others[0][1],
            f"KubeVirt uses one page size for the whole guest, and size={first[1]} is requested too",
        )
    wanted = backing.hugepages
    if wanted is not None or type(backing).hugepages.is_decided(backing):
        backing.hugepages = None
    if not sizes and wanted:
        return 2 * MIB
    return first[0]


def map_vcpus(conversion: Conversion) -> None:
    """Add the number and topology of the vCPUs, and the CPU pinning.

    Raises: RequestError, if the topology does not match the number of vCPUs.
    """
    domain, cpu = conversion.domain, conversion.domain.cpu
    count, current = conversion.take(domain, "vcpu"), conversion.take(domain, "vcpu_current")
    sockets, cores, threads = (conversion.take(cpu, f"topology_{part}") for part in ("sockets", "cores", "threads"))
    dies = conversion.take(cpu, "topology_dies")
    if dies not in (None, 1):
        conversion.refuse("vcpus", "dies", dies, reason("vcpus", "dies"))
    given = count or current or sockets or cores or threads
    if conversion.options.instancetype is not None:
        if given:
            conversion.break_rule(
                "an instance type already sets the vCPUs", "omit --vcpus, or omit --kubevirt-instancetype", "vcpus"
            )
    elif given or conversion.defaults:
        if not given:
            count = conversion.os.recommended_cpus(conversion.arch) or 1
        _fill_topology(conversion, count or current, current, (sockets, cores, threads))
    _map_pinning(conversion)


def _fill_topology(
    conversion: Conversion, count: int | None, current: int | None, parts: tuple[int | None, int | None, int | None]
) -> None:
    """Fill in the topology. By default, each vCPU is a socket, which KubeVirt hot-plugs, except in Windows clients."""
    if count is None:
        count = math.prod(part or 1 for part in parts)
    if not any(parts):
        windows = count > _CLIENT_SOCKETS and conversion.os.is_windows_client
        parts = (1, None, None) if windows else (count, 1, 1)
    sockets, cores, threads = _completed(count, *parts)
    if sockets * cores * threads != count:
        raise RequestError(
            f"the CPU topology sockets={sockets},cores={cores},threads={threads} has "
            f"{sockets * cores * threads} vCPUs, not {count}",
            hint=f"use --vcpus {sockets * cores * threads}, or a topology with {count} vCPUs",
        )
    start = sockets
    if current is not None and current != count:
        if current % (cores * threads) or current > count:
            conversion.refuse(
                "vcpus",
                "vcpu.current",
                current,
                f"KubeVirt hot-plugs whole sockets, which have {cores * threads} vCPUs each",
            )
            return
        start = current // (cores * threads)
    node = section(conversion.machine, "cpu")
    node.update({"sockets": start, "cores": cores, "threads": threads})
    if start != sockets:
        node["maxSockets"] = sockets
        if conversion.arch not in ("x86_64", "aarch64"):
            conversion.break_rule(f"{_CPU_HOTPLUG} is not available for {conversion.arch}", "omit maxvcpus=")


def _completed(count: int, sockets: int | None, cores: int | None, threads: int | None) -> tuple[int, int, int]:
    """Return the topology of `count` vCPUs: missing cores are computed first, then sockets, then threads."""
    if cores is None:
        cores = max(1, count // ((sockets or 1) * (threads or 1)))
    if sockets is None:
        sockets = max(1, count // (cores * (threads or 1)))
    return sockets, cores, threads if threads is not None else max(1, count // (cores * sockets))


def _map_pinning(conversion: Conversion) -> None:
    """Map pinning of each vCPU to a separate CPU to dedicated CPUs; the node chooses the CPUs."""
    domain, tune = conversion.domain, conversion.domain.cputune
    dedicated = False
    if domain.vcpu_placement == "auto":
        conversion.take(domain, "vcpu_placement")
        dedicated = True
    elif domain.vcpu_placement == "static":
        conversion.take(domain, "vcpu_placement")
    pins = [(pin.vcpu, pin.cpuset) for pin in tune.vcpupins]
    alone = [cpuset for _, cpuset in pins if cpuset is not None and cpuset.isdecimal()]
    if pins and len(alone) == len(pins) == len(set(alone)):
        for pin in tune.vcpupins:
            conversion.take(pin, "vcpu")
            conversion.take(pin, "cpuset")
        dedicated = True
        conversion.warn("--cputune vcpupin: KubeVirt chooses the CPUs on the node; the CPU numbers are ignored")
    elif pins:
        for number, (_, cpuset) in enumerate(pins):
            conversion.take(tune.vcpupins[number], "vcpu")
            conversion.take(tune.vcpupins[number], "cpuset")
            conversion.refuse(
                "cputune",
                f"vcpupin{number}.cpuset",
                cpuset,
                "KubeVirt pins each vCPU to one CPU that no other vCPU uses",
            )
    node: Node = {}
    if dedicated:
        node["dedicatedCpuPlacement"] = True
    if tune.emulatorpin_cpuset is not None:
        cpuset = conversion.take(tune, "emulatorpin_cpuset")
        node["isolateEmulatorThread"] = True
        if not dedicated:
            conversion.refuse(
                "cputune",
                "emulatorpin.cpuset",
                cpuset,
                "emulator pinning requires dedicated CPUs",
                "add --vcpus cpuset=auto",
            )
    if conversion.domain.numatune.memory_placement == "auto":
        conversion.take(conversion.domain.numatune, "memory_placement")
        node["numa"] = {"guestMappingPassthrough": {}}
        if not dedicated or "hugepages" not in conversion.machine.get("memory", {}):
            conversion.break_rule(
                "--numatune placement=auto requires dedicated CPUs and huge pages",
                "add --vcpus cpuset=auto and --memorybacking hugepages=on",
                "numatune.memory.placement",
            )
    _map_realtime(conversion, node, dedicated)
    if node:
        section(conversion.machine, "cpu").update(node)
        if conversion.options.instancetype is not None:
            conversion.break_rule(
                "an instance type already sets the CPU placement",
                "omit the CPU pinning, or omit --kubevirt-instancetype",
            )
    if dedicated and "maxSockets" in conversion.machine.get("cpu", {}):
        conversion.break_rule(f"{_CPU_HOTPLUG} and dedicated CPUs cannot be used together", "omit one of them")
    if dedicated and "maxGuest" in conversion.machine.get("memory", {}):
        conversion.break_rule(f"{_HOTPLUG} and dedicated CPUs cannot be used together", "omit one of them")


def _map_realtime(conversion: Conversion, node: Node, dedicated: bool) -> None:
    """Map the scheduler fifo with priority 1, which is KubeVirt's only real-time policy."""
    masks = []
    for number, each in enumerate(conversion.domain.cputune.vcpuscheds):
        scheduler, priority = conversion.take(each, "scheduler"), conversion.take(each, "priority")
        masks.append(conversion.take(each, "vcpus"))
        if scheduler != "fifo" or priority not in (None, 1):
            conversion.refuse("cputune", f"vcpusched{number}.scheduler", scheduler, "use fifo with priority 1")
    if masks:
        node["realtime"] = {"mask": ",".join(mask for mask in masks if mask)} if all(masks) else {}
        if not dedicated:
            conversion.break_rule("--cputune vcpusched requires dedicated CPUs", "add --vcpus cpuset=auto")


def map_cpu(conversion: Conversion) -> None:
    """Add the CPU model and the CPU features.

    By default, the manifest has no CPU model. The guest then gets the cluster's default model, which allows migration.
    """
    cpu = conversion.domain.cpu
    word = conversion.take(cpu, "wanted_model")
    mode, model = conversion.take(cpu, "mode"), conversion.take(cpu, "model")
    if cpu.match == "exact" and model is not None:
        conversion.take(cpu, "match")
    if cpu.secure is False:
        conversion.take(cpu, "secure")
    node: Node = {}
    if mode in ("host-passthrough", "host-model"):
        node["model"] = mode
    elif mode == "maximum":
        conversion.refuse("cpu", "", mode, "use host-passthrough")
    elif word in ("host-model-only", "host-copy"):
        conversion.refuse("cpu", "", word, "this host's CPU may differ from the node's; use host-model")
    else:
        add(node, "model", model)
    features = []
    for feature in list(cpu.features):
        features.append({"name": feature.name, "policy": feature.policy or "require"})
        cpu.features.remove(feature)
    if features:
        node["features"] = features
    if node:
        if conversion.options.instancetype is not None and "model" in node:
            conversion.break_rule("an instance type already sets the CPU", "omit --cpu", "cpu")
        section(conversion.machine, "cpu").update(node)
