"""Existing guests -> a guests file that describes them.

A guest of virtinstall keeps its image, its cloud-init and the sizes of its disks, from its record. What differs from
the plan of the file so far is added option by option, then value by value as edits of the XML; what remains is named
in comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.devices.console import Console
from virtinstall.devices.disk import Disk
from virtinstall.devices.input import Input
from virtinstall.devices.interface import Interface
from virtinstall.devices.serial import Serial
from virtinstall.domain.cpu import Cpu
from virtinstall.domain.domain import Domain
from virtinstall.fleet.export_pairs import has_secret, pairs_of
from virtinstall.fleet.keys import key_of, options_by_key
from virtinstall.fleet.leaves import differences, leaves_of
from virtinstall.fleet.load import load
from virtinstall.fleet.planning import plan_again
from virtinstall.fleet.sessions import Sessions
from virtinstall.fleet.spec_file import plain
from virtinstall.fleet.substitute import protect
from virtinstall.fleet.values import quoted
from virtinstall.guest_record import NAMESPACE, parse_record
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.options.read import section_class
from virtinstall.record import Record
from virtinstall.request import Checks
from virtinstall.units import GIB, MIB

if TYPE_CHECKING:
    from virtinstall.guest_record import GuestRecord
    from virtinstall.hypervisor import Hypervisor
    from virtinstall.libvirt_host.host import HostGuest
    from virtinstall.options.table import Option
    from virtinstall.xml.element import Element

# libvirt fills them in where a definition omits them
_FILLED = re.compile(
    r"address|alias|devices/(console|serial)/|seclabel|resource|devices/controller|devices/audio|devices/emulator|backingStore|uuid|"
    r"devices/input\[?\d*\]?/@(type|bus)|devices/video.*(ram|vgamem|heads|primary)|.*/target/(model/)?@|.*@port$|"
    r".*@unit|vcpu.?@?placement|.*@autoport|.*listen|cpu/?@(check|migratable)|.*driver/@name|.*backend|.*@index|.*/stats|devices/hub"
)
_FILLED_KEYS = re.compile(
    r"target\.|listen|tls_?[pP]ort|port$|autoport|source\.mode|model\.(ram|vram|vgamem|heads|primary)|driver\.name|stats"
)
_EVENTS = {"on_poweroff": "destroy", "on_reboot": "restart", "on_crash": "destroy"}
_SHORT = {"mac.address": "mac", "model.type": "model", "source.network": "network", "source.bridge": "bridge"}
_SKIPPED_TAGS = ("controller", "hub", "audio", "disk", "interface")


class Exported(Record):
    """One guest of the file: its options, and lines about what they do not express."""

    name: str
    options: Mapping[str, Any]
    omitted: tuple[str, ...] = ()


def export(hypervisor: Hypervisor, names: Sequence[str]) -> list[Exported]:
    """Return the guests of these names as options of a guests file. Raises: GuestNotFound; RequestError; HostError."""
    return [_Export(hypervisor.guest(name).handle, hypervisor).run() for name in names]


def export_text(guests: Sequence[Exported], connect: str | None = None) -> str:
    """Return a guests file (YAML). What it does not express is in comments at its top."""
    import yaml

    document: dict[str, Any] = {"version": 1}
    if connect is not None:
        document["connect"] = connect
    document["guests"] = {protect(guest.name): dict(guest.options) for guest in guests}
    comments = "".join(f"# {guest.name}: not expressed: {line}\n" for guest in guests for line in guest.omitted)
    return comments + str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100))


class _Export:
    def __init__(self, handle: HostGuest, hypervisor: Hypervisor) -> None:
        self.handle = handle
        self.hypervisor = hypervisor
        self.live = Domain.parse(handle.xml(inactive=True))
        self.record = parse_record(handle.metadata(NAMESPACE), handle.uuid)
        request = None if self.record is None else self.record.request
        self.request: dict[str, Any] = {} if request is None else json.loads(request)
        self.options: dict[str, Any] = {}
        self.created: list[str] = []

    def run(self) -> Exported:
        self.begin()
        base = self.plan()
        for option in dict.fromkeys(options_by_key().values()):
            if option.describes == "section":
                self.add_section(option, base)
            elif option.describes == "device":
                self.add_devices(option, base)
        edits, omitted = self.remaining(self.plan())
        if edits:
            self.options["xml"] = edits
            omitted = self.remaining(self.plan())[1]
        secrets = [f"password of {each.tag}" for each in self.live.devices if has_secret(each)]
        options = {name: _protected(value) for name, value in self.options.items()}
        return Exported(name=self.handle.name, options=options, omitted=(*secrets, *omitted))

    def plan(self) -> Domain:
        """Return the guest that the options so far would create."""
        name = self.handle.name
        options = {key: _protected(value) for key, value in self.options.items()}
        document = {"version": 1, "guests": {protect(name): options}}
        guest = load(json.dumps(document), "export", "export", {}).guests[0]
        assert guest.request is not None
        unchecked = Checks(
            path_in_use=False, disk_size=False, path_exists=False, path_access=False, mac_in_use=False, xml=False
        )
        request = guest.request.replace(checks=unchecked)
        for disk in request.domain.devices_of(Disk):
            if disk.path is not None and disk.size_bytes is None and disk.device in (None, "disk", "lun"):
                # the guest may be exported where its disks are missing
                disk.size_bytes = GIB
        return plan_again(guest, "export", Sessions(self.hypervisor).of(None), request).final

    def begin(self) -> None:
        """Set what each guest has: platform, system, installation, disks and networks."""
        live, install = self.live, self.request.get("install", {})
        self.options["memory"] = _sizes(live)
        current, most = live.vcpu_current, live.vcpu or 1
        self.options["vcpus"] = most if current in (None, most) else {"vcpus": current, "maxvcpus": most}
        if has_real_storage(self.hypervisor.host):
            self.options["virt-type"] = live.type
        self.options["arch"], self.options["machine"] = live.os.type_arch, live.os.type_machine
        system = self.request.get("os", {}).get("values", {}).get("name")
        self.options["osinfo"] = system or ("generic" if live.os_id is None else {"id": live.os_id})
        if isinstance(install.get("cloud_init"), dict):
            self.options["cloud-init"] = dict(install["cloud_init"])
        self.options["import"] = True
        self.options["disk"] = [self.disk(each) for each in live.devices_of(Disk) if not self.is_seed(each)] or "none"
        reserved = {each.mac: each.address for each in (self.record.reservations if self.record is not None else ())}
        networks = []
        for interface in live.devices_of(Interface):
            pairs = {key: value for key, value in pairs_of(interface).items() if not key.startswith("target.")}
            pairs = {_SHORT.get(key, key): value for key, value in pairs.items()}
            if pairs.get("type") in pairs:
                del pairs["type"]
            address = reserved.get((interface.mac_address or "").lower())
            networks.append(pairs if address is None else {**pairs, "ip": address})
        self.options["network"] = networks or "none"
        self.options = {name: value for name, value in self.options.items() if value is not None}

    def is_seed(self, disk: Disk) -> bool:
        files = () if self.record is None else self.record.files
        return any(each.kind == "seed" and each.path == disk.source_file for each in files)

    def disk(self, disk: Disk) -> dict[str, Any]:
        """Return a disk: with the size and image that it was created with, else with its path."""
        skipped = ("target.", "driver.name", "source.file", "source.dev", "source.index", "path", "type")
        pairs = {key: value for key, value in pairs_of(disk).items() if not key.startswith(skipped)}
        for key, value in (("device", "disk"), ("driver.discard", "unmap")):
            # the default; where it is not, the comparison with the plan shows it
            if pairs.get(key) == value:
                del pairs[key]
        if disk.boot_order == 1 and disk.ensure_node() is self.live.devices_of(Disk)[0].ensure_node():
            del pairs["boot.order"]
        if disk.target_bus is not None:
            pairs["bus"] = disk.target_bus
        path = disk.source_file or disk.source_dev
        created = _created(self.record, path)
        if created is None or path is None:
            return pairs if path is None else {"path": path, **pairs}
        self.created.append(f"devices/disk[{disk.target_dev}]/source/")
        pairs.pop("driver.type", None)
        volume = self.hypervisor.host.volume_by_path(path)
        size = {} if volume is None else {"size": _gib(volume.capacity_bytes)}
        if not size:
            return {"path": path, **pairs}
        image = None if self.record is None or created[1] is None else self.record.image
        return {**({} if image is None else {"image": image}), **size, **pairs}

    def add_section(self, option: Option, base: Domain) -> None:
        """Add the sub-options of a section in which the guest differs from `base`."""
        cls = section_class(option)
        if cls is Cpu:
            if _cpu(self.live) != _cpu(base) and _cpu(self.live):
                self.options["cpu"] = _cpu(self.live)
            return
        wanted, present = (pairs_of(_section(domain, cls), cls) for domain in (self.live, base))
        changed = {
            key: value
            for key, value in wanted.items()
            if present.get(key) != value
            and not (key not in present and (_FILLED.match(key) or _EVENTS.get(key) == value))
        }
        name = key_of(option)
        if name == "vcpus":
            counts = self.options[name] if isinstance(self.options[name], dict) else {"vcpus": self.options[name]}
            changed = {key: value for key, value in changed.items() if key not in ("vcpus", "maxvcpus", "vcpu.current")}
            changed = {**counts, **changed} if changed else changed
        if changed and name not in ("memory", "xml"):
            self.options[name] = changed

    def add_devices(self, option: Option, base: Domain) -> None:
        """Add all devices of a kind in which the guest differs from `base`."""
        cls: Any = section_class(option)
        if cls.tag in _SKIPPED_TAGS:
            return
        wanted, present = ([pairs_of(each) for each in _asked_for(domain, cls)] for domain in (self.live, base))
        same = len(wanted) == len(present) and all(map(_is_like, wanted, present))
        if not same:
            self.options[key_of(option)] = wanted or "none"

    def remaining(self, planned: Domain) -> tuple[list[str], list[str]]:
        """Return edits for values that the plan has and the guest has not, and lines about the others."""
        edits, omitted = [], []
        found = differences(leaves_of(planned.ensure_node()), leaves_of(self.live.ensure_node()))
        for path, before, after in found:
            if _FILLED.match(path) or "/address/" in path or path.startswith(tuple(self.created)):
                continue
            if before is None and _EVENTS.get(path) == after:
                continue
            if before is not None and after is not None and not path.startswith("devices/disk"):
                edits.append(f"{_xpath(path)}={after}")
            elif after is None and not path.startswith("devices/"):
                edits.append(f"xpath.delete={_xpath(path)}")
            elif after is not None:
                omitted.append(f"{path}: {after}")
        return edits, omitted


def _asked_for(domain: Domain, cls: Any) -> list[Any]:
    """Return the devices of a kind, without those that libvirt adds for another one.

    The first text console is a serial port; a plan has only one of the two.
    """
    consoles = [each for each in domain.devices_of(Console) if each.target_type in (None, "serial")]
    if cls is Serial:
        return domain.devices_of(Serial) or list(consoles)
    if cls is Console:
        return [each for each in domain.devices_of(Console) if each.target_type not in (None, "serial")]
    return [each for each in domain.devices_of(cls) if not (isinstance(each, Input) and each.bus in ("ps2", "xen"))]


def _cpu(domain: Domain) -> str:
    """Return the value of --cpu: model or mode, features, and the sub-options."""
    cpu = domain.cpu
    node = cpu.node
    if node is None:
        return ""
    features = [f"{each.get('policy', 'require')}={each.get('name')}" for each in node.iterfind("feature")]
    pairs = pairs_of(cpu)
    if cpu.model is not None or cpu.mode not in (None, "custom"):
        pairs.pop("mode", None)
    for key, value in (("check", "none"), ("check", "partial"), ("migratable", "on"), ("match", "exact")):
        if pairs.get(key) == value:
            del pairs[key]
    words = [cpu.model or cpu.mode or "", *features, *(f"{key}={quoted(value)}" for key, value in pairs.items())]
    return ",".join(word for word in words if word and word != "custom")


def _section(domain: Domain, cls: Any) -> Element:
    if not cls.tag:
        return domain
    return next((each for each in domain.sections() if type(each) is cls), cls())


def _is_like(wanted: Mapping[str, str], present: Mapping[str, str]) -> bool:
    """Whether the values are the same, but for those that libvirt fills in or drops."""
    return all(
        wanted.get(key) == present.get(key)
        for key in {*wanted, *present}
        if (key in wanted and key in present) or not _FILLED_KEYS.match(key)
    )


def _created(record: GuestRecord | None, path: str | None) -> tuple[str, str | None] | None:
    for each in () if record is None else record.files:
        if each.kind == "disk" and each.path == path:
            return each.path, each.base
    return None


def _sizes(domain: Domain) -> Any:
    """Return the value of --memory: MiB, also of the current memory if it is less."""
    values = {
        "memory": domain.memory_kib or 0,
        "currentMemory": domain.current_memory_kib,
        "maxMemory": domain.max_memory_kib,
        "maxMemory.slots": domain.max_memory_slots,
    }
    if values["currentMemory"] == values["memory"]:
        del values["currentMemory"]
    sizes = {
        key: value if key.endswith("slots") else value >> 10 if value % 1024 == 0 else f"{value}KiB"
        for key, value in values.items()
        if value is not None
    }
    return sizes["memory"] if len(sizes) == 1 else sizes


def _gib(size: int) -> int | float:
    """Return the size in GiB; images are rounded up to whole clusters, which the file need not have."""
    short = round(size / GIB, 3)
    exact = size / GIB if abs(short * GIB - size) > MIB else short
    return int(exact) if exact == int(exact) else exact


def _xpath(path: str) -> str:
    """`devices/interface[52:54:00:..]/model/@type` -> an XPath; other keys are numbers of siblings."""
    text = re.sub(r"disk\[([^\]]+)\]", r"disk[target/@dev='\1']", path)
    text = re.sub(r"interface\[([^\]]*:[^\]]*)\]", r"interface[mac/@address='\1']", text)
    return "./" + re.sub(r"\[(\d+)\]", lambda found: f"[{int(found[1]) + 1}]", text)


def _protected(value: Any) -> Any:
    """Return the value so that the file's places and variables do not change it; numbers are numbers."""
    if isinstance(value, Mapping):
        return {key: _protected(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_protected(each) for each in value]
    return plain(value) if isinstance(value, str) else value
