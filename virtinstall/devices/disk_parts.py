"""Parts of a disk with separate classes: hosts of a network source, throttle groups and security labels.

Source: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
"""

from __future__ import annotations

from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT, YES_NO


class SourceHost(Element):
    """<host>: a network storage server."""

    tag = "host"

    name: XmlField[str] = XmlField("./@name", TEXT, "Host name or address of the server.")
    port: XmlField[int] = XmlField("./@port", INTEGER, "Port of the server.")
    socket: XmlField[str] = XmlField("./@socket", TEXT, "Path of the server's socket.")
    transport: XmlField[str] = XmlField("./@transport", TEXT, "Transport: `tcp`, `unix`, `rdma`.")


class ThrottleFilter(Element):
    """<throttlefilter>: a throttle group that limits the disk."""

    tag = "throttlefilter"

    group: XmlField[str] = XmlField("./@group", TEXT, "Name of a group that --throttle defines.")


class SourceSeclabel(Element):
    """<seclabel> below <source>: a security label for this source only."""

    tag = "seclabel"

    model: XmlField[str] = XmlField("./@model", TEXT, "Security model: `dac`, `selinux`, `apparmor`.")
    relabel: XmlField[bool] = XmlField("./@relabel", YES_NO, "Whether the source is relabeled when the guest starts.")
    label: XmlField[str] = XmlField("./label", TEXT, "Security label.", commas=True)
