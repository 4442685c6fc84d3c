"""The enlargement of the virtual disk in a raw or qcow2 image."""

from __future__ import annotations

import shlex

from virtinstall.errors import StorageError
from virtinstall.storage.qcow2_grow import grow_qcow2
from virtinstall.storage.raw import grow_raw


def grow(path: str, new_size: int, image_format: str) -> None:
    """Enlarge the disk in the image at `path` to `new_size` bytes, rounded up to a multiple of 512.

    `image_format` is the format of the image. It is not detected, because a guest can write any header to its raw disk.

    Raises: StorageError, if the image cannot be enlarged.
    """
    if image_format == "raw":
        grow_raw(path, new_size)
    elif image_format == "qcow2":
        grow_qcow2(path, new_size)
    else:
        raise StorageError(
            f"cannot enlarge '{path}': only raw and qcow2 images can be enlarged, not {image_format}",
            hint="convert the image to qcow2 first with: "
            f"qemu-img convert -f {image_format} -O qcow2 {shlex.quote(path)} {shlex.quote(f'{path}.qcow2')}",
        )
