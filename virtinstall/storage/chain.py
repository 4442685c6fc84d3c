"""The backing chain of an image: the files that are read below it.

Names are followed only as given: a backing file is read in the format that its overlay names, and one without a format
as raw, like libvirt does, so a header written by a guest is never trusted. `json:` and protocol names (`nbd:...`,
`http://...`) end the chain.

Source: https://www.qemu.org/docs/master/interop/qcow2.html (backing file name, format),
https://libvirt.org/kbase/backing_chains.html.
"""

from __future__ import annotations

import os
import shlex

from virtinstall.errors import StorageError
from virtinstall.safe_text import reason_of
from virtinstall.storage.probe import ImageInfo, probe_image

MAX_DEPTH = 200


def is_local_name(name: str) -> bool:
    """Return whether a backing file's name is a path, not `json:` or a protocol."""
    return name.startswith("/") or ":" not in name.split("/", 1)[0]


def local_path(name: str, overlay: str) -> str | None:
    """Return the path of backing file `name` of image `overlay`; None if it is not a local file."""
    if name.startswith("file:"):
        name = name.removeprefix("file:")
        name = "/" + name.lstrip("/") if name.startswith("//") else name
    elif not is_local_name(name):
        return None
    return os.path.join(os.path.dirname(overlay), name)


def backing_chain(path: str, image_format: str | None = None) -> list[ImageInfo]:
    """Return the image at `path` and each local image below it, top first.

    Relative names are relative to the directory of the overlay's path as given, as in QEMU. `image_format` None detects
    only the format of the top image.

    Raises: StorageError, if an image cannot be read, or the chain contains a loop or more than 200 images.
    """
    chain: list[ImageInfo] = []
    seen: set[tuple[int, int]] = set()
    next_path: str | None = path
    while next_path is not None:
        status = _identity(next_path, chain[-1].path if chain else None)
        if status in seen:
            raise StorageError(
                f"the backing chain of '{path}' contains a loop: '{next_path}' occurs twice",
                hint=_rebase(chain[-1].path),
            )
        if len(chain) == MAX_DEPTH:
            raise StorageError(
                f"the backing chain of '{path}' has more than {MAX_DEPTH} images",
                hint=f"shorten the chain with: qemu-img rebase -b BACKING_FILE -F FORMAT {shlex.quote(path)}",
            )
        seen.add(status)
        info = probe_image(next_path, image_format)
        chain.append(info)
        image_format = info.backing_format or "raw"
        next_path = local_path(info.backing_file, next_path) if info.backing_file else None
    return chain


def _rebase(overlay: str) -> str:
    return f"set the correct backing file with: qemu-img rebase -u -b BACKING_FILE -F FORMAT {shlex.quote(overlay)}"


def _identity(path: str, overlay: str | None) -> tuple[int, int]:
    """Return device and inode of an image; `overlay` is the image above it, None for the top image."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        if overlay is None:
            raise StorageError(f"no such file: {path}", hint="check the path") from None
        raise StorageError(f"no such file: '{path}', the backing file of '{overlay}'", hint=_rebase(overlay)) from None
    except OSError as error:
        hint = "check the path" if overlay is None else f"check the backing file of '{overlay}'"
        raise StorageError(f"cannot read '{path}': {reason_of(error)}", hint=hint) from error
    return status.st_dev, status.st_ino
