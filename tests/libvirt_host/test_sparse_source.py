"""Upload to a remote host: the data of a file and the positions of its holes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from virtinstall.libvirt_host.sparse_source import SparseSource
from virtinstall.progress import Silent

MIB = 1 << 20


def sent(path: Path) -> tuple[bytes, int]:
    """Return the received file, and the number of bytes that were transferred."""
    fd = os.open(path, os.O_RDONLY)
    try:
        source, arrived, carried = SparseSource(fd, path.stat().st_size, Silent()), b"", 0
        while True:
            in_data, length = source.section()
            if not in_data and length:
                arrived += bytes(length)
                source.skip(None, length)
                continue
            data = source.read(None, 65536)
            if not data:
                return arrived, carried
            arrived += data
            carried += len(data)
    finally:
        os.close(fd)


@pytest.mark.parametrize(
    ("pieces", "size"),
    [
        ({}, 0),
        ({}, 3 * MIB),
        ({0: b"a" * MIB}, MIB),
        ({2 * MIB: b"b" * 70_000}, 4 * MIB),
        ({0: b"c", 5 * MIB: b"d" * 3 * MIB}, 8 * MIB),
        ({MIB: b"e" * 100}, MIB + 100),
    ],
)
def test_received_file_is_equal_and_holes_are_not_transferred(
    tmp_path: Path, pieces: dict[int, bytes], size: int
) -> None:
    """The file has data at its start, in its middle, at its end, or none."""
    path = tmp_path / "image"
    with path.open("wb") as file:
        file.truncate(size)
        for offset, data in pieces.items():
            file.seek(offset)
            file.write(data)

    arrived, carried = sent(path)

    assert arrived == path.read_bytes()
    assert carried <= path.stat().st_blocks * 512
