"""The NUMA part of `--cpu`: the guest's cells, their distances, caches and interconnects.

Source: https://libvirt.org/formatdomain.html#guest-numa-topology
"""

from __future__ import annotations

from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT, YES_NO


class NumaSibling(Element):
    """<sibling>: the distance to another NUMA cell."""

    tag = "sibling"

    id: XmlField[int] = XmlField("./@id", INTEGER, "ID of the other cell.")
    value: XmlField[int] = XmlField("./@value", INTEGER, "Distance to the other cell: 10 is local, 20 is remote.")


class NumaCache(Element):
    """<cache>: the memory-side cache of a NUMA cell."""

    tag = "cache"

    level: XmlField[int] = XmlField("./@level", INTEGER, "Level of the memory-side cache.")
    associativity: XmlField[str] = XmlField("./@associativity", TEXT, "Associativity: `none`, `direct`, `full`.")
    policy: XmlField[str] = XmlField("./@policy", TEXT, "Write policy: `none`, `writeback`, `writethrough`.")
    size_value: XmlField[int] = XmlField("./size/@value", INTEGER, "Size of the cache, in `size.unit`.")
    size_unit: XmlField[str] = XmlField("./size/@unit", TEXT, "Unit of `size.value`, such as `KiB`.")
    line_value: XmlField[int] = XmlField("./line/@value", INTEGER, "Size of a cache line, in `line.unit`.")
    line_unit: XmlField[str] = XmlField("./line/@unit", TEXT, "Unit of `line.value`, such as `B`.")


class NumaCell(Element):
    """<cell>: a NUMA node of the guest."""

    tag = "cell"

    id: XmlField[int] = XmlField("./@id", INTEGER, "ID of the NUMA cell, starting at 0.")
    cpus: XmlField[str] = XmlField("./@cpus", TEXT, "vCPUs of the cell, such as `0-3,8`.", commas=True)
    memory: XmlField[int] = XmlField("./@memory", INTEGER, "Memory of the cell, in `unit`.")
    unit: XmlField[str] = XmlField("./@unit", TEXT, "Unit of `memory`; default: `KiB`.")
    mem_access: XmlField[str] = XmlField(
        "./@memAccess", TEXT, "Mapping of the cell's memory by other processes: `shared` (allowed), `private`."
    )
    discard: XmlField[bool] = XmlField(
        "./@discard", YES_NO, "Discard the content of the cell's memory when the guest stops."
    )
    siblings: Children[NumaSibling] = Children("./distances/sibling", NumaSibling, "Distances to other cells.")
    caches: Children[NumaCache] = Children("./cache", NumaCache, "Memory-side caches.")


class NumaLatency(Element):
    """<latency>: the duration of memory accesses from one NUMA cell to another."""

    tag = "latency"

    initiator: XmlField[int] = XmlField("./@initiator", INTEGER, "Cell that accesses the memory.")
    target: XmlField[int] = XmlField("./@target", INTEGER, "Cell whose memory is accessed.")
    cache: XmlField[int] = XmlField("./@cache", INTEGER, "Level of the target's cache, if the access is to the cache.")
    type: XmlField[str] = XmlField("./@type", TEXT, "Kind of access: `access`, `read`, `write`.")
    value: XmlField[int] = XmlField("./@value", INTEGER, "Latency in nanoseconds, or in `unit`.")
    unit: XmlField[str] = XmlField("./@unit", TEXT, "Unit of `value`; default: nanoseconds.")


class NumaBandwidth(Element):
    """<bandwidth>: the throughput of memory accesses from one NUMA cell to another."""

    tag = "bandwidth"

    initiator: XmlField[int] = XmlField("./@initiator", INTEGER, "Cell that accesses the memory.")
    target: XmlField[int] = XmlField("./@target", INTEGER, "Cell whose memory is accessed.")
    type: XmlField[str] = XmlField("./@type", TEXT, "Kind of access: `access`, `read`, `write`.")
    cache: XmlField[int] = XmlField("./@cache", INTEGER, "Level of the target's cache, if the access is to the cache.")
    value: XmlField[int] = XmlField("./@value", INTEGER, "Bandwidth per second, in `unit`.")
    unit: XmlField[str] = XmlField("./@unit", TEXT, "Unit of `value`, such as `KiB`.")
