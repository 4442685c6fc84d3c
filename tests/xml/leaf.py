"""The value of a `Leaf`, to check the result of `write_leaf`."""

from __future__ import annotations

from lxml import etree

from virtinstall.xml.schema import Leaf


def read_leaf(node: etree._Element, leaf: Leaf) -> str | None:
    """Return the value of `leaf` below `node`: "" for an element's presence, None if it is unset."""
    for tag, number in leaf.steps:
        below = node.findall(tag)
        if len(below) <= number:
            return None
        node = below[number]
    return node.get(leaf.attribute) if leaf.attribute is not None else node.text or ""
