"""Parsers for libvirt's capabilities and domain capabilities, which describe the guests that a host can run.

Source: https://libvirt.org/formatcaps.html and https://libvirt.org/formatdomaincaps.html
"""

from __future__ import annotations

from functools import cached_property

from lxml import etree

from virtinstall.named import NamedTuple


class GuestDomain(NamedTuple):
    """A hypervisor type that can run guests of one `GuestArch`; `type` is its name, such as `kvm`, `qemu` or `xen`.

    `emulator` is the path of the emulator, and `machines` contains the machine types, if libvirt reports them for this
    hypervisor type in particular. Otherwise, `emulator` is None, and `machines` is empty.
    """

    type: str
    emulator: str | None
    machines: tuple[str, ...]


class GuestArch(NamedTuple):
    """A kind of guest that the host can run, defined by libvirt's `os_type`, such as `hvm`, and the architecture.

    `machines` are the machine types, including aliases, in libvirt's order. `canonical` contains pairs of an alias and
    the machine type for which the alias stands. `emulator` and `loader` are paths; each is None if libvirt does not
    report it. `domains` are the hypervisor types that can run such guests. `features` contains the names of the
    elements in <features>.
    """

    os_type: str
    arch: str
    emulator: str | None
    loader: str | None
    machines: tuple[str, ...]
    canonical: tuple[tuple[str, str], ...]
    domains: tuple[GuestDomain, ...]
    features: frozenset[str]

    def domain(self, virt_type: str) -> GuestDomain | None:
        """Return the item of `domains` for the hypervisor type `virt_type`; None if this type is not supported."""
        return next((domain for domain in self.domains if domain.type == virt_type), None)

    def machines_for(self, virt_type: str) -> tuple[str, ...]:
        """Return the machine types for the hypervisor type `virt_type`.

        If libvirt reports none that are specific to this type, return the machine types of the architecture.
        """
        domain = self.domain(virt_type)
        return domain.machines if domain and domain.machines else self.machines

    def emulator_for(self, virt_type: str) -> str | None:
        """Return the path of the emulator for the hypervisor type `virt_type`.

        If libvirt reports none that is specific to this type, return the architecture's emulator, which may be None.
        """
        domain = self.domain(virt_type)
        return domain.emulator if domain and domain.emulator else self.emulator


class Capabilities:
    """The host's capabilities, as reported in libvirt's <capabilities> document."""

    def __init__(self, xml: str) -> None:
        self._root = etree.fromstring(xml.encode())

    @cached_property
    def host_arch(self) -> str:
        """The host's architecture, such as `x86_64`; an empty string if libvirt does not report it."""
        return self._root.findtext("host/cpu/arch") or ""

    @cached_property
    def host_cpu_model(self) -> str | None:
        """The host's CPU model, such as `Skylake-Client`; None if libvirt does not report it."""
        return self._root.findtext("host/cpu/model")

    @cached_property
    def security_models(self) -> tuple[str, ...]:
        """The names of the security drivers in use, such as `selinux`, `apparmor` and `dac`."""
        return tuple(model.findtext("model") or "" for model in self._root.iterfind("host/secmodel"))

    def base_label(self, model: str, virt_type: str) -> str | None:
        """Return the default label that a security driver assigns to guests; None if libvirt does not report it.

        `model` is the name of the security driver, and `virt_type` is the hypervisor type of the guests. A label from
        the driver `dac` consists of a numeric user ID and a numeric group ID, such as `+64055:+64055`.
        """
        for known in self._root.iterfind("host/secmodel"):
            if known.findtext("model") == model:
                return known.findtext(f"baselabel[@type='{virt_type}']")
        return None

    @cached_property
    def guests(self) -> tuple[GuestArch, ...]:
        """All kinds of guests that the host can run, in libvirt's order."""
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
    """The capabilities of one emulator, machine type and hypervisor type, from a <domainCapabilities> document."""

    def __init__(self, xml: str) -> None:
        self._root = etree.fromstring(xml.encode())

    @property
    def machine(self) -> str | None:
        """The machine type, such as `pc-q35-7.2`, never an alias; None if libvirt does not report it."""
        return self._root.findtext("machine")

    @property
    def most_vcpus(self) -> int | None:
        """The maximum number of vCPUs that the machine type supports; None if libvirt does not report it."""
        found = self._root.find("vcpu")
        text = "" if found is None else found.get("max", "")
        return int(text) if text.isdecimal() else None

    @property
    def arch(self) -> str | None:
        """The guest's architecture; None if libvirt does not report it."""
        return self._root.findtext("arch")

    def values(self, path: str, enum: str) -> tuple[str, ...]:
        """Return the values of an <enum>; an empty tuple if libvirt does not report any.

        `path` is the path of the element that contains the <enum>, such as `devices/graphics`, and `enum` is the name
        of the <enum>, such as `type`.
        """
        found = self._root.find(f"{path}/enum[@name='{enum}']")
        return () if found is None else tuple(value.text or "" for value in found.iterfind("value"))

    def supported(self, path: str) -> bool | None:
        """Return whether the feature at `path`, such as `devices/tpm`, is supported; None if this is unknown."""
        found = self._root.find(path)
        return None if found is None else found.get("supported") == "yes"

    @cached_property
    def loaders(self) -> tuple[str, ...]:
        """The paths of the firmware images that libvirt reports for guests."""
        return tuple(value.text or "" for value in self._root.iterfind("os/loader/value"))

    def cpu_mode(self, mode: str) -> etree._Element | None:
        """Return the <mode> element of a CPU mode, such as `host-model`; None if the mode is not supported."""
        found = self._root.find(f"cpu/mode[@name='{mode}']")
        return found if found is not None and found.get("supported") == "yes" else None

    @property
    def host_model(self) -> str | None:
        """The CPU model on which the CPU mode `host-model` is based; None if libvirt does not report it."""
        mode = self.cpu_mode("host-model")
        return None if mode is None else mode.findtext("model")

    @cached_property
    def cpu_models(self) -> tuple[str, ...]:
        """The CPU models that --cpu accepts by name, including those that this host cannot run."""
        return tuple(model.text or "" for model in self._root.iterfind("cpu/mode[@name='custom']/model"))

    def feature(self, name: str) -> etree._Element | None:
        """Return the element `name`, such as `sev`, in <features>; None if there is no such element."""
        return self._root.find(f"features/{name}")
