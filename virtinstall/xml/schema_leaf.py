"""Values that libvirt's schema defines but no class declares: a `Leaf` is set below an element's node.

New elements are inserted in the schema's order. Switch values are converted as for declared fields. Other values are
passed through unchanged, because libvirt validates them.
"""

from __future__ import annotations

from lxml import etree

from virtinstall.safe_text import require_xml
from virtinstall.xml.kinds import ON_OFF, YES_NO, parse_switch
from virtinstall.xml.paths import Rank, Step, make_child, remove
from virtinstall.xml.schema import Leaf, Schema


def write_leaf(node: etree._Element, leaf: Leaf, text: str, schema: Schema, element_path: tuple[str, ...]) -> None:
    """Set the value `leaf` below `node` to `text`, which a user typed; an empty string unsets it.

    `element_path` is the path of `node` in `schema`, which determines the order of new elements.

    Raises: ValueError, if `text` is invalid; the message describes the expected value.
    """
    if text and leaf.type == "present":
        text = "yes" if parse_switch(text) else ""
    if not text:
        _unset(node, leaf)
        return
    if leaf.type in ("yes/no", "on/off"):
        kind = YES_NO if leaf.type == "yes/no" else ON_OFF
        text = kind.write(kind.parse(text))
    require_xml(f"<{node.tag}> {leaf.attribute or leaf.steps[-1][0]}", text)
    target = _make(node, leaf.steps, schema, element_path)
    if leaf.attribute is not None:
        target.set(leaf.attribute, text)
    elif leaf.type != "present":
        target.text = text


def _find(node: etree._Element, steps: tuple[tuple[str, int], ...]) -> etree._Element | None:
    for tag, number in steps:
        below = node.findall(tag)
        if len(below) <= number:
            return None
        node = below[number]
    return node


def _make(
    node: etree._Element, steps: tuple[tuple[str, int], ...], schema: Schema, element_path: tuple[str, ...]
) -> etree._Element:
    path = element_path
    for tag, number in steps:
        below = node.findall(tag)
        rank: Rank = {}
        if len(below) <= number:
            rank = {known: place for place, known in enumerate(schema.child_order(path))}
        while len(below) <= number:
            below.append(make_child(node, Step(tag, None), rank))
        node = below[number]
        path = (*path, tag)
    return node


def _unset(node: etree._Element, leaf: Leaf) -> None:
    """Remove the value, and the elements around it that have become empty, innermost first."""
    found = _find(node, leaf.steps)
    if found is None:
        return
    if leaf.attribute is not None:
        if leaf.attribute in found.attrib:
            del found.attrib[leaf.attribute]
    elif leaf.type != "present":
        found.text = None
    # the presence is the value, whatever the element contains
    doomed = leaf.type == "present"
    while found is not node and (doomed or _is_empty(found)):
        parent = found.getparent()
        assert parent is not None
        remove(found)
        found = parent
        doomed = False


def _is_empty(node: etree._Element) -> bool:
    return not node.attrib and not len(node) and not (node.text or "").strip()
