"""Placement of new elements after existing ones, so that a diff shows only the new ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain

# libvirt writes these attributes first, regardless of the order in which they were set
_FIRST_ATTRIBUTES = {
    "disk": ("type", "device"),
    "graphics": ("type", "port", "tlsPort", "autoport", "listen"),
    "target": ("dev",),
    "driver": ("name",),
    "filesystem": ("type", "accessmode", "fmode", "dmode", "multidevs"),
    "hostdev": ("mode", "type", "managed"),
    "seclabel": ("type", "model"),
}

_ENDPOINTS = ("path", "host", "service")
_SOURCE_ATTRIBUTES = ("file", "dev", "dir", "volume", "pool", "protocol", "name")


@contextmanager
def new_ones_last(domain: Domain) -> Iterator[None]:
    """Move the elements that the `with` block added after their siblings, when the block ends.

    A diff then shows only the new elements. Whitespace in elements that have become empty is removed.
    """
    root = domain.ensure_node()
    before = {node: list(node) for node in root.iter(etree.Element)}
    yield
    for node, children in before.items():
        for new in [child for child in node if child not in children]:
            new.tail = None
            node.append(new)
        if children and len(node) == 0 and not (node.text or "").strip():
            node.text = None
    for node in root.iter(etree.Element):
        if node not in before:
            order_attributes(node)


def order_attributes(node: etree._Element) -> None:
    """Order the attributes of `node`, but not those of its children, as libvirt writes them."""
    first = _FIRST_ATTRIBUTES.get(str(node.tag), ())
    if node.tag == "source" and "type" not in node.attrib:
        first = ("mode",) if any(name in node.attrib for name in _ENDPOINTS) else _SOURCE_ATTRIBUTES
    if any(name in node.attrib for name in first):
        values = {str(name): str(value) for name, value in node.attrib.items()}
        node.attrib.clear()
        for name in (*first, *(name for name in values if name not in first)):
            if name in values:
                node.set(name, values[name])
