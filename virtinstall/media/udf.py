"""The label of a UDF disc without an ISO 9660 part, such as that of some Windows install media.

Source: ECMA-167 part 3, sections 7.2 (tags), 10.1 (primary volume descriptor), 10.2 (anchor) and part 1, section 7.2.12
(dstring); UDF 2.60 section 2.1.1.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from virtinstall.media.fetcher import VolumeIds
from virtinstall.media.iso_records import SECTOR_BYTES

if TYPE_CHECKING:
    from virtinstall.media.bytesource import ByteSource

_ANCHOR_SECTOR = 256
_MOST_DESCRIPTORS = 64
_TAG_PRIMARY, _TAG_ANCHOR, _TAG_TERMINATING = 1, 2, 8


def udf_volume(source: ByteSource) -> VolumeIds | None:
    """Return the identifiers of the UDF volume in `source`; None if `source` contains no UDF volume."""
    if source.size < (_ANCHOR_SECTOR + 1) * SECTOR_BYTES:
        return None
    anchor = source.read_at(_ANCHOR_SECTOR * SECTOR_BYTES, SECTOR_BYTES)
    tag, length, first = struct.unpack_from("<H14xII", anchor)
    if tag != _TAG_ANCHOR:
        return None
    for number in range(first, first + min(length // SECTOR_BYTES, _MOST_DESCRIPTORS)):
        if (number + 1) * SECTOR_BYTES > source.size:
            return None
        descriptor = source.read_at(number * SECTOR_BYTES, SECTOR_BYTES)
        (tag,) = struct.unpack_from("<H", descriptor)
        if tag == _TAG_PRIMARY:
            name = _dstring(descriptor[24:56])
            return VolumeIds(name, "", "", _identifier(descriptor[344:376]), source.size)
        if tag == _TAG_TERMINATING:
            return None
    return None


def _dstring(field: bytes) -> str:
    """Return the text of a field that starts with a compression ID and ends with the length."""
    used = field[1 : field[-1]] if field[-1] else b""
    encoding = "utf-16-be" if field[0] == 16 else "latin-1"
    return used.decode(encoding, "replace").rstrip("\0 ")


def _identifier(field: bytes) -> str:
    return field[1:24].decode("latin-1").rstrip("\0 ")
