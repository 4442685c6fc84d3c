"""Parser of libvirt's capabilities and domain capabilities, which describe what the host can run.

Source: https://libvirt.org/formatcaps.html and https://libvirt.org/formatdomaincaps.html
"""

from __future__ import annotations

from functools import cached_property

from lxml import etree

from virtinstall.named import NamedTuple


class GuestDomain(NamedTuple):
    """A way to run a guest: `type` is `kvm`, `qemu`, `xen`, ...

    `emulator` and `machines` are set only if they are specific to that type.
    """

    type: str
    emulator: str | None
    machines: tuple[str, ...]


class GuestArch(NamedTuple):
    """A kind of guest that the host can run; `machines` are in libvirt's order, aliases first."""

    os_type: str
    arch: str
    emulator: str | None
    loader: str | None
    machines: tuple[str, ...]
    canonical: tuple[tuple[str, str], ...]
    domains: tuple[GuestDomain, ...]
    features: frozenset[str]

    def domain(self, virt_type: str) -> GuestDomain | None:
        """Return the way to run the guest with `virt_type`, or None if that is not supported."""
        return next((domain for domain in self.domains if domain.type == virt_type), None)

    def machines_for(self, virt_type: str) -> tuple[str, ...]:
        """Return the machines for `virt_type`: those specific to the type or, if there are none, all."""
        domain = self.domain(virt_type)
        return domain.machines if domain and domain.machines else self.machines

    def emulator_for(self, virt_type: str) -> str | None:
        """Return the emulator for `virt_type`: specific to the type, or else that of the architecture, or None."""
        domain = self.domain(virt_type)
        return domain.emulator if domain and domain.emulator else self.emulator


class Capabilities:
    """libvirt's <capabilities>; each value is parsed when it is first used."""

    def __init__(self, xml: str) -> None:
        self._root = etree.fromstring(xml.encode())

    @cached_property
    def host_arch(self) -> str:
        """The architecture of the host: `x86_64`."""
        return self._root.findtext("host/cpu/arch") or ""

    @cached_property
    def host_cpu_model(self) -> str | None:
        """libvirt's name of the host's CPU model; None if it is not reported."""
        return self._root.findtext("host/cpu/model")

    @cached_property
    def security_models(self) -> tuple[str, ...]:
        """The security drivers in use: `selinux`, `apparmor`, `dac`."""
        return tuple(model.findtext("model") or "" for model in self._root.iterfind("host/secmodel"))

    def base_label(self, model: str, virt_type: str) -> str | None:
        """Return the default label of guests: for `dac`, `+64055:+64055` (uid and gid); None if there is none."""
        for known in self._root.iterfind("host/secmodel"):
            if known.findtext("model") == model:
                return known.findtext(f"baselabel[@type='{virt_type}']")
        return None

    @cached_property
    def guests(self) -> tuple[GuestArch, ...]:
        """All kinds of guests, in libvirt's order."""
        return tuple(_guest(node) for node in self._root.iterfind("guest"))


def _guest(node: etree._Element) -> GuestArch:
    arch = node.find("arch")
    assert arch is not None
    features = node.find("features")
    return GuestArch(
        os_type=node.findtext("os_type") or "",
        arch=arch.get("name", ""),
        emulator=arch.findtext("emulator"),
        loader=arch.findtext("loader"),
        machines=tuple(machine.text or "" for machine in arch.iterfind("machine")),
        canonical=tuple(
            (machine.text or "", machine.get("canonical", ""))
            for machine in arch.iterfind(".//machine")
            if machine.get("canonical")
        ),
        domains=tuple(
            GuestDomain(
                domain.get("type", ""),
                domain.findtext("emulator"),
                tuple(machine.text or "" for machine in domain.iterfind("machine")),
            )
            for domain in arch.iterfind("domain")
        ),
        features=frozenset() if features is None else frozenset(str(feature.tag) for feature in features),
    )


class DomainCapabilities:
    """libvirt's <domainCapabilities> for one emulator, machine and hypervisor; unreported values are None."""

    def __init__(self, xml: str) -> None:
        self._root = etree.fromstring(xml.encode())

    @property
    def machine(self) -> str | None:
        """The machine type, resolved (`pc-q35-7.2`); None if it is not reported."""
        return self._root.findtext("machine")

    @property
    def most_vcpus(self) -> int | None:
        """The maximum number of vCPUs of the machine; None if it is not reported."""
        found = self._root.find("vcpu")
        text = "" if found is None else found.get("max", "")
        return int(text) if text.isdecimal() else None

    @property
    def arch(self) -> str | None:
        """The architecture; None if it is not reported."""
        return self._root.findtext("arch")

    def values(self, path: str, enum: str) -> tuple[str, ...]:
        """Return the values of an enum, such as `values("devices/graphics", "type")`; empty if none are reported."""
        found = self._root.find(f"{path}/enum[@name='{enum}']")
        return () if found is None else tuple(value.text or "" for value in found.iterfind("value"))

    def supported(self, path: str) -> bool | None:
        """Return whether the element at `path` is supported; None if libvirt does not report it."""
        found = self._root.find(path)
        return None if found is None else found.get("supported") == "yes"

    @cached_property
    def loaders(self) -> tuple[str, ...]:
        """The paths of firmware images."""
        return tuple(value.text or "" for value in self._root.iterfind("os/loader/value"))

    def cpu_mode(self, mode: str) -> etree._Element | None:
        """Return the <mode> element of a CPU mode, or None if the mode is not supported."""
        found = self._root.find(f"cpu/mode[@name='{mode}']")
        return found if found is not None and found.get("supported") == "yes" else None

    @property
    def host_model(self) -> str | None:
        """The CPU model that libvirt's host-model mode is based on; None if it is not reported."""
        mode = self.cpu_mode("host-model")
        return None if mode is None else mode.findtext("model")

    @cached_property
    def cpu_models(self) -> tuple[str, ...]:
        """All CPU models that --cpu accepts, including those that this host cannot run."""
        return tuple(model.text or "" for model in self._root.iterfind("cpu/mode[@name='custom']/model"))

    def feature(self, name: str) -> etree._Element | None:
        """Return the element `name` in <features>, such as `sev`, or None if there is none."""
        return self._root.find(f"features/{name}")
