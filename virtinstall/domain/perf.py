"""<perf>: counted performance events of the host's CPU.

Source: https://libvirt.org/formatdomain.html#performance-monitoring-events
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT, YES_NO


class PerfEvent(Element):
    """<event>: one event."""

    tag = "event"

    name: XmlField[str] = XmlField("./@name", TEXT, "Which event: `cmt`, `mbmt`, `cpu_cycles`, `cache_misses`, ...")
    enabled: XmlField[bool] = XmlField("./@enabled", YES_NO, "Whether the event is counted.")


class Perf(Section):
    """<perf>: the events."""

    tag = "perf"

    events: Children[PerfEvent] = Children("./event", PerfEvent, "Events that are counted.")
