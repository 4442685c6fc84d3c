"""`--pm`: sleep states that the guest can use.

Source: https://libvirt.org/formatdomain.html#power-management
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import YES_NO


class Pm(Section):
    """<pm>: the ACPI sleep states of the guest."""

    tag = "pm"

    suspend_to_mem: XmlField[bool] = XmlField(
        "./suspend-to-mem/@enabled",
        YES_NO,
        "Support suspend to RAM (S3).",
        name="suspend_to_mem.enabled",
        aliases=("suspend_to_mem", "suspend-to-mem.enabled"),
    )
    suspend_to_disk: XmlField[bool] = XmlField(
        "./suspend-to-disk/@enabled",
        YES_NO,
        "Support suspend to disk (S4).",
        name="suspend_to_disk.enabled",
        aliases=("suspend_to_disk", "suspend-to-disk.enabled"),
    )
