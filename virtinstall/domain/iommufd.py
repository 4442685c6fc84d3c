"""`--iommufd`: the use of /dev/iommu for host devices that are assigned to the guest.

Source: https://libvirt.org/formatdomain.html
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT, YES_NO


class Iommufd(Section):
    """<iommufd>: whether host devices are assigned with IOMMUFD instead of VFIO containers."""

    tag = "iommufd"
    bare = ("enabled",)

    enabled: XmlField[bool] = XmlField("./@enabled", YES_NO, "Whether all PCI host devices use `/dev/iommu`.")
    fdgroup: XmlField[str] = XmlField("./@fdgroup", TEXT, "Name under which file descriptors are passed to libvirt.")
