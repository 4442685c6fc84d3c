"""What of an ISO image a machine's firmware boots: the El Torito catalog.

Source: "El Torito" Bootable CD-ROM Format Specification 1.0, sections 2.1 to 2.5;
UEFI specification 2.10 section 13.3.2.1 (platform 0xEF).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from virtinstall.media.iso_records import SECTOR_BYTES, damaged

if TYPE_CHECKING:
    from virtinstall.media.iso import IsoImage

_ENTRY_BYTES = 32
_BOOTABLE = 0x88
_HEADER, _LAST_HEADER = 0x90, 0x91
_PLATFORMS = {0x00: "x86", 0x01: "ppc", 0x02: "mac", 0xEF: "efi"}


@dataclass(frozen=True)
class BootEntry:
    """One boot image: `platform` is x86, ppc, mac, efi or the number; `sector` and `sectors` of 2048 and 512 bytes."""

    platform: str
    bootable: bool
    emulation: int
    sector: int
    sectors: int


def boot_entries(image: IsoImage) -> list[BootEntry]:
    """The boot images listed in the image's El Torito catalog; empty where it has none.

    Raises: FetchError, when the catalog is damaged.
    """
    if image.boot_catalog_sector is None:
        return []
    catalog = image.read_sector(image.boot_catalog_sector)
    first = catalog[:_ENTRY_BYTES]
    if first[0] != 1 or first[30:32] != b"\x55\xaa" or sum(struct.unpack("<16H", first)) & 0xFFFF:
        raise damaged("its boot catalog has no valid first entry")
    platform = first[1]
    found = [_entry(catalog[_ENTRY_BYTES : 2 * _ENTRY_BYTES], platform)]
    left_in_section = 0
    for start in range(2 * _ENTRY_BYTES, SECTOR_BYTES, _ENTRY_BYTES):
        entry = catalog[start : start + _ENTRY_BYTES]
        if left_in_section:
            found.append(_entry(entry, platform))
            left_in_section -= 1
        elif entry[0] in (_HEADER, _LAST_HEADER):
            platform = entry[1]
            (left_in_section,) = struct.unpack_from("<H", entry, 2)
        else:
            break
    return found


def _entry(data: bytes, platform: int) -> BootEntry:
    sectors, sector = struct.unpack_from("<HI", data, 6)
    return BootEntry(
        platform=_PLATFORMS.get(platform, str(platform)),
        bootable=data[0] == _BOOTABLE,
        emulation=data[1] & 0x0F,
        sector=sector,
        sectors=sectors,
    )
