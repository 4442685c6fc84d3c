"""`--seclabel`: the security label of the guest's process.

Source: https://libvirt.org/formatdomain.html#security-label
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT, YES_NO


class Seclabel(Section):
    """<seclabel>: label of one security driver."""

    tag = "seclabel"

    type: XmlField[str] = XmlField("./@type", TEXT, "Whether libvirt generates the label: `dynamic`, `static`, `none`.")
    model: XmlField[str] = XmlField("./@model", TEXT, "Security driver: `selinux`, `apparmor`, `dac`.")
    relabel: XmlField[bool] = XmlField("./@relabel", YES_NO, "Whether the guest's files are labeled too.")
    label: XmlField[str] = XmlField("./label", TEXT, "The complete label, with `type=static`.", commas=True)
    baselabel: XmlField[str] = XmlField(
        "./baselabel", TEXT, "Label that libvirt completes, with `type=dynamic`.", commas=True
    )
