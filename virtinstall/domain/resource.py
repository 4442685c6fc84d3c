"""`--resource`: resource accounting of the guest.

Source: https://libvirt.org/formatdomain.html#resource-partitioning
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT


class Resource(Section):
    """<resource>: the guest's cgroup partition and Fibre Channel ID."""

    tag = "resource"
    bare = ("partition",)

    partition: XmlField[str] = XmlField(
        "./partition", TEXT, "Path of the cgroup in which the guest runs: `/machine/a`."
    )
    fibrechannel_appid: XmlField[str] = XmlField(
        "./fibrechannel/@appid", TEXT, "ID that marks the guest's Fibre Channel traffic.", commas=True
    )
