"""`--iothreads`: threads that do disk I/O beside the main loop.

Source: https://libvirt.org/formatdomain.html#iothreads-allocation
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER


class Iothread(Element):
    """<iothread>: one of the threads, in detail."""

    tag = "iothread"

    id: XmlField[int] = XmlField(
        "./@id", INTEGER, "Number of the thread, from 1; a disk names it in `driver.iothread`."
    )
    thread_pool_min: XmlField[int] = XmlField("./@thread_pool_min", INTEGER, "The fewest worker threads it keeps.")
    thread_pool_max: XmlField[int] = XmlField("./@thread_pool_max", INTEGER, "The most worker threads it starts.")
    poll_max: XmlField[int] = XmlField("./poll/@max", INTEGER, "The longest time to poll, in nanoseconds; 0 is never.")
    poll_grow: XmlField[int] = XmlField("./poll/@grow", INTEGER, "Factor by which the polling time grows.")
    poll_shrink: XmlField[int] = XmlField("./poll/@shrink", INTEGER, "Factor by which it shrinks.")


class Iothreads(Section):
    """<iothreads> and its like; mixed into `Domain`."""

    bare = ("iothreads",)

    iothreads: XmlField[int] = XmlField("./iothreads", INTEGER, "How many threads.")
    iothreadids: Children[Iothread] = Children("./iothreadids/iothread", Iothread, "The threads, one by one.")
    defaultiothread_thread_pool_min: XmlField[int] = XmlField(
        "./defaultiothread/@thread_pool_min", INTEGER, "The fewest worker threads the main loop keeps."
    )
    defaultiothread_thread_pool_max: XmlField[int] = XmlField(
        "./defaultiothread/@thread_pool_max", INTEGER, "The most worker threads the main loop starts."
    )
