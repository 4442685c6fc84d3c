"""Parts of a disk that have a class of their own: hosts of a network source, security labels.

Source: https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
"""

from __future__ import annotations

from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT, YES_NO


class SourceHost(Element):
    """<host>: a server of network storage."""

    tag = "host"

    name = XmlField("./@name", TEXT, "Host name or address of the server.")
    port = XmlField("./@port", INTEGER, "Port of the server.")
    socket = XmlField("./@socket", TEXT, "Path of the server's socket.")
    transport = XmlField("./@transport", TEXT, "How it is reached: `tcp`, `unix`, `rdma`.")


class SourceSeclabel(Element):
    """<seclabel> below <source>: a security label of this source only."""

    tag = "seclabel"

    model = XmlField("./@model", TEXT, "Security model: `dac`, `selinux`, `apparmor`.")
    relabel = XmlField("./@relabel", YES_NO, "Whether the source is relabelled at the start.")
    label = XmlField("./label", TEXT, "The label itself.", commas=True)
