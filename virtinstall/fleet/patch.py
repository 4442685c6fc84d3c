"""Values of a guest's XML by the path of a leaf: read, set, remove."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.fleet.leaves import GENERATED, keyed_children

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from virtinstall.fleet.leaves import Difference

_STEP = re.compile(r"([^/@\[]+)(\[[^\]]*\])?/?")
DEVICE = re.compile(r"devices/(disk|interface)\[([^\]]*)\]/")
"""Beginning of the leaves of a disk or an interface: its tag and its key."""


def _steps(path: str) -> tuple[list[tuple[str, str]], str | None]:
    """`devices/disk[vda]/source/@file` -> the steps with their keys, and the attribute."""
    elements, at, attribute = path.partition("@")
    return [(step[1], step[2] or "") for step in _STEP.finditer(elements)], attribute if at else None


def _child(node: etree._Element, tag: str, key: str) -> etree._Element | None:
    return next((child for child, name, known in keyed_children(node) if (name, known) == (tag, key)), None)


def node_at(root: etree._Element, path: str) -> etree._Element | None:
    """Return the element at a leaf's path, or at the beginning of one."""
    node: etree._Element | None = root
    for tag, key in _steps(path)[0]:
        node = None if node is None else _child(node, tag, key)
    return node


def value_at(root: etree._Element, path: str) -> str | None:
    """Return the value of a leaf."""
    node, attribute = node_at(root, path), _steps(path)[1]
    if node is None:
        return None
    return node.text if attribute is None else node.get(attribute)


def patch(root: etree._Element, planned: etree._Element, path: str, value: str | None) -> None:
    """Set the leaf at `path` to `value` (None removes it); elements that are missing are copied from `planned`."""
    steps, attribute = _steps(path)
    node, twin = root, planned
    for tag, key in steps:
        child, wanted = _child(node, tag, key), _child(twin, tag, key)
        if child is None:
            if value is not None and wanted is not None:
                node.append(copy.deepcopy(wanted))
            return
        if wanted is None:
            if value is None:
                node.remove(child)
            return
        node, twin = child, wanted
    if attribute is not None and value is None:
        if attribute in node.attrib:
            del node.attrib[attribute]
    elif attribute is not None:
        node.set(attribute, str(value))
    else:
        node.text = value


def patch_all(root: etree._Element, planned: etree._Element, changes: Iterable[Difference]) -> None:
    """Apply changes to a <domain>; a changed source of a device is replaced as a whole."""
    replaced: set[str] = set()
    for each in changes:
        device = DEVICE.match(each.path)
        if device is not None and each.path.startswith(f"{device[0]}source/") and each.after != GENERATED:
            if device[0] not in replaced:
                replaced.add(device[0])
                _replace_source(root, planned, device[0])
        elif each.after != GENERATED:
            after = each.after
            if after is not None and after.startswith("sha256:"):
                # a password, which is compared by its hash
                after = value_at(planned, each.path)
            patch(root, planned, each.path, after)
            if device is not None and each.path.endswith("/target/@bus"):
                drop_address(root, device[0])


def _replace_source(root: etree._Element, planned: etree._Element, prefix: str) -> None:
    device, wanted = node_at(root, prefix), node_at(planned, prefix)
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


def drop_address(root: etree._Element, prefix: str) -> None:
    """Remove the address of a device whose bus changes."""
    device = node_at(root, prefix)
    address = None if device is None else device.find("address")
    if device is not None and address is not None:
        device.remove(address)


def insert_device(root: etree._Element, node: etree._Element) -> None:
    """Add a device to a <domain>, after the others of its kind."""
    devices = root.find("devices")
    assert devices is not None
    same = devices.findall(str(node.tag))
    if same:
        same[-1].addnext(node)
    else:
        devices.append(node)


def with_source_of(planned: etree._Element, prefix: str, leaves: Mapping[str, str]) -> etree._Element:
    """Return a copy of a planned disk with the file and the format that the disk at `prefix` has."""
    node = copy.deepcopy(planned)
    path, image_format = leaves.get(f"{prefix}source/@file"), leaves.get(f"{prefix}driver/@type")
    source, driver = node.find("source"), node.find("driver")
    if path is not None and source is not None and source.get("file") is not None:
        source.set("file", path)
        if image_format is not None and driver is not None:
            driver.set("type", image_format)
    return node
