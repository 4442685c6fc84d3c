"""The complete guest: <domain>, its sections and its devices.

Source: https://libvirt.org/formatdomain.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar, overload

from virtinstall.devices.device import Device
from virtinstall.devices.table import DEVICE_TAGS
from virtinstall.domain.blkiotune import Blkiotune
from virtinstall.domain.clock import Clock
from virtinstall.domain.cputune import Cputune
from virtinstall.domain.driver_extras import (
    BhyveCommandline,
    LxcNamespace,
    QemuCapabilities,
    QemuDeprecation,
    QemuOverride,
    XenCommandline,
)
from virtinstall.domain.events import Events
from virtinstall.domain.features import Features
from virtinstall.domain.idmap import Idmap
from virtinstall.domain.iommufd import Iommufd
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
from virtinstall.domain.throttle import ThrottleGroup
from virtinstall.domain.vcpus import Vcpus
from virtinstall.errors import FieldError
from virtinstall.xml.children import Child, Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT
from virtinstall.xml.paths import Step, insert, make_child, remove

if TYPE_CHECKING:
    from lxml import etree

D = TypeVar("D", bound=Device)
ClassOf: TypeAlias = type[D]
"""A class of devices; in the class `Domain`, `type` is a field."""
ElementClass: TypeAlias = type[Element]

_DEVICES = Step("devices", None)


class AllDevices:
    """Descriptor for the list of all devices of a domain, in document order.

    The list does not contain elements of unknown kinds. Setting the list replaces the domain's devices; new devices
    that belong to another domain are copied.
    """

    @overload
    def __get__(self, domain: None, owner: type[Domain]) -> AllDevices: ...

    @overload
    def __get__(self, domain: Domain, owner: type[Domain]) -> list[Device]: ...

    def __get__(self, domain: Domain | None, owner: type[Domain]) -> AllDevices | list[Device]:
        return self if domain is None else domain.all_devices()

    def __set__(self, domain: Domain, devices: Sequence[Device]) -> None:
        for device in devices:
            if not isinstance(device, Device):
                raise FieldError(
                    f"{type(domain).__name__}: each item of 'devices' must be a Device, not {type(device).__name__}"
                )
        for known in domain.all_devices():
            if known not in devices:
                domain.remove(known)
        for device in devices:
            alone = device.ensure_node().getparent() is None
            domain.add(device if alone or device.wrappers is domain.wrappers else device.clone())


class Domain(Metadata, Memory, Vcpus, Events, Iothreads):
    """<domain>: a guest. Settings without a separate section element, such as the name, are fields of this class."""

    tag = "domain"

    type: XmlField[str] = XmlField("./@type", TEXT, "Hypervisor: `kvm`, `qemu`, `xen`, `lxc`, ...")
    bootloader: XmlField[str] = XmlField("./bootloader", TEXT, "Boot loader that runs on the host.")
    bootloader_args: XmlField[str] = XmlField("./bootloader_args", TEXT, "Arguments of the boot loader.")
    emulator: XmlField[str] = XmlField("./devices/emulator", TEXT, "Path of the emulator.", name="emulator")
    throttle_groups: Children[ThrottleGroup] = Children("./throttlegroups/throttlegroup", ThrottleGroup)
    blkiotune: Child[Blkiotune] = Child("./blkiotune", Blkiotune)
    memtune: Child[Memtune] = Child("./memtune", Memtune)
    cputune: Child[Cputune] = Child("./cputune", Cputune)
    numatune: Child[Numatune] = Child("./numatune", Numatune)
    resource: Child[Resource] = Child("./resource", Resource)
    sysinfos: Children[Sysinfo] = Children("./sysinfo", Sysinfo)
    iommufd: Child[Iommufd] = Child("./iommufd", Iommufd)
    os: Child[Os] = Child("./os", Os)
    idmap: Child[Idmap] = Child("./idmap", Idmap)
    features: Child[Features] = Child("./features", Features)
    clock: Child[Clock] = Child("./clock", Clock)
    pm: Child[Pm] = Child("./pm", Pm)
    perf: Child[Perf] = Child("./perf", Perf)
    seclabels: Children[Seclabel] = Children("./seclabel", Seclabel)
    qemu_commandline: Child[QemuCommandline] = Child("./qemu:commandline", QemuCommandline)
    qemu_capabilities: Child[QemuCapabilities] = Child("./qemu:capabilities", QemuCapabilities)
    qemu_deprecation: Child[QemuDeprecation] = Child("./qemu:deprecation", QemuDeprecation)
    qemu_override: Child[QemuOverride] = Child("./qemu:override", QemuOverride)
    lxc_namespace: Child[LxcNamespace] = Child("./lxc:namespace", LxcNamespace)
    bhyve_commandline: Child[BhyveCommandline] = Child("./bhyve:commandline", BhyveCommandline)
    xen_commandline: Child[XenCommandline] = Child("./xen:commandline", XenCommandline)
    keywrap: Child[Keywrap] = Child("./keywrap", Keywrap)
    launch_security: Child[LaunchSecurity] = Child("./launchSecurity", LaunchSecurity)
    devices: AllDevices = AllDevices()

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """Return the order in which libvirt writes the sections and the devices."""
        return (*(f"./{tag}" for tag in SECTIONS), *(f"./devices/{tag}" for tag in ("emulator", *DEVICE_TAGS)))

    def clear(self) -> None:
        """Raise ValueError, because options for the domain itself do not have a separate element to clear."""
        raise ValueError("not supported, because this option does not have a separate XML element")

    def sections(self) -> Iterator[Element]:
        """Yield the sections of the domain that have a separate element."""
        for attribute, declared in self.declarations():
            if isinstance(declared, Child):
                yield getattr(self, attribute)
            elif isinstance(declared, Children):
                yield from getattr(self, attribute)

    def section(self, cls: ElementClass) -> Element:
        """Return the element to which an option with the fields of `cls` applies.

        If `cls` has no separate element, the result is the domain itself. If the domain can have only one element of
        `cls`, the result is this element. If the domain can have several, such as devices or <seclabel>, a new element
        is added and returned.
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

    def all_devices(self) -> list[Device]:
        """Return all devices of known kinds, in document order; the field `devices` has the same value."""
        from virtinstall.devices import device_class

        found: list[Device] = []
        for node in self._device_nodes():
            cls = device_class(node.tag) if isinstance(node.tag, str) else None
            if cls is not None:
                found.append(self._wrapped(node, cls))
        return found

    def devices_of(self, cls: ClassOf[D]) -> list[D]:
        """Return the devices of the class `cls`, in document order."""
        return [self._wrapped(node, cls) for node in self._device_nodes(cls.tag)]

    def add(self, device: Device, *, before: Device | None = None) -> None:
        """Add `device` to the domain, directly before the device `before`.

        If `before` is None, `device` is added after the other devices of its kind; the kinds are in libvirt's order.
        """
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
        """Remove `device` from the domain."""
        if device.node is not None:
            remove(device.node)


SECTIONS = (
    "name",
    "uuid",
    "hwuuid",
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
    "throttlegroups",
    "cputune",
    "numatune",
    "resource",
    "sysinfo",
    "iommufd",
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
    "qemu:capabilities",
    "qemu:deprecation",
    "qemu:override",
    "lxc:namespace",
    "bhyve:commandline",
    "xen:commandline",
    "keywrap",
    "launchSecurity",
)
"""The children of <domain>, in the order in which libvirt writes them."""
