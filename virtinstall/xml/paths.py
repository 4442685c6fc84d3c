"""Paths such as `./driver/@cache`, parsed once, then used to find, create and remove XML nodes.

The declared fields use a small part of XPath: child steps, one attribute predicate per step (`source[@mode='bind']`),
and an attribute, text or presence at the end.
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
"""The position of each tag among the children of one element."""


class Step(NamedTuple):
    """One child step of a path.

    `tag` is the tag in lxml's notation. `condition` is the name and value of an attribute that the child must have, or
    None.
    """

    tag: str
    condition: tuple[str, str] | None


class Path(NamedTuple):
    """A parsed path: the child steps, and the attribute at the end.

    `attribute` is None if the path ends at the element.
    """

    steps: tuple[Step, ...]
    attribute: str | None


def full_tag(name: str) -> str:
    """Return a tag in lxml's notation: `{http://...}arg` for `qemu:arg`; a name without a prefix is not changed."""
    prefix, colon, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if colon else name


def parse_path(text: str) -> Path:
    """Return the steps and the attribute of a path, such as `./backend/source[@mode='bind']/@host`.

    The path `.`, the element itself, has no steps.
    """
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
    """Return the first child of `node` that matches `step`; None if there is none."""
    if step.condition is None:
        return node.find(step.tag)
    key, value = step.condition
    for child in node.iterchildren(step.tag):
        if child.get(key) == value:
            return child
    return None


def find(node: etree._Element, steps: Iterable[Step]) -> etree._Element | None:
    """Return the element at the end of `steps` below `node`; None if there is none."""
    found: etree._Element | None = node
    for step in steps:
        if found is None:
            return None
        found = find_child(found, step)
    return found


def insert(node: etree._Element, child: etree._Element, rank: Rank) -> None:
    """Insert `child` among the children of `node` at the position that its rank determines.

    The position is after the last child with the same or a lower rank. Undeclared children, such as comments and
    elements of other namespaces, are not moved.
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
    """Return a new element with the tag `name`, such as `disk` or `qemu:arg`, and without a parent."""
    prefix, colon, _ = name.partition(":")
    return etree.Element(full_tag(name), nsmap={prefix: NAMESPACES[prefix]} if colon else None)


def make_child(node: etree._Element, step: Step, rank: Rank) -> etree._Element:
    """Create a child of `node` that matches `step`, at the position that `rank` determines; return it."""
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
    """Remove the empty elements along `steps` below `node`, starting with the innermost.

    An element is empty if it has no attribute (except the condition of its step), no child and no text. An element
    whose steps are in `keep` is not removed, because it has a meaning when it is empty.
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
    """Remove `node` from its parent; the text after the node, which lxml stores with it, is kept."""
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
