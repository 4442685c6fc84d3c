"""The choice of hypervisor, architecture and machine type from those that the host supports.

Source: https://libvirt.org/formatcaps.html#guest-capabilities; the order of preference is virt-install's: KVM if it is
listed, the host's architecture, q35 if the OS supports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.capabilities import Capabilities, GuestArch, GuestDomain
from virtinstall.devices.controller import Controller
from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.facts import HostFacts, Platform, is_simulated
from virtinstall.request import PlatformRequest, Request
from virtinstall.similar import alternatives, did_you_mean
from virtinstall.virsh_commands import virsh_command

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.osinfo.record import OsRecord

_X86 = ("x86_64", "i686")
_HYPERVISORS = ("qemu", "kvm", "hvf", "xen", "lxc", "vz", "openvz", "bhyve", "vbox", "vmware", "hyperv")
_OPTIONS = {"hvm": "--hvm", "xen": "--paravirt", "linux": "--paravirt", "exe": "--container"}
"""The options of guest types, which libvirt calls OS types."""
_MACHINES = {
    "aarch64": "virt",
    "armv7l": "virt",
    "armv6l": "versatilepb",
    "riscv32": "virt",
    "riscv64": "virt",
    "loongarch64": "virt",
    "ppc64": "pseries",
    "ppc64le": "pseries",
    "s390x": "s390-ccw-virtio",
}
_SPELLINGS = {"amd64": "x86_64", "i386": "i686", "i486": "i686", "i586": "i686", "x86": "i686", "arm64": "aarch64"}


def existing_platform(domain: Domain, host_arch: str) -> Platform:
    """Return the platform of an existing guest; `host_arch` is the architecture of the guest's host."""
    os = domain.os
    arch, virt_type, machine = os.type_arch or host_arch, domain.type or "qemu", os.type_machine
    guest = GuestArch(
        os_type=os.type or "hvm",
        arch=arch,
        emulator=domain.emulator,
        loader=None,
        machines=() if machine is None else (machine,),
        canonical=(),
        domains=(GuestDomain(virt_type, domain.emulator, ()),),
        features=frozenset(),
    )
    return Platform(
        guest=guest,
        os_type=guest.os_type,
        arch=arch,
        virt_type=virt_type,
        machine=machine,
        emulator=domain.emulator,
        host_arch=host_arch,
    )


def choose_platform(
    requested: PlatformRequest, capabilities: Capabilities, os: OsRecord, driver: str, uri: str | None = None
) -> Platform:
    """Return a platform that fits `requested` on the host; values that were not requested are chosen for `os`.

    `capabilities` are the host's. `driver` is the lowercase name of libvirt's driver, such as `qemu`. Commands in hints
    contain `--connect` with the URI `uri`, unless it is None.

    Raises: RequestError, if the host does not support the request.
    """
    arch = _SPELLINGS.get(requested.arch or "", requested.arch)
    of_kind = [
        guest
        for guest in capabilities.guests
        if (requested.os_type is None or guest.os_type == _os_type(requested.os_type, capabilities))
        and (arch is None or guest.arch == arch)
        and (requested.virt_type is None or guest.domain(requested.virt_type) is not None)
    ]
    # without an architecture the machine type determines it
    candidates = [
        guest for guest in of_kind if requested.machine is None or _knows_machine(guest, requested.machine)
    ] or of_kind
    if not candidates and is_simulated(driver) and requested.virt_type in _HYPERVISORS:
        # libvirt's test driver can represent any hypervisor
        any_type = choose_platform(requested.replace(virt_type=None), capabilities, os, driver, uri)
        return any_type.replace(virt_type=requested.virt_type)
    if not candidates:
        raise _nothing_fits(requested, capabilities)
    guest = _preferred(candidates, capabilities.host_arch)
    virt_type = requested.virt_type or _virt_type(guest)
    machine = requested.machine or _machine(guest, virt_type, os)
    if requested.machine is not None and not _knows_machine(guest, requested.machine):
        raise _unknown_machine(requested.machine, guest, virt_type, uri)
    return Platform(
        guest=guest,
        os_type=guest.os_type,
        arch=guest.arch,
        virt_type=virt_type,
        machine=machine,
        emulator=guest.emulator_for(virt_type),
        host_arch=capabilities.host_arch,
    )


def _os_type(word: str, capabilities: Capabilities) -> str:
    known = {guest.os_type for guest in capabilities.guests}
    if word == "xen" and "xen" not in known and "linux" in known:
        return "linux"
    return word


def _preferred(candidates: list[GuestArch], host_arch: str) -> GuestArch:
    """Return the candidate with the host's architecture, else the first one."""
    own = [guest for guest in candidates if guest.arch == host_arch]
    if not own and host_arch == "x86_64":
        own = [guest for guest in candidates if guest.arch == "i686"]
    return (own or candidates)[0]


def _virt_type(guest: GuestArch) -> str:
    types = [domain.type for domain in guest.domains]
    accelerated = [name for name in ("kvm", "hvf") if name in types]
    return (accelerated or types or [guest.os_type])[0]


def _knows_machine(guest: GuestArch, machine: str) -> bool:
    names = set(guest.machines) | {name for pair in guest.canonical for name in pair}
    for domain in guest.domains:
        names.update(domain.machines)
    return not names or machine in names


def _machine(guest: GuestArch, virt_type: str, os: OsRecord) -> str | None:
    machines = guest.machines_for(virt_type)
    if guest.arch in _X86 and virt_type in ("qemu", "kvm", "hvf") and "q35" in machines and os.supports_q35(guest.arch):
        return "q35"
    preferred = _MACHINES.get(guest.arch)
    if preferred in machines:
        return preferred
    return machines[0] if machines else None


def _nothing_fits(requested: PlatformRequest, capabilities: Capabilities) -> RequestError:
    unsupported = [
        f"the {name} '{value}'"
        for name, value in (
            ("guest type", requested.os_type),
            ("virtualization type", requested.virt_type),
            ("architecture", requested.arch),
            ("machine type", requested.machine),
        )
        if value
    ]
    offers = sorted({domain.type for guest in _with_arch(requested, capabilities) for domain in guest.domains})
    if not offers:
        return RequestError(
            "the host cannot run guests: libvirt reports no emulator",
            hint="install an emulator (Debian: apt-get install qemu-system-x86), or use another --connect URI",
        )
    return RequestError(
        f"the host does not support {' with '.join(filter(None, (unsupported[0], ' and '.join(unsupported[1:]))))}",
        hint=_supported(requested, capabilities, offers),
    )


def _with_arch(requested: PlatformRequest, capabilities: Capabilities) -> list[GuestArch]:
    """Return the guests of the requested architecture, or all guests if none has it."""
    arch = _SPELLINGS.get(requested.arch or "", requested.arch) or capabilities.host_arch
    found = [guest for guest in capabilities.guests if guest.arch == arch]
    return found or list(capabilities.guests)


def _supported(requested: PlatformRequest, capabilities: Capabilities, types: list[str]) -> str:
    if "xen" in (requested.os_type, requested.virt_type):
        option = "--virt-type xen" if requested.virt_type == "xen" else "--paravirt"
        return f"omit {option}, or use a Xen host, for example: --connect xen+ssh://root@xen.example.com/system"
    archs = sorted({guest.arch for guest in capabilities.guests})
    if requested.arch is not None and requested.arch not in archs:
        return did_you_mean(requested.arch, archs) or f"use --arch {alternatives(archs)}"
    if requested.os_type is not None and (requested.virt_type is None or requested.virt_type in types):
        options = sorted({_OPTIONS.get(guest.os_type, guest.os_type) for guest in _with_arch(requested, capabilities)})
        return f"use {' or '.join(options)}"
    return f"use {' or '.join(f'--virt-type {name}' for name in types)}"


def _unknown_machine(machine: str, guest: GuestArch, virt_type: str, uri: str | None) -> RequestError:
    known = guest.machines_for(virt_type)
    example = f"use --machine {known[0]}, or " if known else ""
    otherwise = f"{example}list the machine types with: {virsh_command(uri, 'capabilities')}"
    return RequestError(
        f"--machine {machine}: unknown machine type for {guest.arch}",
        hint=did_you_mean(machine, known, otherwise),
    )


def requested_platform(request: Request) -> PlatformRequest:
    """Return the requested platform; values from --boot have priority over --virt-type, --arch and --machine."""
    requested, os = request.platform, request.domain.os
    return PlatformRequest(
        os_type=os.type or requested.os_type,
        virt_type=request.domain.type or requested.virt_type,
        arch=os.type_arch or requested.arch,
        machine=os.type_machine or requested.machine,
    )


def chosen_platform(request: Request, host: HostFacts, os: OsRecord) -> Platform:
    """Return the platform of the existing guest for --reinstall, otherwise the requested platform that suits `os` best.

    Raises: RequestError, if the host does not support the request.
    """
    if request.install.reinstall is not None:
        return existing_platform(request.domain, host.capabilities.host_arch)
    requested = requested_platform(request)
    platform = choose_platform(requested, host.capabilities, os, host.driver, host.uri)
    machines = platform.guest.machines_for(platform.virt_type)
    if requested.machine is None and platform.is_q35 and _needs_ide(request.domain) and "pc" in machines:
        return platform.replace(machine="pc")
    if requested.machine is None and not platform.is_q35 and "q35" in machines and _needs_smm(request.domain, platform):
        return platform.replace(machine="q35")
    return platform


def _needs_smm(domain: Domain, platform: Platform) -> bool:
    """Return whether the requested firmware requires SMM, which the machine type pc does not have: 32-bit UEFI."""
    os = domain.os
    wants_uefi = bool(os.uefi) or os.firmware == "efi"
    return platform.arch == "i686" and platform.is_qemu and wants_uefi and os.loader is None


def _needs_ide(domain: Domain) -> bool:
    """Return whether a disk or controller is on the IDE bus, which q35 does not have."""
    disks, controllers = domain.devices_of(Disk), domain.devices_of(Controller)
    return any(disk.target_bus == "ide" for disk in disks) or any(each.type == "ide" for each in controllers)
