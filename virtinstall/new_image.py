"""The description of a new local disk image: `--disk path=,size=,format=,sparse=,...`.

This is a separate module, so that a plan can be created without loading the code that creates images.
"""

from __future__ import annotations

import os.path

from virtinstall.record import Record

EXTERNAL_FORMATS = ("vmdk", "vdi", "vpc", "qed", "vhdx")
"""The image formats for which qemu-img is used; images in other formats are created without qemu-img."""


class ImageBase(Record):
    """The image that a new disk starts from; `image` is the index of this image in `Plan.fetches`.

    `copy`: whether the disk is a copy of the image; otherwise, the image is the disk's backing file.
    `size_is_default`: whether the planned size of the disk is a default. The disk then becomes larger than planned if
    the image requires this.
    """

    image: int
    copy: bool = False
    size_is_default: bool = False


class Permissions(Record):
    """The mode, owner and group requested for a new image; None keeps the default.

    `mode` is a number, such as 0o640. `owner` and `group` are names, or numeric IDs as strings.
    """

    mode: int | None = None
    owner: str | None = None
    group: str | None = None


class NewImage(Record):
    """A local image to create.

    `capacity_bytes` is the virtual size of the image; None stands for the size of the backing file or of `base`. If
    `sparse` is false, the disk space for the complete image is allocated. `backing_path` is the path of the backing
    file as the image stores it; a relative path is relative to the image's directory. `mode` is the initial mode of the
    file. `make_folder`: whether the image's directory is created if it is missing. `base` is the image that the new
    image starts from, or None. When the plan is applied, the path of `base` becomes `copy_from` or `backing_path`.
    `permissions` replace the initial mode, owner and group, or are None.
    """

    path: str
    format: str
    capacity_bytes: int | None
    sparse: bool = True
    backing_path: str | None = None
    backing_format: str | None = None
    mode: int = 0o600
    make_folder: bool = False
    base: ImageBase | None = None
    copy_from: str | None = None
    copy_format: str | None = None
    permissions: Permissions | None = None

    @property
    def resolved_backing_path(self) -> str | None:
        """The path of the backing file, resolved against the image's directory; None if there is no backing file."""
        return None if self.backing_path is None else os.path.join(os.path.dirname(self.path), self.backing_path)
