"""Damaged and hostile ISO images: an error or a result, never a traceback or a hang.

VIRTINSTALL_FUZZ is the number of images tried (default 500).
"""

from __future__ import annotations

import os
import random
import struct
import time
from io import BytesIO
from pathlib import Path

from tests.media.isofiles import build_iso
from virtinstall.errors import FetchError
from virtinstall.media.fetcher import Target
from virtinstall.media.iso import IsoImage
from virtinstall.media.iso_fetcher import IsoFetcher
from virtinstall.media.tree import recognize
from virtinstall.media.udf import udf_volume
from virtinstall.progress import Progress, Silent

COUNT = int(os.environ.get("VIRTINSTALL_FUZZ", "500"))


class MemorySource:
    """Bytes in memory as a `ByteSource`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.name = "fuzzed.iso"
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise FetchError("beyond the end")
        return self.data[offset : offset + length]

    def copy_to(self, offset: int, length: int, target_file: Target, progress: Progress) -> None:
        """Write exactly `length` bytes."""
        target_file.write(self.read_at(offset, length))

    def close(self) -> None:
        """Do nothing: no file is open."""


def examine(data: bytes) -> bool:
    """Read an image as a run does; return whether it succeeded."""
    source = MemorySource(data)
    try:
        udf_volume(source)
        image = IsoImage(source)
        image.names()
        fetcher = IsoFetcher(source)
        tree = recognize(fetcher, arch="x86_64")
        fetcher.download(tree.kernel_path, BytesIO(), Silent())
        fetcher.download(tree.initrd_path, BytesIO(), Silent())
    except FetchError:
        return False
    return True


def sample(tmp_path: Path) -> bytes:
    """Return a small valid image with all supported features."""
    files = {
        "isolinux/isolinux.cfg": b"label l\nkernel vmlinuz\nappend initrd=initrd.img\n",
        "isolinux/vmlinuz": b"k" * 3000,
        "isolinux/initrd.img": b"i" * 3000,
        "n" * 64: b"long",
    }
    path = build_iso(tmp_path / "x.iso", files, boot="isolinux/vmlinuz", links={"link": "isolinux/vmlinuz"})
    return path.read_bytes()


def test_damaged_image_is_read_or_rejected(tmp_path: Path) -> None:
    """Each image has wrong bytes in important places and takes at most 5 s."""
    good = sample(tmp_path)
    assert examine(good)
    dice = random.Random(1)
    structures = [at for at in range(16 * 2048, len(good)) if good[at]]
    rejected = 0
    for _ in range(COUNT):
        bad = bytearray(good)
        for _ in range(dice.choice((1, 1, 2, 5, 40))):
            bad[dice.choice(structures)] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        if not dice.randrange(20):
            del bad[dice.randrange(len(bad)) :]
        started = time.monotonic()
        rejected += not examine(bytes(bad))
        assert time.monotonic() - started < 5
    assert rejected


def test_directory_may_contain_itself(tmp_path: Path) -> None:
    """A path through it ends after its last component."""
    data = bytearray(sample(tmp_path))
    primary = 16 * 2048
    (root,) = struct.unpack_from("<I", data, primary + 156 + 2)
    at = data.index(b"ISOLINUX", root * 2048) - 33
    struct.pack_into("<I", data, at + 2, root)
    image = IsoImage(MemorySource(bytes(data)))
    assert image.find("isolinux/" * 500 + "isolinux") is not None
    assert image.find("isolinux/isolinux/vmlinuz") is None


def test_directory_of_4_gib_is_rejected(tmp_path: Path) -> None:
    """It would be larger than the image."""
    data = bytearray(sample(tmp_path))
    struct.pack_into("<I", data, 16 * 2048 + 156 + 10, 0xFFFFFFFF)
    assert not examine(bytes(data))


def test_truncated_rock_ridge_entry_causes_no_traceback(tmp_path: Path) -> None:
    """The record of the root ends before the last byte of its SP entry."""
    data = bytearray(sample(tmp_path))
    (root,) = struct.unpack_from("<I", data, 16 * 2048 + 156 + 2)
    assert data[root * 2048 + 34 : root * 2048 + 36] == b"SP"
    data[root * 2048] = 34 + 6
    examine(bytes(data))
