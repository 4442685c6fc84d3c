"""The values of every guest: name, UUID, operating system, memory and vCPUs.

Source: https://libvirt.org/formatdomain.html#general-metadata, #cpu-allocation
"""

from __future__ import annotations

import math
import sys

from virtinstall.compose.draft import Draft
from virtinstall.devices.memory import MemoryDevice
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.naming import free_name, numbered_name
from virtinstall.units import KIB, MIB, parse_size

_HOTPLUG_SLOTS = 16
_MODULES_OF_NODES = ("dimm", "nvdimm", "virtio-mem")
_MODULES = (*_MODULES_OF_NODES, "virtio-pmem")
"""Memory devices that count towards <maxMemory>. Source: https://libvirt.org/formatdomain.html#memory-devices"""
_CONTAINER_MEMORY_KIB = 1024 * 1024
_NAME_LIMIT_BYTES = 255
_CLIENT_SOCKETS = 2
_SHORT_ARCHES = {"armv7l": "arm"}
_TOPOLOGY = ("topology_sockets", "topology_dies", "topology_clusters", "topology_cores", "topology_threads")


def fill_identity(draft: Draft) -> None:
    """Fill in the guest's name, its UUID and the ID of its operating system.

    Raises: RequestError, if the requested name is invalid or already in use.
    """
    domain = draft.domain
    if domain.name is None:
        domain.name = _generated_name(draft)
        draft.generated.add(domain.name)
        draft.notes.append(f"Using default --name {domain.name}")
    else:
        _check_name(draft, domain.name)
    if domain.uuid is None:
        domain.uuid = draft.random.uuid()
        draft.generated.add(domain.uuid)
    if domain.os_id is None and not draft.os.is_generic:
        domain.os_id = draft.os.id


def _generated_name(draft: Draft) -> str:
    taken = draft.facts.guest_names | draft.facts.claimed_names
    platform = draft.platform
    is_foreign = platform.arch != platform.host_arch
    if draft.os.is_generic and (platform.is_container or not is_foreign):
        return numbered_name("container" if platform.is_container else "vm", taken)
    stem = "vm" if draft.os.is_generic else draft.os.short_id.removesuffix("-unknown")
    if is_foreign:
        stem += f"-{_SHORT_ARCHES.get(platform.arch, platform.arch)}"
    return free_name(stem, taken)


def _check_name(draft: Draft, name: str) -> None:
    if name in draft.facts.guest_names:
        from virtinstall.virsh_commands import removal

        remove = removal(draft.facts.host.uri, name)
        raise RequestError(
            f"a guest named '{name}' already exists",
            hint=f"use another --name, or delete the guest '{name}', but not its disks, with: {remove}",
        )
    if "/" in name or name in (".", "..") or "\n" in name:
        hint = "use another name" if name in (".", "..") else "use a name without slashes or line breaks"
        raise RequestError(f"invalid guest name '{name}'", hint=hint)
    if len(name.encode()) > _NAME_LIMIT_BYTES:
        raise RequestError(
            f"--name '{name[:32]}...' is too long: {len(name.encode())} bytes",
            hint=f"use at most {_NAME_LIMIT_BYTES} bytes",
        )


def os_before(draft: Draft) -> str:
    """Return the short name of the operating system, followed by a space, for a message about a default value.

    The string is empty if the operating system is unknown and therefore only assumed.
    """
    return "" if draft.facts.os_assumed else f"{draft.os.short_id} "


def fill_memory(draft: Draft) -> None:
    """Fill in the guest's memory size, if none was requested.

    The size is the sum of the NUMA cells' sizes, 1 GiB for a container, or otherwise the size that the OS database
    recommends.

    Raises: RequestError, if none of these sizes is known.
    """
    domain = draft.domain
    cells_kib = _cells_kib(domain)
    if domain.memory_kib is None and domain.current_memory_kib is None and cells_kib:
        domain.memory_kib = cells_kib
    if domain.memory_kib is None and domain.current_memory_kib is None:
        recommended = draft.os.recommended_ram_bytes(draft.platform.arch)
        if draft.platform.is_container:
            domain.memory_kib = _CONTAINER_MEMORY_KIB
        elif recommended is not None:
            domain.memory_kib = recommended // KIB
            draft.notes.append(f"Using {os_before(draft)}default --memory {recommended // MIB}")
        else:
            raise RequestError("--memory must be specified", hint="for example: --memory 2048 or --memory 2G")
    if domain.memory_kib is None:
        domain.memory_kib = domain.current_memory_kib
    if domain.current_memory_kib is None:
        domain.current_memory_kib = domain.memory_kib
    _warn_of_little_memory(draft)


def _cells_kib(domain: Domain) -> int | None:
    """Return the memory of the NUMA cells in KiB; None if there are no cells or a cell does not specify it."""
    sizes = [cell.memory for cell in domain.cpu.cells]
    if not sizes or any(size is None for size in sizes):
        return None
    total = 0
    for cell in domain.cpu.cells:
        total += parse_size(f"{cell.memory}{cell.unit or 'KiB'}", KIB, "--cpu cell.memory")
    return total // KIB


def fill_hotplug(draft: Draft) -> None:
    """Add the settings that memory hotplug and memory modules require, if the hypervisor is QEMU."""
    if draft.platform.is_qemu:
        require_hotplug(draft.domain)


def require_hotplug(domain: Domain) -> None:
    """Add a maximum memory size, slots and a NUMA cell if memory hotplug or memory modules require them."""
    modules = [module for module in domain.devices_of(MemoryDevice) if module.model in _MODULES]
    if domain.max_memory_kib is None and modules and domain.max_memory_slots is None:
        domain.max_memory_kib = (domain.memory_kib or 0) + sum(module.target_size or 0 for module in modules)
        domain.max_memory_slots = max(len(modules), _HOTPLUG_SLOTS)
    for module in modules:
        if module.target_node is None and module.model in _MODULES_OF_NODES:
            module.target_node = 0
    if domain.max_memory_kib is None:
        return
    if domain.max_memory_slots is None:
        domain.max_memory_slots = _HOTPLUG_SLOTS
    if not domain.cpu.cells:
        last = (domain.vcpu or 1) - 1
        cell = domain.cpu.cells.new()
        cell.id, cell.memory, cell.unit = 0, domain.memory_kib, "KiB"
        cell.cpus = f"0-{last}" if last else "0"


def _warn_of_little_memory(draft: Draft) -> None:
    minimum = draft.os.minimum_ram_bytes(draft.platform.arch)
    have = (draft.domain.memory_kib or 0) * KIB
    if minimum is not None and have < minimum and not draft.facts.os_assumed:
        draft.warnings.append(f"--memory {have // MIB}: {draft.os.short_id} requires at least {minimum // MIB} MiB")


def fill_vcpus(draft: Draft) -> None:
    """Fill in the number of vCPUs and the CPU topology.

    Raises: RequestError, if the requested number of vCPUs and the requested topology contradict each other.
    """
    domain = draft.domain
    topology = domain.cpu
    given = [
        topology.topology_sockets,
        topology.topology_dies,
        topology.topology_clusters,
        topology.topology_cores,
        topology.topology_threads,
    ]
    if domain.vcpu is None:
        product = 1
        for part in given:
            product *= part or 1
        if any(part is not None for part in given):
            domain.vcpu = product
        elif domain.vcpu_current is not None:
            domain.vcpu = domain.vcpu_current
        else:
            recommended = None if draft.platform.is_container else draft.os.recommended_cpus(draft.platform.arch)
            domain.vcpu = min(recommended or 1, _most_vcpus(draft))
    elif domain.vcpu > _CLIENT_SOCKETS and draft.os.is_windows_client and draft.platform.is_qemu:
        # libvirt turns each vCPU into a socket, and Windows other than Server uses only two sockets
        given.append(1)
    if any(part is not None for part in given):
        _complete_topology(draft, domain.vcpu)


def _most_vcpus(draft: Draft) -> int:
    """Return the maximum number of vCPUs that the machine supports; a board such as mac99 supports one."""
    capabilities = draft.facts.domain_capabilities
    limit = None if capabilities is None else capabilities.most_vcpus
    return limit or sys.maxsize


def _complete_topology(draft: Draft, count: int) -> None:
    """Fill in cores first, then sockets, then threads; dies are 1.

    Raises: RequestError, if the topology does not have `count` vCPUs.
    """
    cpu = draft.domain.cpu
    if cpu.topology_dies is None:
        cpu.topology_dies = 1
    for name in ("topology_cores", "topology_sockets", "topology_threads"):
        known = 1
        for other in _TOPOLOGY:
            known *= getattr(cpu, other) or 1
        if getattr(cpu, name) is None:
            setattr(cpu, name, max(1, count // known))
    given = {name.removeprefix("topology_"): getattr(cpu, name) for name in _TOPOLOGY if getattr(cpu, name)}
    product = math.prod(given.values())
    if product != count:
        shown = ",".join(f"{name}={number}" for name, number in given.items())
        raise RequestError(
            f"--vcpus {count}: the CPU topology {shown} has {_vcpus(product)}",
            hint=f"use --vcpus {product}, or a topology with {_vcpus(count)}",
        )


def _vcpus(count: int) -> str:
    return f"{count} vCPU{'' if count == 1 else 's'}"
