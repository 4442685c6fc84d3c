"""Disk images for the vendor's server."""

from __future__ import annotations

import os
from pathlib import Path

from virtinstall.new_image import NewImage
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.provision import provision_image

MIB = 1 << 20


def qcow2(folder: Path, *, size: int = 8 * MIB, padding: int = 0, backing: Path | None = None) -> bytes:
    """Return a qcow2 image; `padding` random bytes after it represent the data of a larger image."""
    path = folder / f"image-{os.urandom(4).hex()}.qcow2"
    undo = Undo()
    provision_image(
        NewImage(
            path=str(path),
            format="qcow2",
            capacity_bytes=size,
            backing_path=None if backing is None else str(backing),
            backing_format=None if backing is None else "raw",
        ),
        undo,
        Silent(),
    )
    undo.keep_everything()
    data = path.read_bytes()
    path.unlink()
    return data + os.urandom(padding)


def raw(size: int = MIB) -> bytes:
    """Return a raw image with a boot sector."""
    return bytes(510) + b"\x55\xaa" + os.urandom(4096) + bytes(size - 512 - 4096)
