"""`--idmap`: mapping of a container's users and groups to those of the host.

Source: https://libvirt.org/formatdomain.html#container-boot
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER


class Idmap(Section):
    """<idmap>: the mapping of a container's user and group IDs to IDs on the host."""

    tag = "idmap"

    uid_start: XmlField[int] = XmlField(
        "./uid/@start", INTEGER, "First user ID in the container.", aliases=("uid_start",)
    )
    uid_target: XmlField[int] = XmlField(
        "./uid/@target", INTEGER, "First user ID on the host.", aliases=("uid_target",)
    )
    uid_count: XmlField[int] = XmlField("./uid/@count", INTEGER, "Number of user IDs.", aliases=("uid_count",))
    gid_start: XmlField[int] = XmlField(
        "./gid/@start", INTEGER, "First group ID in the container.", aliases=("gid_start",)
    )
    gid_target: XmlField[int] = XmlField(
        "./gid/@target", INTEGER, "First group ID on the host.", aliases=("gid_target",)
    )
    gid_count: XmlField[int] = XmlField("./gid/@count", INTEGER, "Number of group IDs.", aliases=("gid_count",))
