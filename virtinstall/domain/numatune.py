"""`--numatune`: NUMA nodes of the host for the guest's memory.

Source: https://libvirt.org/formatdomain.html#numa-node-tuning
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT


class Memnode(Element):
    """<memnode>: the host NUMA nodes for the memory of one of the guest's NUMA cells."""

    tag = "memnode"

    cellid: XmlField[int] = XmlField("./@cellid", INTEGER, "ID of the guest's NUMA cell.", commas=True)
    mode: XmlField[str] = XmlField(
        "./@mode", TEXT, "Allocation policy: `strict`, `preferred`, `interleave`, `restrictive`."
    )
    nodeset: XmlField[str] = XmlField("./@nodeset", TEXT, "Host NUMA nodes, such as `0-1`.", commas=True)


class Numatune(Section):
    """<numatune>: the host NUMA nodes for the guest's memory, in total and per NUMA cell."""

    tag = "numatune"
    bare = ("nodeset",)

    memory_nodeset: XmlField[str] = XmlField(
        "./memory/@nodeset",
        TEXT,
        "Host NUMA nodes for the guest's memory, such as `0-3,^1`.",
        aliases=("nodeset",),
        commas=True,
    )
    memory_mode: XmlField[str] = XmlField(
        "./memory/@mode",
        TEXT,
        "Allocation policy: `strict`, `preferred`, `interleave`, `restrictive`.",
        aliases=("mode",),
    )
    memory_placement: XmlField[str] = XmlField(
        "./memory/@placement", TEXT, "Choice of the nodes: `static`, or `auto` to let numad choose."
    )
    memnodes: Children[Memnode] = Children("./memnode", Memnode, "Placement of each guest NUMA cell.")
