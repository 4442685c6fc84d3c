"""The backing chain of an image: the files from which QEMU reads the data that the image does not contain.

A backing file is read in the format that its overlay specifies, or as raw if the overlay specifies none, as in libvirt.
The format is never detected, because a guest can write any header. A `json:` or protocol name (`nbd:...`, `http://...`)
ends the chain.

Source: https://www.qemu.org/docs/master/interop/qcow2.html (backing file name, format),
https://libvirt.org/kbase/backing_chains.html.
"""

from __future__ import annotations

import os
import shlex

from virtinstall.errors import StorageError
from virtinstall.safe_text import reason_of
from virtinstall.storage.files import PERMISSION_HINT
from virtinstall.storage.probe import ImageInfo, probe_image

MAX_DEPTH = 200


def is_local_name(name: str) -> bool:
    """Return whether `name`, the name of a backing file, is a path, and has no prefix such as `json:` or `nbd:`."""
    return name.startswith("/") or ":" not in name.split("/", 1)[0]


def local_path(name: str, overlay: str) -> str | None:
    """Return the path of the backing file that is stored as `name` in the image at `overlay`.

    A relative name is resolved against the directory of `overlay`. The result is None if the backing file is not a
    local file.
    """
    if name.startswith("file:"):
        name = name.removeprefix("file:")
        name = "/" + name.lstrip("/") if name.startswith("//") else name
    elif not is_local_name(name):
        return None
    return os.path.join(os.path.dirname(overlay), name)


def backing_chain(path: str, image_format: str | None = None) -> list[ImageInfo]:
    """Return the properties of the image at `path`, followed by those of each image in its backing chain.

    The chain ends before a backing file that is not a local file. `image_format` is the format of the image at `path`;
    None detects it. The format of a backing file is never detected: it is read from the overlay, or is `raw` if the
    overlay specifies none. As in QEMU, the relative name of a backing file is resolved against the directory in the
    overlay's path, even if that path is a symbolic link.

    Raises: StorageError, if an image cannot be read, or if the chain contains a loop or more than 200 images.
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
            raise StorageError(f"no such file: '{path}'", hint="check the path") from None
        raise StorageError(f"no such file: '{path}', the backing file of '{overlay}'", hint=_rebase(overlay)) from None
    except OSError as error:
        if isinstance(error, PermissionError):
            hint = PERMISSION_HINT
        else:
            hint = "check the path" if overlay is None else _rebase(overlay)
        raise StorageError(f"cannot read '{path}': {reason_of(error)}", hint=hint) from error
    return status.st_dev, status.st_ino
