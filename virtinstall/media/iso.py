"""A reader of ISO 9660 images, for `--location IMAGE.iso` and for OS detection with `--cdrom`.

Only the sectors of the traversed directories and of the requested files are read.

Source: ECMA-119 (ISO 9660) sections 6.8, 8.4, 8.5 and 9.1; the Joliet specification; El Torito 1.0; SUSP 1.12; ECMA-167
part 3, section 10.1 for the label of pure UDF discs.
"""

from __future__ import annotations

import shlex
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError
from virtinstall.media.bytesource import truncated
from virtinstall.media.fetcher import VolumeIds, clean_path
from virtinstall.media.iso_records import SECTOR_BYTES, Record, damaged, parse_record, parse_system_use
from virtinstall.safe_text import one_line
from virtinstall.units import human_size

if TYPE_CHECKING:
    from virtinstall.media.bytesource import ByteSource
    from virtinstall.media.fetcher import Target
    from virtinstall.progress import Progress

_FIRST_DESCRIPTOR = 16
_MOST_DESCRIPTORS = 64
_MOST_DIRECTORY_BYTES = 16 * 1024**2
_MOST_METADATA_BYTES = 64 * 1024**2
_MOST_LINKS = 8
_BOOT, _PRIMARY, _SUPPLEMENTARY, _END = 0, 1, 2, 255
_JOLIET_ESCAPES = (b"%/@", b"%/C", b"%/E")
_SP_BYTES = 7


@dataclass(frozen=True)
class IsoEntry:
    """A file, directory or symbolic link in an ISO image.

    Each of the `extents` is a pair of an offset in the image and a length, both in bytes. `link` is the target of a
    symbolic link, None for other entries. `compressed` is true if the data is compressed with zisofs.
    """

    name: str
    is_directory: bool
    extents: tuple[tuple[int, int], ...]
    link: str | None = None
    compressed: bool = False

    @property
    def size(self) -> int:
        """The total length of the extents in bytes."""
        return sum(length for _, length in self.extents)


class IsoImage:
    """An ISO 9660 image, read through a `ByteSource`.

    Raises: FetchError, if the source is not an ISO 9660 image, or if the image is damaged.
    """

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._metadata_left = _MOST_METADATA_BYTES
        self._directories: dict[tuple[tuple[int, int], ...], dict[str, IsoEntry]] = {}
        primary, joliet = self._read_descriptors()
        (self._block_bytes,) = struct.unpack_from("<H", primary, 128)
        if self._block_bytes not in (512, 1024, SECTOR_BYTES):
            raise damaged(source.name, f"invalid block size {self._block_bytes}")
        self.volume = _volume_ids(primary, self._block_bytes)
        self._skip: int | None = None
        self._joliet = False
        self._root = self._read_root(primary)
        if self._skip is None and joliet is not None:
            self._joliet = True
            self._root = self._read_root(joliet)

    def find(self, path: str) -> IsoEntry | None:
        """Return the entry for the file or directory at `path`; None if it does not exist. Symbolic links are followed.

        Raises: FetchError, if the image is damaged or the symbolic links form a loop.
        """
        return self._find(clean_path(path).split("/"), _MOST_LINKS)

    def names(self, path: str = "") -> list[str]:
        """Return the names in the directory at `path`; an empty `path` denotes the root directory.

        Raises: FetchError, if the directory does not exist.
        """
        entry = self.find(path)
        if entry is None or not entry.is_directory:
            raise FetchError(f"no such directory in '{self._source.name}': '{path}'")
        return list(self._directory(entry))

    def read(self, entry: IsoEntry, limit: int) -> bytes:
        """Return the first `limit` bytes of the file `entry`.

        Raises: FetchError, if `entry` is a directory or compressed, or cannot be read.
        """
        data = b""
        for offset, length in self._readable(entry):
            data += self._source.read_at(offset, min(length, limit - len(data)))
        return data

    def copy_to(self, entry: IsoEntry, target_file: Target, progress: Progress) -> None:
        """Write the contents of the file `entry` to `target_file`; the caller starts and finishes `progress`.

        Raises: FetchError, if `entry` is a directory or compressed, or if reading or writing fails.
        """
        for offset, length in self._readable(entry):
            self._source.copy_to(offset, length, target_file, progress)

    def read_sector(self, number: int) -> bytes:
        """Return the sector with this number, which is 2048 bytes long."""
        return self._metadata(number * SECTOR_BYTES, SECTOR_BYTES)

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _find(self, parts: list[str], links_left: int) -> IsoEntry | None:
        trail = [self._root]
        for position, part in enumerate(parts):
            if part in ("", "."):
                continue
            if part == "..":
                trail = trail[:-1] or trail
                continue
            here = trail[-1]
            entry = _pick(self._directory(here), part) if here.is_directory else None
            if entry is None:
                return None
            if entry.link is not None:
                if not links_left:
                    raise damaged(self._source.name, "symbolic link loop")
                above = [] if entry.link.startswith("/") else [each.name for each in trail[1:]]
                return self._find([*above, *entry.link.split("/"), *parts[position + 1 :]], links_left - 1)
            trail.append(entry)
        return trail[-1]

    def _readable(self, entry: IsoEntry) -> tuple[tuple[int, int], ...]:
        if entry.is_directory or entry.compressed:
            problem = (
                "a directory, not a file" if entry.is_directory else "compressed with zisofs, which is not supported"
            )
            raise FetchError(f"'{entry.name}' in '{self._source.name}' is {problem}")
        return entry.extents

    def _metadata(self, offset: int, length: int) -> bytes:
        self._metadata_left -= length
        if self._metadata_left < 0:
            raise damaged(self._source.name, f"its directories are larger than {human_size(_MOST_METADATA_BYTES)}")
        return self._source.read_at(offset, length)

    def _read_descriptors(self) -> tuple[bytes, bytes | None]:
        primary: bytes | None = None
        joliet: bytes | None = None
        for number in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + _MOST_DESCRIPTORS):
            if (number + 1) * SECTOR_BYTES > self._source.size:
                break
            sector = self.read_sector(number)
            if sector[1:6] != b"CD001" or sector[0] == _END:
                break
            if sector[0] == _PRIMARY and primary is None:
                primary = sector
            elif sector[0] == _SUPPLEMENTARY and sector[88:91] in _JOLIET_ESCAPES:
                joliet = sector
        if primary is None:
            raise FetchError(
                f"'{self._source.name}' is not an ISO 9660 image",
                hint="use an install tree or an ISO image, or boot from a disk image with: --import --disk "
                f"{'image=' if '://' in self._source.name else ''}{shlex.quote(self._source.name)}",
            )
        return primary, joliet

    def _read_root(self, descriptor: bytes) -> IsoEntry:
        parsed = parse_record(descriptor[156:190], 0, self._source.name)
        if parsed is None or not parsed[0].is_directory:
            raise damaged(self._source.name, "it has no root directory")
        root = IsoEntry("", True, (self._extent(parsed[0]),))
        if not self._joliet:
            self._skip = self._rock_ridge_skip(root)
        return root

    def _rock_ridge_skip(self, root: IsoEntry) -> int | None:
        """Return the number of bytes before the Rock Ridge data in each system use area; None without Rock Ridge."""
        offset, _ = root.extents[0]
        parsed = parse_record(self._metadata(offset, SECTOR_BYTES), 0, self._source.name)
        if parsed is None:
            return None
        area = parsed[0].system_use
        for start in (0, 14):  # 14: CD-ROM XA stores its bytes first
            entry = area[start : start + _SP_BYTES]
            if len(entry) == _SP_BYTES and entry[:2] == b"SP" and entry[4:6] == b"\xbe\xef":
                return entry[6]
        return None

    def _extent(self, record: Record) -> tuple[int, int]:
        offset = record.block * self._block_bytes
        if offset + record.length > self._source.size:
            raise truncated(self._source)
        return offset, record.length

    def _directory(self, directory: IsoEntry) -> dict[str, IsoEntry]:
        known = self._directories.get(directory.extents)
        if known is None:
            known = self._directories[directory.extents] = self._read_directory(directory)
        return known

    def _read_directory(self, directory: IsoEntry) -> dict[str, IsoEntry]:
        if directory.size > _MOST_DIRECTORY_BYTES:
            raise damaged(self._source.name, f"invalid size {directory.size} of a directory")
        data = b"".join(self._metadata(*extent) for extent in directory.extents)
        entries: dict[str, IsoEntry] = {}
        pending: list[Record] = []
        for record in self._records(data):
            if record.identifier in (b"\0", b"\1"):
                continue
            pending.append(record)
            if record.more_extents:
                continue
            entry = self._entry(pending)
            pending = []
            entries.setdefault(entry.name, entry)
        return entries

    def _entry(self, records: list[Record]) -> IsoEntry:
        last = records[-1]
        if any(record.interleaved for record in records):
            raise FetchError(
                f"'{self._source.name}' contains interleaved files, which are not supported",
                hint="use another install image",
            )
        name = self._plain_name(last.identifier)
        link, compressed, directory = None, False, last.is_directory
        extents: tuple[tuple[int, int], ...] | None = None
        if self._skip is not None:
            area = records[0].system_use[self._skip :]
            use = parse_system_use(area, self._continuation, self._source.name)
            name, link, compressed = use.name or name, use.link, use.compressed
            if use.child_block is not None:
                directory, extents = True, (self._moved_directory(use.child_block),)
        if "/" in name or "\0" in name or name in ("", ".", ".."):
            raise damaged(self._source.name, f"invalid file name '{one_line(name)}'")
        if extents is None:
            # A file beyond the end of a truncated image is an error only if it is requested.
            extents = tuple((record.block * self._block_bytes, record.length) for record in records)
        return IsoEntry(name, directory, extents, link, compressed)

    def _moved_directory(self, block: int) -> tuple[int, int]:
        """Return the extent of a directory that Rock Ridge moved because of the limit for nested directories."""
        parsed = parse_record(self._metadata(block * self._block_bytes, SECTOR_BYTES), 0, self._source.name)
        if parsed is None or not parsed[0].is_directory:
            raise damaged(self._source.name, "a relocated directory is missing")
        return self._extent(parsed[0])

    def _continuation(self, block: int, offset: int, length: int) -> bytes:
        if offset + length > SECTOR_BYTES:
            raise damaged(self._source.name, "a Rock Ridge area is longer than a sector")
        return self._metadata(block * self._block_bytes + offset, length)

    def _records(self, data: bytes) -> list[Record]:
        """Return all records of a directory; a record never crosses the end of a sector."""
        found = []
        for sector_start in range(0, len(data), SECTOR_BYTES):
            sector = data[sector_start : sector_start + SECTOR_BYTES]
            start = 0
            while (parsed := parse_record(sector, start, self._source.name)) is not None:
                record, start = parsed
                found.append(record)
        return found

    def _plain_name(self, identifier: bytes) -> str:
        if self._joliet:
            return identifier.decode("utf-16-be", "replace").partition(";")[0]
        return identifier.decode("ascii", "replace").partition(";")[0].rstrip(".")


def _pick(entries: dict[str, IsoEntry], name: str) -> IsoEntry | None:
    """Return the entry with that name, or one that differs in case, as in plain ISO 9660; None if there is none."""
    if name in entries:
        return entries[name]
    folded = name.casefold()
    return next((entry for key, entry in entries.items() if key.casefold() == folded), None)


def _volume_ids(primary: bytes, block_bytes: int) -> VolumeIds:
    def text(start: int, end: int) -> str:
        return primary[start:end].decode("utf-8", "replace").rstrip(" \0")

    (blocks,) = struct.unpack_from("<I", primary, 80)
    return VolumeIds(
        volume_id=text(40, 72),
        system_id=text(8, 40),
        publisher_id=text(318, 446),
        application_id=text(574, 702),
        volume_size=blocks * block_bytes,
    )
