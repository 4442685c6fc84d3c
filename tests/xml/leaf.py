"""What is set at a `Leaf`, to check what `write_leaf` did."""

from __future__ import annotations

from lxml import etree

from virtinstall.xml.schema import Leaf


def read_leaf(node: etree._Element, leaf: Leaf) -> str | None:
    """Return what is set at `leaf` below `node`: "" for an element's presence, None when nothing is set."""
    for tag, number in leaf.steps:
        below = node.findall(tag)
        if len(below) <= number:
            return None
        node = below[number]
    return node.get(leaf.attribute) if leaf.attribute is not None else node.text or ""
