"""Images that contain answers: an ISO 9660 file system with the label that the installer looks for.

Each file has three names: Rock Ridge's for Linux, Joliet's for Windows, and a plain ISO 9660 name that is not used.

Source: https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html (label, files);
https://clalancette.github.io/pycdlib/pycdlib-api.html
"""

from __future__ import annotations

import os
import shlex
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from virtinstall.errors import StorageError
from virtinstall.rollback.signals import deferred_signals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from virtinstall.rollback.undo import Undo

_LARGEST_NAME = 64
_DEEPEST = 2


def write_seed_image(path: Path, label: str, files: Mapping[str, bytes], undo: Undo, *, keep: bool = False) -> None:
    """Write an ISO image labeled `label` to the new file `path`, and push its removal to `undo`.

    `files` maps the name of each file, NAME or FOLDER/NAME, to its content. If `keep` is false, the image is temporary:
    it is removed even if the run succeeds.

    Raises: StorageError, if `path` exists or cannot be written, or if a name in `files` is not allowed.
    """
    write_seed_file(path, image_bytes(label, files), undo, keep=keep)


def write_seed_file(path: Path, content: bytes, undo: Undo, *, keep: bool = False) -> None:
    """Write `content` to the new file `path`, and push its removal to `undo`.

    If `keep` is false, the file is temporary: it is removed even if the run succeeds. Only the owner can read the file,
    because answers for an installer contain passwords. libvirt's daemon makes the file readable by QEMU's user.

    Raises: StorageError, if the file exists or cannot be written.
    """
    from virtinstall.storage.files import storage_errors

    with storage_errors("cannot write the seed file", str(path)):
        with deferred_signals():
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                raise StorageError(
                    f"the seed file '{path}' already exists",
                    hint=f"if no guest uses the file, remove it with: rm {shlex.quote(str(path))}",
                ) from None
            undo.push(f"the file '{path}'", lambda: path.unlink(missing_ok=True), temporary=not keep)
        with os.fdopen(handle, "wb") as target:
            target.write(content)


def image_bytes(label: str, files: Mapping[str, bytes]) -> bytes:
    """Return an ISO image labeled `label`, which is created in memory because answers and drivers are small.

    `files` maps the name of each file, NAME or FOLDER/NAME, to its content.

    Raises: StorageError, if a name in `files` is not allowed.
    """
    from pycdlib import PyCdlib

    for name in files:
        parts = name.split("/")
        usable = all(0 < len(part) <= _LARGEST_NAME and part not in (".", "..") for part in parts)
        if len(parts) > _DEEPEST or not usable:
            raise StorageError(
                f"invalid name '{name}' for a file in a seed ISO",
                hint=f"use NAME or FOLDER/NAME, with at most {_LARGEST_NAME} characters in each part",
            )
    image = PyCdlib()
    image.new(interchange_level=3, vol_ident=label, joliet=3, rock_ridge="1.09")
    folders = {"": ""}
    try:
        for number, (name, content) in enumerate(files.items()):
            folder, _, own = name.rpartition("/")
            if folder not in folders:
                folders[folder] = f"/D{number:07d}"
                image.add_directory(folders[folder], rr_name=folder, joliet_path=f"/{folder}", file_mode=0o040555)
            image.add_fp(
                BytesIO(content),
                len(content),
                f"{folders[folder]}/F{number:07d}.;1",
                rr_name=own,
                joliet_path=f"/{name}",
                file_mode=0o100444,
            )
        written = BytesIO()
        image.write_fp(written)
    finally:
        image.close()
    return written.getvalue()
