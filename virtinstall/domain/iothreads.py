"""`--iothreads`: threads for disk I/O outside the main loop.

Source: https://libvirt.org/formatdomain.html#iothreads-allocation
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER


class Iothread(Element):
    """<iothread>: the details of one I/O thread."""

    tag = "iothread"

    id: XmlField[int] = XmlField(
        "./@id", INTEGER, "ID of the thread, starting at 1; disks refer to it with `driver.iothread`."
    )
    thread_pool_min: XmlField[int] = XmlField("./@thread_pool_min", INTEGER, "Minimum number of worker threads.")
    thread_pool_max: XmlField[int] = XmlField("./@thread_pool_max", INTEGER, "Maximum number of worker threads.")
    poll_max: XmlField[int] = XmlField(
        "./poll/@max", INTEGER, "Maximum polling time in nanoseconds; 0 disables polling."
    )
    poll_grow: XmlField[int] = XmlField("./poll/@grow", INTEGER, "Factor by which the polling time grows.")
    poll_shrink: XmlField[int] = XmlField("./poll/@shrink", INTEGER, "Factor by which the polling time shrinks.")


class Iothreads(Section):
    """<iothreads> and related elements; mixed into `Domain`."""

    bare = ("iothreads",)

    iothreads: XmlField[int] = XmlField("./iothreads", INTEGER, "Number of I/O threads.")
    iothreadids: Children[Iothread] = Children("./iothreadids/iothread", Iothread, "I/O threads.")
    defaultiothread_thread_pool_min: XmlField[int] = XmlField(
        "./defaultiothread/@thread_pool_min", INTEGER, "Minimum number of worker threads of the main loop."
    )
    defaultiothread_thread_pool_max: XmlField[int] = XmlField(
        "./defaultiothread/@thread_pool_max", INTEGER, "Maximum number of worker threads of the main loop."
    )
