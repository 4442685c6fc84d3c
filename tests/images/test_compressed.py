"""Compressed images: detected by content and decompressed during the download, in constant memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tests.images.disks import MIB, qcow2, raw
from tests.images.fetching import Client, named
from tests.images.vendor import Vendor
from virtinstall.errors import FetchError
from virtinstall.images.decompress import Decompressor

Compress = Callable[[bytes], bytes]


def _zstd(data: bytes) -> bytes:
    """Compress like the program zstd, with a checksum."""
    return bytes(zstandard.ZstdCompressor(write_checksum=True).compress(data))


COMPRESSIONS: dict[str, Compress] = {
    "xz": lzma.compress,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "zstd": _zstd,
    "several gzip members": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]),
    "several xz streams": lambda data: lzma.compress(data[:1000]) + bytes(8) + lzma.compress(data[1000:]),
    "several zstd frames": lambda data: _zstd(data[:99]) + _zstd(data[99:]),
}
every_compression = pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=COMPRESSIONS)


@every_compression
def test_image_is_stored_decompressed_and_sparse(vendor: Vendor, client: Client, compress: Compress) -> None:
    """The compression is detected without a file name extension; the digest is that of the compressed file."""
    data = raw(16 * MIB)
    image = client.fetch(named(vendor.publish("/images/disk.img", compress(data))))
    assert Path(image.path).read_bytes() == data
    assert image.verified == "digest"
    assert image.virtual_size == 16 * MIB
    assert os.stat(image.path).st_blocks * 512 < MIB


@every_compression
def test_truncated_data_is_an_error(vendor: Vendor, client: Client, compress: Compress) -> None:
    """The vendor's digest is that of the truncated file."""
    data = compress(raw())
    with pytest.raises(FetchError, match=r"incomplete|damaged|disk image"):
        client.fetch(named(vendor.publish("/images/disk.img", data[: len(data) - 5])))
    assert client.left() == []


@every_compression
def test_damaged_data_is_an_error(vendor: Vendor, client: Client, compress: Compress) -> None:
    """The cache contains no image."""
    data = bytearray(compress(raw()))
    data[len(data) // 2 : len(data) // 2 + 200] = os.urandom(200)
    with pytest.raises(FetchError):
        client.fetch(named(vendor.publish("/images/disk.img", bytes(data))))
    assert client.cache.files() == []


def test_interrupted_compressed_download_is_resumed(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """The same run resumes the download and the decompression."""
    data = qcow2(tmp_path, padding=2 * MIB)
    url = vendor.publish("/images/disk.img.xz", lzma.compress(data))
    vendor.cut_after["/images/disk.img.xz"] = [MIB]
    assert Path(client.fetch(named(url)).path).read_bytes() == data


def test_compressed_download_of_a_failed_run_starts_again(vendor: Vendor, client: Client, tmp_path: Path) -> None:
    """Another run cannot resume the decompression, so no partial file is kept."""
    url = vendor.publish("/images/disk.img.xz", lzma.compress(qcow2(tmp_path, padding=2 * MIB)))
    vendor.cut_after["/images/disk.img.xz"] = [MIB, MIB]
    with pytest.raises(FetchError):
        client.fetch(named(url))
    assert client.left() == []
    client.fetch(named(url))


class _Counter:
    """Target that counts bytes and records the largest piece."""

    def __init__(self) -> None:
        self.size = 0
        self.largest = 0

    def write(self, data: bytes | memoryview, /) -> int:
        """Count the data."""
        self.size += len(data)
        self.largest = max(self.largest, len(data))
        return len(data)

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("kind", ["xz", "gzip", "bzip2", "zstd"])
def test_decompression_needs_little_memory(kind: str) -> None:
    """A small hostile file may expand to gigabytes."""
    size = 128 * MIB
    data = COMPRESSIONS[kind](bytes(size))
    counter = _Counter()
    decompressor = Decompressor(kind, counter, "https://h/x")
    tracemalloc.start()
    for start in range(0, len(data), 65536):
        decompressor.write(data[start : start + 65536])
    decompressor.finish()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counter.size == size
    assert peak < 40 * MIB
