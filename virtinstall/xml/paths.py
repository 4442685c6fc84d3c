"""Paths such as `./driver/@cache`: parsed once, then used to find, make and drop XML nodes.

The small part of XPath that the declared fields use: child steps, one attribute
predicate a step (`source[@mode='bind']`), and an attribute, text or presence at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from virtinstall.named import NamedTuple

NAMESPACES: Mapping[str, str] = {
    "qemu": "http://libvirt.org/schemas/domain/qemu/1.0",
    "lxc": "http://libvirt.org/schemas/domain/lxc/1.0",
    "bhyve": "http://libvirt.org/schemas/domain/bhyve/1.0",
    "xen": "http://libvirt.org/schemas/domain/xen/1.0",
    "libosinfo": "http://libosinfo.org/xmlns/libvirt/domain/1.0",
    "virtinstall": "https://virtinstall.invalid/xmlns/domain/1.0",
}

Rank = Mapping[str, int]
"""Tag -> its place among the children of one element."""


class Step(NamedTuple):
    """One child step: the tag in lxml's spelling and an attribute it must have, or None."""

    tag: str
    condition: tuple[str, str] | None


class Path(NamedTuple):
    """A parsed path: the child steps, then `attribute`, or the element itself where that is None."""

    steps: tuple[Step, ...]
    attribute: str | None


def full_tag(name: str) -> str:
    """`qemu:arg` in lxml's spelling, `{http://...}arg`; a plain name stays as it is."""
    prefix, colon, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if colon else name


def parse_path(text: str) -> Path:
    """The parts of `./backend/source[@mode='bind']/@host`; `.` is the element itself."""
    attribute = None
    steps = []
    for part in text.split("/"):
        if part in ("", "."):
            continue
        if part[0] == "@":
            attribute = full_tag(part[1:])
            continue
        name, bracket, condition = part.partition("[@")
        if bracket:
            key, _, value = condition[:-1].partition("=")
            steps.append(Step(full_tag(name), (key, value[1:-1])))
        else:
            steps.append(Step(full_tag(name), None))
    return Path(tuple(steps), attribute)


def find_child(node: etree._Element, step: Step) -> etree._Element | None:
    """The first child of `node` that fits `step`, or None."""
    if step.condition is None:
        return node.find(step.tag)
    key, value = step.condition
    for child in node.iterchildren(step.tag):
        if child.get(key) == value:
            return child
    return None


def find(node: etree._Element, steps: Iterable[Step]) -> etree._Element | None:
    """The element at the end of `steps` below `node`, or None."""
    found: etree._Element | None = node
    for step in steps:
        if found is None:
            return None
        found = find_child(found, step)
    return found


def insert(node: etree._Element, child: etree._Element, rank: Rank) -> None:
    """Put `child` among the children of `node` where its rank belongs.

    It goes behind the last child of the same or a lower rank; children that nobody
    declared (comments, foreign elements) stay where they are.
    """
    own = rank.get(child.tag, len(rank))
    for other in node.iterchildren(reversed=True):
        if isinstance(other.tag, str) and rank.get(other.tag, len(rank) + 1) <= own:
            other.addnext(child)
            return
    for other in node.iterchildren():
        if isinstance(other.tag, str) and other.tag in rank:
            other.addprevious(child)
            return
    node.append(child)


def new_node(name: str) -> etree._Element:
    """An element of that name (`disk`, `qemu:arg`) that stands alone."""
    prefix, colon, _ = name.partition(":")
    return etree.Element(full_tag(name), nsmap={prefix: NAMESPACES[prefix]} if colon else None)


def make_child(node: etree._Element, step: Step, rank: Rank) -> etree._Element:
    """A new child of `node` that fits `step`, in its place by `rank`."""
    nsmap = None
    if step.tag[0] == "{":
        uri = step.tag[1:].partition("}")[0]
        nsmap = {prefix: known for prefix, known in NAMESPACES.items() if known == uri}
    child = node.makeelement(step.tag, nsmap=nsmap)
    if step.condition is not None:
        child.set(*step.condition)
    insert(node, child, rank)
    return child


def drop(node: etree._Element, steps: tuple[Step, ...], keep: Iterable[tuple[Step, ...]] = ()) -> None:
    """Remove the elements along `steps` below `node` that have become empty, innermost first.

    An element is empty with no attribute (but its step's condition), child or text. Those
    whose steps are in `keep` mean something by being there and stay.
    """
    for depth in range(len(steps), 0, -1):
        found = find(node, steps[:depth])
        if found is None:
            continue
        condition = steps[depth - 1].condition
        own_attributes = len(found.attrib) - (1 if condition is not None else 0)
        if own_attributes or len(found) or (found.text or "").strip() or steps[:depth] in keep:
            return
        remove(found)


def remove(node: etree._Element) -> None:
    """Take `node` out of its parent; the text behind it, which lxml ties to it, stays."""
    parent = node.getparent()
    if parent is None:
        return
    if node.tail and node.tail.strip():
        before = node.getprevious()
        if before is None:
            parent.text = (parent.text or "") + node.tail
        else:
            before.tail = (before.tail or "") + node.tail
    parent.remove(node)
