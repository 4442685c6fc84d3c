"""`--throttle`: I/O limits that several disks share.

A disk refers to a group with `--disk throttle=GROUP`.

Source: https://libvirt.org/formatdomain.html#throttle-group-management
"""

from __future__ import annotations

from typing import ClassVar

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT


def _limit(name: str, doc: str) -> XmlField[int]:
    return XmlField(f"./{name}", INTEGER, doc)


class ThrottleGroup(Section):
    """<throttlegroup>: limits that several disks share."""

    tag = "throttlegroup"
    above: ClassVar[tuple[str, ...] | None] = ("throttlegroups",)
    bare = ("group_name",)

    group_name: XmlField[str] = XmlField("./group_name", TEXT, "Name of the group.", aliases=("name",))
    total_bytes_sec: XmlField[int] = _limit("total_bytes_sec", "Maximum number of bytes read and written per second.")
    read_bytes_sec: XmlField[int] = _limit("read_bytes_sec", "Maximum number of bytes read per second.")
    write_bytes_sec: XmlField[int] = _limit("write_bytes_sec", "Maximum number of bytes written per second.")
    total_iops_sec: XmlField[int] = _limit("total_iops_sec", "Maximum number of reads and writes per second.")
    read_iops_sec: XmlField[int] = _limit("read_iops_sec", "Maximum number of reads per second.")
    write_iops_sec: XmlField[int] = _limit("write_iops_sec", "Maximum number of writes per second.")
    total_bytes_sec_max: XmlField[int] = _limit(
        "total_bytes_sec_max", "Maximum number of bytes read and written per second during a burst."
    )
    read_bytes_sec_max: XmlField[int] = _limit(
        "read_bytes_sec_max", "Maximum number of bytes read per second during a burst."
    )
    write_bytes_sec_max: XmlField[int] = _limit(
        "write_bytes_sec_max", "Maximum number of bytes written per second during a burst."
    )
    total_iops_sec_max: XmlField[int] = _limit(
        "total_iops_sec_max", "Maximum number of reads and writes per second during a burst."
    )
    read_iops_sec_max: XmlField[int] = _limit("read_iops_sec_max", "Maximum number of reads per second during a burst.")
    write_iops_sec_max: XmlField[int] = _limit(
        "write_iops_sec_max", "Maximum number of writes per second during a burst."
    )
    size_iops_sec: XmlField[int] = _limit("size_iops_sec", "Number of bytes that count as one request.")
    total_bytes_sec_max_length: XmlField[int] = _limit(
        "total_bytes_sec_max_length", "Longest burst of bytes read and written, in seconds."
    )
    read_bytes_sec_max_length: XmlField[int] = _limit(
        "read_bytes_sec_max_length", "Longest burst of bytes read, in seconds."
    )
    write_bytes_sec_max_length: XmlField[int] = _limit(
        "write_bytes_sec_max_length", "Longest burst of bytes written, in seconds."
    )
    total_iops_sec_max_length: XmlField[int] = _limit(
        "total_iops_sec_max_length", "Longest burst of reads and writes, in seconds."
    )
    read_iops_sec_max_length: XmlField[int] = _limit("read_iops_sec_max_length", "Longest burst of reads, in seconds.")
    write_iops_sec_max_length: XmlField[int] = _limit(
        "write_iops_sec_max_length", "Longest burst of writes, in seconds."
    )
