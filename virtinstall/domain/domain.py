"""The whole guest: <domain>, its sections and its devices.

Source: https://libvirt.org/formatdomain.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from virtinstall.devices.device import Device
from virtinstall.domain.blkiotune import Blkiotune
from virtinstall.domain.clock import Clock
from virtinstall.domain.cputune import Cputune
from virtinstall.domain.events import Events
from virtinstall.domain.features import Features
from virtinstall.domain.idmap import Idmap
from virtinstall.domain.iothreads import Iothreads
from virtinstall.domain.keywrap import Keywrap
from virtinstall.domain.launch_security import LaunchSecurity
from virtinstall.domain.memory import Memory
from virtinstall.domain.memtune import Memtune
from virtinstall.domain.metadata import Metadata
from virtinstall.domain.numatune import Numatune
from virtinstall.domain.os import Os
from virtinstall.domain.perf import Perf
from virtinstall.domain.pm import Pm
from virtinstall.domain.qemu_commandline import QemuCommandline
from virtinstall.domain.resource import Resource
from virtinstall.domain.seclabel import Seclabel
from virtinstall.domain.sysinfo import Sysinfo
from virtinstall.domain.vcpus import Vcpus
from virtinstall.xml.children import Child, Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT
from virtinstall.xml.paths import Step, insert, make_child, remove

if TYPE_CHECKING:
    from lxml import etree

D = TypeVar("D", bound=Device)
ClassOf: TypeAlias = type[D]
"""A class of devices; `type` is a field below."""
ElementClass: TypeAlias = type[Element]

_DEVICES = Step("devices", None)


class Domain(Metadata, Memory, Vcpus, Events, Iothreads):
    """<domain>: a guest. Sections without an element of their own are mixed in."""

    tag = "domain"
    option = ""

    type = XmlField("./@type", TEXT, "Hypervisor: `kvm`, `qemu`, `xen`, `lxc`, ...")
    bootloader = XmlField("./bootloader", TEXT, "Boot loader that runs on the host.")
    bootloader_args = XmlField("./bootloader_args", TEXT, "Arguments of that boot loader.")
    emulator = XmlField("./devices/emulator", TEXT, "Path of the emulator.", name="emulator")
    blkiotune = Child("./blkiotune", Blkiotune)
    memtune = Child("./memtune", Memtune)
    cputune = Child("./cputune", Cputune)
    numatune = Child("./numatune", Numatune)
    resource = Child("./resource", Resource)
    sysinfos = Children("./sysinfo", Sysinfo)
    os = Child("./os", Os)
    idmap = Child("./idmap", Idmap)
    features = Child("./features", Features)
    clock = Child("./clock", Clock)
    pm = Child("./pm", Pm)
    perf = Child("./perf", Perf)
    seclabels = Children("./seclabel", Seclabel)
    qemu_commandline = Child("./qemu:commandline", QemuCommandline)
    keywrap = Child("./keywrap", Keywrap)
    launch_security = Child("./launchSecurity", LaunchSecurity)

    def __init__(self, *, devices: Iterable[Device] = (), **values: Any) -> None:
        """Create a domain: `values` are fields by name; copies of `devices` are added."""
        super().__init__(**values)
        for device in devices:
            self.add(device.clone())

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """libvirt's own order, of the sections and of the devices."""
        return (*(f"./{tag}" for tag in SECTIONS), *(f"./devices/{tag}" for tag in DEVICES))

    def clear(self) -> None:
        """Raises: ValueError; options that are about the domain itself have nothing of their own to clear."""
        raise ValueError("only options with a section or device of their own can be cleared")

    def section(self, cls: ElementClass) -> Element:
        """The element that an option with the fields of `cls` is about: new where there may be several.

        That is the domain itself for the classes that are mixed in, the one section of a
        kind, or a further device, <sysinfo> or <seclabel>.
        """
        if not cls.tag:
            return self
        for attribute, declared in type(self).declarations():
            if isinstance(declared, Child | Children) and declared.cls is cls:
                found = getattr(self, attribute)
                new: Element = found.new() if isinstance(declared, Children) else found
                return new
        device = cls()
        assert isinstance(device, Device)
        self.add(device)
        return device

    def _device_nodes(self, tag: str | None = None) -> list[etree._Element]:
        above = self.ensure_node().find("devices")
        if above is None:
            return []
        return list(above.iterchildren(tag) if tag is not None else above.iterchildren())

    def _wrapped(self, node: etree._Element, cls: ClassOf[D]) -> D:
        known = self.wrappers.get((node, cls))
        if known is None:
            known = self.wrappers[node, cls] = cls.from_node(node, self.wrappers)
        assert isinstance(known, cls)
        return known

    @property
    def devices(self) -> list[Device]:
        """All devices, in document order; elements that are no device of a known kind are left out."""
        from virtinstall.devices import device_class

        found: list[Device] = []
        for node in self._device_nodes():
            cls = device_class(node.tag) if isinstance(node.tag, str) else None
            if cls is not None:
                found.append(self._wrapped(node, cls))
        return found

    def devices_of(self, cls: ClassOf[D]) -> list[D]:
        """The devices of one class, in document order."""
        return [self._wrapped(node, cls) for node in self._device_nodes(cls.tag)]

    def add(self, device: Device, *, before: Device | None = None) -> None:
        """Put `device` behind the others of its kind, or right `before` one; kinds stand in libvirt's order."""
        if before is not None:
            before.ensure_node().addprevious(device.ensure_node())
        else:
            node = self.ensure_node()
            above = node.find("devices")
            if above is None:
                above = make_child(node, _DEVICES, self.rank(()))
            insert(above, device.ensure_node(), self.rank((_DEVICES,)))
        device.move_to(self.wrappers)

    def remove(self, device: Device) -> None:
        """Take `device` out of the domain."""
        if device.node is not None:
            remove(device.node)


SECTIONS = (
    "name",
    "uuid",
    "genid",
    "title",
    "description",
    "metadata",
    "maxMemory",
    "memory",
    "currentMemory",
    "blkiotune",
    "memtune",
    "memoryBacking",
    "vcpu",
    "vcpus",
    "iothreads",
    "iothreadids",
    "defaultiothread",
    "cputune",
    "numatune",
    "resource",
    "sysinfo",
    "bootloader",
    "bootloader_args",
    "os",
    "idmap",
    "features",
    "cpu",
    "clock",
    "on_poweroff",
    "on_reboot",
    "on_crash",
    "on_lockfailure",
    "pm",
    "perf",
    "devices",
    "seclabel",
    "qemu:commandline",
    "keywrap",
    "launchSecurity",
)
"""The children of <domain>, in the order in which libvirt writes them."""

DEVICES = (
    "emulator",
    "disk",
    "controller",
    "lease",
    "filesystem",
    "interface",
    "smartcard",
    "serial",
    "parallel",
    "console",
    "channel",
    "input",
    "tpm",
    "graphics",
    "sound",
    "audio",
    "video",
    "hostdev",
    "redirdev",
    "redirfilter",
    "hub",
    "watchdog",
    "memballoon",
    "rng",
    "nvram",
    "panic",
    "shmem",
    "memory",
    "crypto",
    "iommu",
    "vsock",
    "pstore",
)
"""The children of <devices>, in the order in which libvirt writes them."""
