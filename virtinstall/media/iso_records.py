"""Directory records of ISO 9660, with the names and links that Rock Ridge adds.

Source: ECMA-119 section 9.1 (directory records); SUSP 1.12 sections 5.1 (CE), 5.3 (SP) and
5.4 (ST); RRIP 1.12 sections 4.1.3 (SL), 4.1.4 (NM) and 4.1.5.1 (CL).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from virtinstall.errors import FetchError

SECTOR_BYTES = 2048
MOST_CONTINUATIONS = 32
_DIRECTORY = 0x02
_MORE_EXTENTS = 0x80
_FIXED_BYTES = 33

_CONTINUE, _CURRENT, _PARENT, _ROOT = 0x01, 0x02, 0x04, 0x08

ReadBlock = Callable[[int, int, int], bytes]


@dataclass
class SystemUse:
    """The Rock Ridge data in the system use area of a directory record.

    `name` is the Rock Ridge name, `link` the target of a symbolic link, and `child_block` the first logical block of a
    relocated directory; each is None if the area does not contain it. `compressed` is true if the file is compressed
    with zisofs.
    """

    name: str | None = None
    link: str | None = None
    child_block: int | None = None
    compressed: bool = False
    _name_parts: list[bytes] = field(default_factory=list)
    _link_parts: list[str] = field(default_factory=list)
    _link_goes_on: bool = False


@dataclass(frozen=True)
class Record:
    """A directory record for one extent of a file or directory.

    `block` is the extent's first logical block, and `length` is the length of the extent in bytes. `more_extents` is
    true if the next record describes another extent of the same file. `interleaved` is true if there are gaps in the
    extent.
    """

    identifier: bytes
    block: int
    length: int
    is_directory: bool
    more_extents: bool
    interleaved: bool
    system_use: bytes


def parse_record(data: bytes, start: int, image: str) -> tuple[Record, int] | None:
    """Return the directory record at the offset `start`, and the offset of the next record; None after the last record.

    `data` is one sector of a directory; `image` is the name of the image in messages.

    Raises: FetchError, if the record has an invalid length.
    """
    length = data[start] if start < len(data) else 0
    if not length:
        return None
    name_length = data[start + 32] if start + 32 < len(data) else 0
    name_end = start + _FIXED_BYTES + name_length
    if length < _FIXED_BYTES + 1 or start + length > len(data) or name_end > start + length:
        raise damaged(image, "a directory record has an invalid length")
    extended, block, size = data[start + 1], *struct.unpack_from("<I4xI", data, start + 2)
    flags, unit, gap = data[start + 25], data[start + 26], data[start + 27]
    padded_end = name_end + (1 - name_length % 2)
    record = Record(
        identifier=data[start + _FIXED_BYTES : name_end],
        block=block + extended,
        length=size,
        is_directory=bool(flags & _DIRECTORY),
        more_extents=bool(flags & _MORE_EXTENTS),
        interleaved=bool(unit or gap),
        system_use=data[padded_end : start + length],
    )
    return record, start + length


def parse_system_use(area: bytes, read_block: ReadBlock, image: str) -> SystemUse:
    """Return the Rock Ridge data in the system use area `area` and in its continuation areas.

    `read_block(block, offset, length)` is called for each continuation area. It must return `length` bytes, starting at
    the byte `offset` of the logical block `block`. `image` is the name of the image in messages.

    Raises: FetchError, if a continuation area cannot be read, or if there are too many continuation areas.
    """
    use = SystemUse()
    for _ in range(MOST_CONTINUATIONS):
        following = _parse_entries(area, use)
        if following is None:
            break
        area = read_block(*following)
    else:
        raise damaged(image, f"more than {MOST_CONTINUATIONS} Rock Ridge continuation areas")
    if use._name_parts:
        use.name = b"".join(use._name_parts).decode("utf-8", "surrogateescape")
    if use._link_parts:
        use.link = "/".join(use._link_parts)
    return use


def _parse_entries(area: bytes, use: SystemUse) -> tuple[int, int, int] | None:
    """Store the entries in `use`; return block, offset and length of the next area, None if there is none."""
    following: tuple[int, int, int] | None = None
    start = 0
    while start + 4 <= len(area):
        kind, length = area[start : start + 2], area[start + 2]
        if length < 4 or start + length > len(area):
            break
        body = area[start + 4 : start + length]
        if kind == b"NM" and body:
            if not body[0] & (_CURRENT | _PARENT):
                use._name_parts.append(body[1:])
        elif kind == b"SL" and body:
            _parse_link(body[1:], use)
        elif kind == b"CL" and len(body) >= 4:
            (use.child_block,) = struct.unpack_from("<I", body)
        elif kind == b"ZF":
            use.compressed = True
        elif kind == b"CE" and len(body) >= 24:
            following = struct.unpack_from("<I4xI4xI", body)
        elif kind == b"ST":
            break
        start += length
    return following


def _parse_link(components: bytes, use: SystemUse) -> None:
    """Add the component records of one SL entry to the link's path."""
    start = 0
    while start + 2 <= len(components):
        flags, length = components[start], components[start + 1]
        text = components[start + 2 : start + 2 + length].decode("utf-8", "surrogateescape")
        if flags & _CURRENT:
            text = "."
        elif flags & _PARENT:
            text = ".."
        elif flags & _ROOT:
            text = ""
        if use._link_goes_on and use._link_parts:
            use._link_parts[-1] += text
        else:
            use._link_parts.append(text)
        use._link_goes_on = bool(flags & _CONTINUE)
        start += 2 + length


def damaged(image: str, what: str) -> FetchError:
    """Return the error for an image that violates ISO 9660; `what` describes the violation."""
    return FetchError(
        f"the ISO image '{image}' is damaged: {what}", hint="download the image again and verify its checksum"
    )
