"""The matching of the disks and interfaces in a file with those of the existing guest, by values and not by order.

For example, if the first of two disks is removed from the file, the second disk keeps its target. In the same way, a
network interface keeps its MAC address. The record of the last apply contains a mark for each device.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from virtinstall.devices.disk import Disk
from virtinstall.devices.interface import Interface
from virtinstall.fleet.leaves import leaves_of
from virtinstall.named import NamedTuple

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.request import Request

KINDS: tuple[type[Disk] | type[Interface], ...] = (Disk, Interface)
_PREFIXES = {"virtio": "vd", "scsi": "sd", "sata": "sd", "usb": "sd", "ide": "hd", "fdc": "fd", "xen": "xvd"}

_DRIVES = ("cdrom", "floppy", "lun")


class Mark(NamedTuple):
    """The record of a disk or network interface at the last apply.

    `tag` is the name of the device's XML element. `key` is the target of a disk or the MAC address of an interface, or
    an empty string if it is unknown. `parts` are hashes of the requested values. `size_bytes` is the requested size of
    a disk, or None if no size was requested; it is always None for an interface.
    """

    tag: str
    key: str
    parts: tuple[str, ...]
    size_bytes: int | None


def marks_of(request: Request, final: Domain) -> tuple[Mark, ...]:
    """Return a mark for each requested disk and network interface.

    `final` is the planned guest, from which the targets and MAC addresses in the marks are copied. If no interface is
    requested, the interface that `final` has by default gets a mark without hashes.
    """
    found = []
    for cls in KINDS:
        for requested, planned in zip(request.domain.devices_of(cls), final.devices_of(cls), strict=False):
            size = getattr(requested, "size_bytes", None)
            found.append(Mark(cls.tag, key_of(planned) or "", parts_of(requested), size))
    if not request.domain.devices_of(Interface):
        # the interface that a guest has by default
        found += [Mark(Interface.tag, key_of(each) or "", (), None) for each in final.devices_of(Interface)]
    return tuple(found)


def key_of(device: Disk | Interface) -> str | None:
    """Return the target of a disk or the MAC address of an interface, in lowercase; None if it is not set."""
    value = device.target_dev if isinstance(device, Disk) else device.mac_address
    return None if value is None else value.lower()


def parts_of(device: Disk | Interface) -> tuple[str, ...]:
    """Return the sorted hashes of all values of a device except its size."""
    values = {**leaves_of(device.ensure_node()), **{name: str(value) for name, value in device.settings.items()}}
    values.pop("size_bytes", None)
    return tuple(sorted(part_of(name, value) for name, value in values.items()))


def part_of(name: str, value: str) -> str:
    """Return the hash of one value, as in `Mark.parts`.

    `name` is the path of the value relative to the device, such as `target/@bus`.
    """
    return hashlib.sha256(f"{name}={value}".encode()).hexdigest()[:6]


def match(old: Sequence[Mark], request: Request) -> list[tuple[Disk | Interface, Mark | None]]:
    """Return each requested disk and network interface, together with its mark from the last apply.

    The mark is None for a new device. `old` are the marks from the last apply.
    """
    found: list[tuple[Disk | Interface, Mark | None]] = []
    for cls in KINDS:
        devices: list[Disk | Interface] = list(request.domain.devices_of(cls))
        found += zip(devices, _matched([mark for mark in old if mark.tag == cls.tag], devices), strict=True)
    return found


def _matched(old: list[Mark], devices: Sequence[Disk | Interface]) -> list[Mark | None]:
    """Return the mark of each device, or None for a new one. Disks and drives are matched separately."""
    found: list[Mark | None] = [None] * len(devices)
    for kind in dict.fromkeys(map(kind_of, devices)):
        places = [place for place, device in enumerate(devices) if kind_of(device) == kind]
        marks = [mark for mark in old if _kind_of_mark(mark) == kind]
        for place, mark in zip(places, _matched_in_kind(marks, [devices[place] for place in places]), strict=True):
            found[place] = mark
    return found


def kind_of(device: Disk | Interface) -> str:
    """Return the kind of a device: `interface` for an interface; `disk`, `cdrom`, `floppy` or `lun` for a disk."""
    return device.device or "disk" if isinstance(device, Disk) else Interface.tag


def _kind_of_mark(mark: Mark) -> str:
    if mark.tag == Interface.tag:
        return mark.tag
    return next((kind for kind in _DRIVES if part_of("@device", kind) in mark.parts), "disk")


def _matched_in_kind(old: list[Mark], devices: Sequence[Disk | Interface]) -> list[Mark | None]:
    result: list[Mark | None] = [None] * len(devices)
    left = list(range(len(old)))
    wanted = [(parts_of(device), getattr(device, "size_bytes", None)) for device in devices]

    def take(number: int, place: int) -> None:
        result[number] = old[place]
        left.remove(place)

    for number, device in enumerate(devices):
        place = next((place for place in left if old[place].key == key_of(device)), None)
        if place is not None:
            take(number, place)
    for size in (True, False):
        # the same values, first with the same size
        known = [(old[place].parts, old[place].size_bytes if size else None) for place in left]
        open_ = [number for number in range(len(devices)) if result[number] is None]
        given = [(wanted[number][0], wanted[number][1] if size else None) for number in open_]
        places = list(left)
        for block in SequenceMatcher(a=known, b=given, autojunk=False).get_matching_blocks():
            for step in range(block.size):
                take(open_[block.b + step], places[block.a + step])
    for number in [number for number in range(len(devices)) if result[number] is None]:
        # more values in common than any other
        scores = {place: len(set(old[place].parts) & set(wanted[number][0])) for place in left}
        best = max(left, key=lambda place: (scores[place], -place), default=None)
        if best is not None and scores[best]:
            take(number, best)
    rest = [number for number in range(len(devices)) if result[number] is None]
    if len(rest) == len(left):
        # the same number: each one is a changed version of the one at its position
        for number, place in zip(rest, list(left), strict=True):
            take(number, place)
    return result


class Pinned(NamedTuple):
    """A request in which devices without a target or MAC address have that of the existing device.

    `devices` are pairs of a requested device and its mark from the last apply; the mark is None for a new device.
    `macs` are the MAC addresses that were copied from the existing guest.
    """

    request: Request
    devices: tuple[tuple[Disk | Interface, Mark | None], ...]
    macs: frozenset[str]

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks (see `Mark`) of those requested devices that the guest already has."""
        return tuple(mark for _, mark in self.devices if mark is not None)


def pinned(request: Request, marks: Sequence[Mark]) -> Pinned:
    """Return a copy of a request in which devices without a target or MAC address have that of the existing device.

    `marks` are the marks from the last apply. A disk whose bus changes does not get its former target.
    """
    request = request.replace(domain=request.domain.clone())
    found = match(marks, request)
    macs = set()
    for device, mark in found:
        if mark is None or not mark.key or key_of(device) is not None:
            continue
        if isinstance(device, Interface):
            device.mac_address = mark.key
            macs.add(mark.key)
        elif _keeps_bus(device, mark):
            device.target_dev = mark.key
    return Pinned(request, tuple(found), frozenset(macs))


def _keeps_bus(disk: Disk, mark: Mark) -> bool:
    """Return whether the disk keeps its bus: the file names the same bus, or none as at the last apply."""
    if disk.target_bus is None:
        return not any(part_of("target/@bus", bus) in mark.parts for bus in _PREFIXES)
    return mark.key.startswith(_PREFIXES.get(disk.target_bus, mark.key))


def keep_default_mac(wanted: Pinned, final: Domain, marks: Sequence[Mark]) -> frozenset[str]:
    """Return the MAC addresses that the existing guest keeps and that the file does not set.

    `wanted` is the result of `pinned`, `final` is the planned guest, and `marks` are the marks from the last apply. If
    the file requests no interface, this function also sets the MAC address of the default interface in `final` to the
    one in `marks`.
    """
    if wanted.request.domain.devices_of(Interface):
        return wanted.macs
    known = [mark.key for mark in marks if mark.tag == Interface.tag]
    for interface, key in zip(final.devices_of(Interface), known, strict=False):
        interface.mac_address = key
    return frozenset(known)


def prefixes(marks: Iterable[Mark]) -> list[str]:
    """Return the path prefix of the device of each mark, such as `devices/disk[vda]/`."""
    return [f"devices/{mark.tag}[{mark.key}]/" for mark in marks]


def moves(wanted: Pinned, final: Domain, present: Mapping[str, str]) -> dict[str, str]:
    """Return the path prefixes of the disks whose target changes, as a mapping from the new to the present prefix.

    `wanted` is the result of `pinned`, `final` is the planned guest, and `present` maps paths to the values of the
    existing guest. A disk whose image changes in the file counts as a different disk and is not included.
    """
    disks = [(device, mark) for device, mark in wanted.devices if isinstance(device, Disk)]
    found = {}
    for (device, mark), planned in zip(disks, final.devices_of(Disk), strict=False):
        if mark is not None and mark.key != key_of(planned):
            new, old = (f"devices/disk[{key}]/" for key in (key_of(planned), mark.key))
            source = present.get(f"{old}source/@file") or present.get(f"{old}source/@dev")
            is_same = device.path is None or source in (None, device.path)
            if is_same and any(path.startswith(old) for path in present):
                found[new] = old
    return found
