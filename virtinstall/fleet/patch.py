"""Functions that read, set and remove values in a guest's XML, by the paths of the values (see `leaves_of`)."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.fleet.filled import is_added
from virtinstall.fleet.leaves import GENERATED, Difference, device_of, keyed_children
from virtinstall.xml.paths import remove

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from virtinstall.fleet.applied import Applied

_STEP = re.compile(r"([^/@\[]+)(\[[^\]]*\])?/?")
DEVICE = re.compile(r"devices/(disk|interface)\[([^\]]*)\]/")
"""Beginning of the paths of a disk or interface. The groups are the tag and the key, such as `disk` and `vda`."""
_UNIT = re.compile(r"devices/([^/@\[]+)(\[[^\]]*\])?/")
_PORTS = ("devices/serial", "devices/console")
# another value of these makes another kind of device, which may need another place on another bus
_KIND = ("@type", "@bus", "@model")


def _steps(path: str) -> tuple[list[tuple[str, str]], str | None]:
    """Return the steps of `devices/disk[vda]/source/@file` with their keys, and the attribute or None."""
    elements, at, attribute = path.partition("@")
    return [(step[1], step[2] or "") for step in _STEP.finditer(elements)], attribute if at else None


def _child(node: etree._Element, tag: str, key: str) -> etree._Element | None:
    return next((child for child, name, known in keyed_children(node) if (name, known) == (tag, key)), None)


def node_at(root: etree._Element, path: str) -> etree._Element | None:
    """Return the element at `path`; None if the element does not exist.

    If `path` is the path of an attribute, the element that would have the attribute is returned, even if it does not
    have it.
    """
    node: etree._Element | None = root
    for tag, key in _steps(path)[0]:
        node = None if node is None else _child(node, tag, key)
    return node


def value_at(root: etree._Element, path: str) -> str | None:
    """Return the attribute value or the text at `path`; None if it does not exist."""
    node, attribute = node_at(root, path), _steps(path)[1]
    if node is None:
        return None
    return node.text if attribute is None else node.get(attribute)


class _Patch:
    """The changes to a <domain>.

    All paths are resolved before any change, because elements are counted among siblings.
    """

    def __init__(self, root: etree._Element, planned: etree._Element) -> None:
        self._root = root
        self._planned = planned
        self._values: list[tuple[etree._Element, str | None, str | None]] = []
        self._new: dict[etree._Element, etree._Element] = {}
        self._gone: dict[etree._Element, None] = {}
        self._forgotten: list[etree._Element] = []

    def set(self, path: str, value: str | None) -> None:
        """Schedule the value at `path` to be set to `value`, or to be removed if `value` is None.

        `make` applies the change. If an element is missing, `make` adds a copy of the planned element.
        """
        steps, attribute = _steps(path)
        node, twin = self._root, self._planned
        for tag, key in steps:
            child, wanted = _child(node, tag, key), _child(twin, tag, key)
            if child is None:
                if value is not None and wanted is not None:
                    self._new[wanted] = node
                return
            if wanted is None:
                if value is None:
                    self._gone[child] = None
                return
            node, twin = child, wanted
        self._values.append((node, attribute, value))

    def forget(self, path: str) -> None:
        """Schedule the value at `path` to be removed, together with the elements that become empty as a result."""
        node = node_at(self._root, path)
        if node is not None:
            self._values.append((node, _steps(path)[1], None))
            self._forgotten.append(node)

    def make(self) -> None:
        """Apply the scheduled changes."""
        for node, attribute, value in self._values:
            if attribute is None:
                node.text = value
            elif value is not None:
                node.set(attribute, value)
            elif attribute in node.attrib:
                del node.attrib[attribute]
        for node in self._gone:
            remove(node)
        for wanted, parent in self._new.items():
            parent.append(copy.deepcopy(wanted))
        for node in self._forgotten:
            empty: etree._Element | None = node
            while empty is not None and _is_empty(empty) and empty.tag != "devices":
                above = empty.getparent()
                remove(empty)
                empty = above


def _is_empty(node: etree._Element) -> bool:
    return len(node) == 0 and not node.attrib and not (node.text or "").strip()


def patch_all(
    root: etree._Element, planned: etree._Element, changes: Iterable[Difference], filled: Iterable[str] = ()
) -> None:
    """Apply changes to the <domain> `root`.

    `planned` is the planned <domain>. If a value in the <source> of a disk or interface changes, the whole <source> is
    replaced with the planned one. `filled` are the paths of values that libvirt added; these values are removed.
    """
    patch = _Patch(root, planned)
    sources: dict[str, None] = {}
    for each in changes:
        device = DEVICE.match(each.path)
        if each.after == GENERATED:
            continue
        if device is not None and each.path.startswith(f"{device[0]}source/"):
            sources[device[0]] = None
            continue
        after = each.after
        if after is not None and after.startswith("sha256:"):
            # a password, which is compared by its hash
            after = value_at(planned, each.path)
        patch.set(each.path, after)
    for path in filled:
        patch.forget(path)
    nodes = [node_at(root, prefix) for prefix in sources], [node_at(planned, prefix) for prefix in sources]
    patch.make()
    for device_node, wanted in zip(*nodes, strict=True):
        _replace_source(device_node, wanted)


def by_libvirt(
    changes: Iterable[Difference], applied: Applied, live: Mapping[str, str], after: Mapping[str, str]
) -> tuple[list[str], list[Difference]]:
    """Return the values that libvirt added to and omitted from the changed devices at the last apply.

    The first item of the result lists the paths of the values that libvirt added. The caller removes these values, and
    libvirt adds new ones if necessary. The second item lists the planned values that libvirt omitted, as changes that
    set them again. `applied` is the record of the last apply, `live` maps paths to the values in the guest's
    definition, and `after` maps paths to the planned values.

    A device that remains the same kind of device keeps its address. A change of a serial port also counts as a change
    of its console, and vice versa.
    """
    units: dict[str, bool] = {}
    for each in changes:
        unit = _UNIT.match(each.path)
        if unit is not None:
            is_other = each.path.endswith(_KIND) and unit[1] != "interface"
            units[unit[0]] = units.get(unit[0], False) or is_other
    ports = any(unit.startswith(_PORTS) for unit in units)

    def changes_with(path: str) -> bool:
        unit = _UNIT.match(path)
        if unit is None or not (unit[0] in units or (ports and unit[0].startswith(_PORTS))):
            return False
        return units.get(unit[0], False) or not path.startswith(f"{unit[0]}address/")

    filled = [
        path
        for path, value in applied.base.items()
        if path not in applied.planned and path not in after and live.get(path) == value and changes_with(path)
    ]
    left_out = [
        Difference(path, None, value)
        for path, value in after.items()
        if path in applied.planned and path not in applied.base and path not in live and changes_with(path)
    ]
    return filled, left_out


def _replace_source(device: etree._Element | None, wanted: etree._Element | None) -> None:
    if device is None or wanted is None:
        return
    old, new = device.find("source"), wanted.find("source")
    place = len(device) if old is None else device.index(old)
    if old is not None:
        device.remove(old)
    for chain in device.findall("backingStore"):
        # it belonged to the former source
        device.remove(chain)
    if new is not None:
        device.insert(min(place, len(device)), copy.deepcopy(new))


def insert_device(root: etree._Element, node: etree._Element) -> None:
    """Add the device `node` to a <domain>, after the existing devices of the same kind."""
    devices = root.find("devices")
    assert devices is not None
    same = devices.findall(str(node.tag))
    if same:
        same[-1].addnext(node)
    else:
        devices.append(node)


def added_devices(
    root: etree._Element, changes: Iterable[Difference], planned: Iterable[str], *, of_all_kinds: bool
) -> list[etree._Element]:
    """Return the devices that libvirt added to a <domain> and that can be removed before the <domain> is defined again.

    libvirt then adds the devices that the changed guest needs. `planned` are the paths of the planned values.
    Controllers and devices with planned values are not returned. With `of_all_kinds`, devices of all kinds are
    returned, because a different board may not support them. Otherwise, only devices of the kinds in `changes` are
    returned, because libvirt may have copied values from a changed device.
    """
    kinds = {unit[1] for each in changes if (unit := _UNIT.match(each.path)) is not None}
    return [
        device
        for device in _added(root, planned).values()
        if device.tag != "controller" and (of_all_kinds or device.tag in kinds)
    ]


def added_since(root: etree._Element, base: Iterable[str]) -> set[str]:
    """Return the paths of the devices that libvirt has added to a <domain>, for example after an upgrade of libvirt.

    `base` are the paths of the values that the <domain> had before the devices were added.
    """
    return set(_added(root, base))


def _added(root: etree._Element, known: Iterable[str]) -> dict[str, etree._Element]:
    """Return the devices of a <domain> that libvirt adds and that have no leaf in `known`, by their paths."""
    others = set(map(device_of, known))
    devices = root.find("devices")
    assert devices is not None
    return {
        path: device
        for device, tag, key in keyed_children(devices)
        if (path := f"devices/{tag}{key}") not in others and is_added(device, devices)
    }


def forget_places(root: etree._Element, planned: Iterable[str]) -> None:
    """Remove the device addresses that depend on the board, and the controllers that the plan does not contain.

    When the <domain> is defined, libvirt assigns new addresses and adds the controllers that are necessary. `planned`
    are the paths of the planned values.
    """
    kept = {unit[0] for path in planned if (unit := _UNIT.match(path)) is not None}
    devices = root.find("devices")
    assert devices is not None
    for device, tag, key in list(keyed_children(devices)):
        if tag == "controller" and f"devices/{tag}{key}/" not in kept:
            devices.remove(device)
        for address in device.findall("address"):
            if address.get("type") not in ("drive", "usb", "virtio-serial", "ccid"):
                device.remove(address)


def without_order(node: etree._Element) -> etree._Element:
    """Remove the boot order from a device; return the device.

    The caller sets the boot order after all devices have been changed, because two devices cannot have the same order.
    """
    for order in node.findall("boot"):
        node.remove(order)
    return node


def with_source_of(planned: etree._Element, prefix: str, leaves: Mapping[str, str]) -> etree._Element:
    """Return a copy of the planned disk that has the image file and the format of an existing disk.

    `prefix` is the path prefix of the existing disk, and `leaves` maps paths to the values of the guest that has this
    disk.
    """
    node = copy.deepcopy(planned)
    path, image_format = leaves.get(f"{prefix}source/@file"), leaves.get(f"{prefix}driver/@type")
    source, driver = node.find("source"), node.find("driver")
    if path is not None and source is not None and source.get("file") is not None:
        source.set("file", path)
        if image_format is not None and driver is not None:
            driver.set("type", image_format)
            # a default of new images
            if (discard := leaves.get(f"{prefix}driver/@discard")) is not None and "discard" not in driver.attrib:
                driver.set("discard", discard)
    return node
