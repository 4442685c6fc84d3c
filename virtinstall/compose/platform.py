"""Hypervisor, architecture, machine: which of the guests that the host offers this one will be.

Source: https://libvirt.org/formatcaps.html#guest-capabilities; the order of preference is
virt-install's: KVM where it is listed, the host's own architecture, q35 where the OS can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.capabilities import Capabilities, Guest, GuestDomain
from virtinstall.errors import RequestError
from virtinstall.record import Record
from virtinstall.request import PlatformRequest

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.osinfo.record import OsRecord

_X86 = ("x86_64", "i686")
_HYPERVISORS = ("qemu", "kvm", "hvf", "xen", "lxc", "vz", "openvz", "bhyve", "vbox", "vmware", "hyperv")
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


class Platform(Record):
    """The platform of one guest; `machine` is None where the hypervisor has no machine types."""

    guest: Guest
    os_type: str
    arch: str
    virt_type: str
    machine: str | None
    emulator: str | None
    host_arch: str

    @property
    def is_x86(self) -> bool:
        """Whether it is a PC."""
        return self.arch in _X86

    @property
    def is_qemu(self) -> bool:
        """Whether QEMU runs it, emulating or accelerated."""
        return self.virt_type in ("qemu", "kvm", "hvf")

    @property
    def is_kvm(self) -> bool:
        """Whether KVM accelerates it."""
        return self.virt_type in ("kvm", "hvf")

    @property
    def is_hvm(self) -> bool:
        """Whether it is fully virtualized."""
        return self.os_type == "hvm"

    @property
    def is_container(self) -> bool:
        """Whether it is a container."""
        return self.os_type == "exe"

    @property
    def is_xen_pv(self) -> bool:
        """Whether it is a paravirtualized Xen guest; on libvirt's test driver such an imitation."""
        return self.virt_type in ("xen", "test") and self.os_type in ("xen", "linux", "xenpvh")

    def machine_is(self, family: str) -> bool:
        """Whether the machine type is `family` or a version of it (`pc-q35-7.2` is `q35`)."""
        machine = self.machine or ""
        return machine == family or machine.startswith((family + "-", f"pc-{family}-"))

    @property
    def is_q35(self) -> bool:
        """Whether it is a q35 PC."""
        return self.is_x86 and self.machine_is("q35")

    @property
    def is_arm_virt(self) -> bool:
        """Whether it is ARM's `virt` board."""
        return self.arch in ("aarch64", "armv7l", "armv6l") and self.machine_is("virt")

    @property
    def is_riscv_virt(self) -> bool:
        """Whether it is RISC-V's `virt` board."""
        return self.arch in ("riscv64", "riscv32") and self.machine_is("virt")

    @property
    def is_loongarch(self) -> bool:
        """Whether it is a LoongArch board."""
        return self.arch == "loongarch64"

    @property
    def is_pseries(self) -> bool:
        """Whether it is a POWER `pseries` machine."""
        return self.arch in ("ppc64", "ppc64le") and self.machine_is("pseries")

    @property
    def is_fixed_board(self) -> bool:
        """Whether it is an ARM or POWER board with devices of its own, and nothing to plug virtio or USB into."""
        if self.arch in ("aarch64", "armv7l", "armv6l"):
            return not self.is_arm_virt
        return self.arch == "ppc" or (self.arch in ("ppc64", "ppc64le") and not self.is_pseries)

    @property
    def is_s390x(self) -> bool:
        """Whether it is an IBM Z machine."""
        return self.arch == "s390x"

    @property
    def has_pcie(self) -> bool:
        """Whether the machine has PCI Express."""
        return self.is_q35 or self.is_arm_virt or self.is_riscv_virt or self.is_loongarch


def existing_platform(domain: Domain, host_arch: str) -> Platform:
    """The platform of a guest that exists, as its XML says."""
    os = domain.os
    arch, virt_type, machine = os.type_arch or host_arch, domain.type or "qemu", os.type_machine
    guest = Guest(
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


def choose_platform(wish: PlatformRequest, capabilities: Capabilities, os: OsRecord, driver: str) -> Platform:
    """The platform for `wish` on a host, what was left open chosen for `os`.

    `driver` is libvirt's driver, lower case. Raises: RequestError, when the host has none.
    """
    arch = _SPELLINGS.get(wish.arch or "", wish.arch)
    of_kind = [
        guest
        for guest in capabilities.guests
        if (wish.os_type is None or guest.os_type == _os_type(wish.os_type, capabilities))
        and (arch is None or guest.arch == arch)
        and (wish.virt_type is None or guest.domain(wish.virt_type) is not None)
    ]
    # without an architecture the machine type tells which one is meant
    candidates = [guest for guest in of_kind if wish.machine is None or _knows_machine(guest, wish.machine)] or of_kind
    if not candidates and driver == "test" and wish.virt_type in _HYPERVISORS:
        # libvirt's test driver is for trying things out: it stands for any hypervisor
        any_type = choose_platform(wish.replace(virt_type=None), capabilities, os, driver)
        return any_type.replace(virt_type=wish.virt_type)
    if not candidates:
        raise _nothing_fits(wish, capabilities)
    guest = _preferred(candidates, capabilities.host_arch)
    virt_type = wish.virt_type or _virt_type(guest)
    machine = wish.machine or _machine(guest, virt_type, os)
    if wish.machine is not None and not _knows_machine(guest, wish.machine):
        raise _unknown_machine(wish.machine, guest, virt_type)
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


def _preferred(candidates: list[Guest], host_arch: str) -> Guest:
    """The host's own architecture; the first that is listed among equals."""
    own = [guest for guest in candidates if guest.arch == host_arch]
    if not own and host_arch == "x86_64":
        own = [guest for guest in candidates if guest.arch == "i686"]
    return (own or candidates)[0]


def _virt_type(guest: Guest) -> str:
    types = [domain.type for domain in guest.domains]
    return "kvm" if "kvm" in types else types[0] if types else guest.os_type


def _knows_machine(guest: Guest, machine: str) -> bool:
    names = set(guest.machines) | {name for pair in guest.canonical for name in pair}
    for domain in guest.domains:
        names.update(domain.machines)
    return not names or machine in names


def _machine(guest: Guest, virt_type: str, os: OsRecord) -> str | None:
    machines = guest.machines_for(virt_type)
    if guest.arch in _X86 and virt_type in ("qemu", "kvm", "hvf") and "q35" in machines and os.supports_q35(guest.arch):
        return "q35"
    preferred = _MACHINES.get(guest.arch)
    if preferred in machines:
        return preferred
    return machines[0] if machines else None


def _nothing_fits(wish: PlatformRequest, capabilities: Capabilities) -> RequestError:
    asked = [
        f"{name} '{value}'"
        for name, value in (
            ("guest type", wish.os_type),
            ("virtualization type", wish.virt_type),
            ("architecture", wish.arch),
            ("machine", wish.machine),
        )
        if value
    ]
    offers = sorted({f"{domain.type} for {guest.arch}" for guest in capabilities.guests for domain in guest.domains})
    if not offers:
        return RequestError(
            "the host offers no way to run guests",
            hint="install an emulator (Debian: qemu-system-x86) or choose another host with --connect",
        )
    return RequestError(
        f"the host can't run a guest of {', '.join(asked)}",
        hint=f"it offers {', '.join(offers[:8])}{' and more' if len(offers) > 8 else ''}",
    )


def _unknown_machine(machine: str, guest: Guest, virt_type: str) -> RequestError:
    import difflib

    known = guest.machines_for(virt_type)
    near = difflib.get_close_matches(machine, known, 3)
    hint = f"did you mean {' or '.join(near)}" if near else f"it has {', '.join(known[:3])} and more"
    return RequestError(
        f"--machine {machine}: the host has no such machine type for {guest.arch}",
        hint=f"{hint}? `virsh capabilities` lists them all" if near else f"{hint}: `virsh capabilities` lists them",
    )
