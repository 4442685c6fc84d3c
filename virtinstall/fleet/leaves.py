"""A guest's XML as a mapping from paths to values, with which two versions of the XML can be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml import etree

GENERATED = "(generated)"
_SECRETS = ("passwd", "password")
# backing images belong to the disk's content, and metadata to other programs
_SKIPPED = ("metadata", "backingStore")
_NAMED = {"disk": ("target", "dev"), "interface": ("mac", "address")}


class Difference(NamedTuple):
    """A changed value in a guest's XML.

    `path` is the path of the value (see `leaves_of`). `before` and `after` are the values before and after the change;
    None stands for a value that does not exist.
    """

    path: str
    before: str | None
    after: str | None


def leaves_of(root: etree._Element, generated: Collection[str] = ()) -> dict[str, str]:
    """Return the values in a guest's XML by path, such as `devices/disk[vda]/source/@file`.

    The values are the attributes and texts of the elements; each of them is a leaf of the XML. `root` is the <domain>.
    Values in `generated` are replaced with a fixed string, and passwords with their hashes. <metadata> and
    <backingStore> elements are ignored.
    """
    known = set(generated)
    return {
        path: _shown(path.rpartition("@")[2], value, known)
        for element, node in elements_of(root)
        for path, value in own_leaves(element, node)
    }


def elements_of(root: etree._Element, path: str = "") -> Iterator[tuple[str, etree._Element]]:
    """Yield the path and the element, for `root` and each element below it.

    For example, the path of an element is `devices/disk[vda]/source/`. `path` is the path of `root`. <metadata> and
    <backingStore> elements are ignored.
    """
    yield path, root
    for child, tag, key in keyed_children(root):
        if tag not in _SKIPPED:
            yield from elements_of(child, f"{path}{tag}{key}/")


def own_leaves(path: str, node: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield the path and value of each attribute of an element, and of its text, if any.

    If the element has no attributes, no text and no children, yield the path of the element and an empty string. `path`
    is the path of the element.
    """
    for name, value in node.attrib.items():
        if path or name not in ("id",):
            yield f"{path}@{str(name).rpartition('}')[2]}", str(value)
    text = (node.text or "").strip()
    if text:
        yield path.rstrip("/") or ".", text
    elif path and not node.attrib and not any(isinstance(child.tag, str) for child in node):
        yield path.rstrip("/"), ""


def keyed_children(node: etree._Element) -> Iterator[tuple[etree._Element, str, str]]:
    """Yield each child element with its tag and a key that distinguishes it from its siblings with the same tag.

    The key of a disk is its target, such as `[vda]`, and that of an interface is its MAC address. The key of a
    controller consists of its type and its number among the controllers of that type, such as `[usb.0]`. The key of any
    other child is an empty string if the child is the first one with its tag, `[1]` for the second one, and so on.
    """
    counts: dict[tuple[str, str], int] = {}
    for child in node:
        if not isinstance(child.tag, str):
            continue
        tag = child.tag.rpartition("}")[2]
        kind = child.get("type", "") if tag == "controller" else ""
        number = counts.get((tag, kind), 0)
        counts[tag, kind] = number + 1
        yield child, tag, _key_of(child, tag, kind, number)


def _key_of(node: etree._Element, tag: str, kind: str, number: int) -> str:
    if tag == "controller":
        return f"[{kind}.{number}]"
    if tag in _NAMED:
        path, attribute = _NAMED[tag]
        found = node.find(path)
        name = None if found is None else found.get(attribute)
        return f"[{number if name is None else name.lower()}]"
    return f"[{number}]" if number else ""


def _shown(name: str, value: str, generated: Collection[str]) -> str:
    if name in _SECRETS:
        return "sha256:" + hashlib.sha256(value.encode()).hexdigest()[:16]
    return GENERATED if value in generated else value


def device_of(path: str) -> str | None:
    """Return the path of the device to which the value at `path` belongs, such as `devices/disk[vda]`.

    The result is None if the value does not belong to a device.
    """
    return "/".join(path.split("/")[:2]) if path.startswith("devices/") else None


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """Return a difference for each path with different values in `before` and `after`, two results of `leaves_of`."""
    paths = [path for path in before if before[path] != after.get(path)]
    paths += [path for path in after if path not in before]
    return [Difference(path, before.get(path), after.get(path)) for path in paths]
