"""`--perf`: the performance events of the host's CPU that are counted for the guest.

Source: https://libvirt.org/formatdomain.html#performance-monitoring-events
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import TEXT, YES_NO


class PerfEvent(Element):
    """<event>: one performance event."""

    tag = "event"

    name: XmlField[str] = XmlField("./@name", TEXT, "Event: `cmt`, `mbmt`, `cpu_cycles`, `cache_misses`, ...")
    enabled: XmlField[bool] = XmlField("./@enabled", YES_NO, "Whether the event is counted.")


def _enable(perf: Perf, text: str) -> None:
    if not text:
        perf.events.clear()
        return
    event = next((event for event in perf.events if event.name == text), None) or perf.events.new()
    event.name = text
    event.enabled = True


class Perf(Section):
    """<perf>: the performance events that libvirt monitors."""

    tag = "perf"

    enable_option = Suboption(
        "enable", _enable, "Event to count; `enable=` can be omitted, and several events can be listed.", repeat=True
    )
    events: Children[PerfEvent] = Children("./event", PerfEvent, "Events that are counted.")

    @classmethod
    def read_word(cls, word: str) -> tuple[str, str] | None:
        """Return `("enable", word)` for a word without `=`, the name of an event; None for any other word."""
        return ("enable", word) if word and "=" not in word else None
