"""`--memtune`: limits on the memory that the guest's process takes from the host.

Source: https://libvirt.org/formatdomain.html#memory-tuning
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER


class Memtune(Section):
    """<memtune>: limits, in KiB."""

    tag = "memtune"
    bare = ("soft_limit",)

    hard_limit: XmlField[int] = XmlField("./hard_limit", INTEGER, "The most memory it may take, in KiB.")
    soft_limit: XmlField[int] = XmlField("./soft_limit", INTEGER, "Limit in times of want, in KiB.")
    swap_hard_limit: XmlField[int] = XmlField(
        "./swap_hard_limit", INTEGER, "The most memory and swap together, in KiB."
    )
    min_guarantee: XmlField[int] = XmlField("./min_guarantee", INTEGER, "Memory it has in any case, in KiB.")
