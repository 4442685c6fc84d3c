"""`--events`: actions when the guest powers off, reboots or crashes.

Source: https://libvirt.org/formatdomain.html#events-configuration
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT


class Events(Section):
    """<on_poweroff> and the other event elements; mixed into `Domain`."""

    on_poweroff: XmlField[str] = XmlField(
        "./on_poweroff", TEXT, "Action when the guest powers off: `destroy`, `restart`, `preserve`."
    )
    on_reboot: XmlField[str] = XmlField(
        "./on_reboot", TEXT, "Action when the guest reboots: `restart`, `destroy`, `preserve`."
    )
    on_crash: XmlField[str] = XmlField(
        "./on_crash", TEXT, "Action when the guest crashes: `destroy`, `restart`, `preserve`, `coredump-destroy`."
    )
    on_lockfailure: XmlField[str] = XmlField(
        "./on_lockfailure",
        TEXT,
        "Action when the lock on a disk is lost: `poweroff`, `restart`, `pause`, `ignore`.",
    )
