"""`--memorybacking`: how the host allocates the guest's memory.

Source: https://libvirt.org/formatdomain.html#memory-backing
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, PRESENT, TEXT


class HugePage(Element):
    """<page>: huge pages of one size for some NUMA nodes of the guest."""

    tag = "page"

    size: XmlField[str] = XmlField("./@size", TEXT, "Size of the pages, in `unit`.")
    unit: XmlField[str] = XmlField("./@unit", TEXT, "Unit of `size`, such as `KiB` (default), `M`, `G`.")
    nodeset: XmlField[str] = XmlField(
        "./@nodeset", TEXT, "Guest NUMA nodes that use these pages, such as `0,2-3`.", commas=True
    )


class MemoryBacking(Section):
    """<memoryBacking>: huge pages, locking and sharing."""

    tag = "memoryBacking"

    hugepages: XmlField[bool] = XmlField("./hugepages", PRESENT, "Back the memory with huge pages.")
    pages: Children[HugePage] = Children(
        "./hugepages/page",
        HugePage,
        "Huge pages by size.",
        flat={"size": "size", "unit": "unit", "nodeset": "nodeset"},
    )
    nosharepages: XmlField[bool] = XmlField("./nosharepages", PRESENT, "Prevent the host from merging identical pages.")
    locked: XmlField[bool] = XmlField("./locked", PRESENT, "Lock the memory so that it is not swapped out.")
    access_mode: XmlField[str] = XmlField(
        "./access/@mode",
        TEXT,
        "`shared` lets other processes map the memory (virtiofs, vhost-user); otherwise `private`.",
        aliases=("access_mode",),
    )
    source_type: XmlField[str] = XmlField(
        "./source/@type",
        TEXT,
        "Source of the memory: `memfd`, `file`, `anonymous`.",
        aliases=("source_type",),
    )
    discard: XmlField[bool] = XmlField("./discard", PRESENT, "Discard the memory's content when the guest stops.")
    allocation_mode: XmlField[str] = XmlField(
        "./allocation/@mode", TEXT, "Allocate all memory at boot (`immediate`) or when it is used (`ondemand`)."
    )
    allocation_threads: XmlField[int] = XmlField(
        "./allocation/@threads", INTEGER, "Number of threads that allocate memory, with `allocation.mode=immediate`."
    )

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """Return the order in which libvirt writes the child elements."""
        return (
            "./hugepages",
            "./nosharepages",
            "./locked",
            "./access",
            "./source",
            "./allocation",
            "./discard",
        )
