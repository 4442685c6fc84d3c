"""`--memtune`: limits on the host memory of the guest's process.

Source: https://libvirt.org/formatdomain.html#memory-tuning
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER


class Memtune(Section):
    """<memtune>: limits on the guest's memory usage, in KiB."""

    tag = "memtune"
    bare = ("soft_limit",)

    hard_limit: XmlField[int] = XmlField("./hard_limit", INTEGER, "Maximum memory, in KiB.")
    soft_limit: XmlField[int] = XmlField(
        "./soft_limit", INTEGER, "Memory limit when the host's memory is scarce, in KiB."
    )
    swap_hard_limit: XmlField[int] = XmlField(
        "./swap_hard_limit", INTEGER, "Maximum of memory and swap space together, in KiB."
    )
    min_guarantee: XmlField[int] = XmlField("./min_guarantee", INTEGER, "Guaranteed memory, in KiB.")
