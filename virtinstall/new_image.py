"""The description of a new local disk image: `--disk path=,size=,format=,sparse=,...`.

It is a separate module, so that a plan can be created without loading the code that applies it.
"""

from __future__ import annotations

import os.path

from virtinstall.record import Record

EXTERNAL_FORMATS = ("vmdk", "vdi", "vpc", "qed", "vhdx")
"""The formats of images that qemu-img creates; images in other formats are created without it."""


class ImageBase(Record):
    """The image that a new disk starts from: `Plan.fetches[image]`.

    `copy`: whether the disk is a copy of the image; if not, the image is its backing file. `size_is_default`: whether
    the size was not requested, so that the disk may become larger than planned.
    """

    image: int
    copy: bool = False
    size_is_default: bool = False


class Permissions(Record):
    """The mode, owner and group of a new image, as numbers or names; None keeps the default."""

    mode: int | None = None
    owner: str | None = None
    group: str | None = None


class NewImage(Record):
    """A local image to create.

    `capacity_bytes` is the size of the disk; None stands for the size of the backing file. If `sparse` is false, all
    space of the image is reserved. `backing_path` is stored in the image unchanged; a relative path is relative to the
    image's directory. `make_folder`: whether to create the image's directory if it is missing, because libvirt uses
    that directory by default. `base` is the image that the new image starts from, or None; it is downloaded when the
    plan is applied, and its path then becomes `copy_from` if the new image is a copy, otherwise `backing_path`.
    `permissions` are the requested permissions, or None.
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
        """The path of the backing file relative to the working directory; None if there is no backing file."""
        return None if self.backing_path is None else os.path.join(os.path.dirname(self.path), self.backing_path)
