"""The description of a new local disk image: `--disk path=,size=,format=,sparse=,...`.

It is a separate module, so that a plan can be created without loading the code that applies it.
"""

from __future__ import annotations

import os.path

from virtinstall.record import Record

EXTERNAL_FORMATS = ("vmdk", "vdi", "vpc", "qed", "vhdx")
"""Formats that qemu-img creates; raw and qcow2 images are written here."""


class ImageBase(Record):
    """The image that a new disk starts from: `Plan.fetches[image]`.

    `copy`: the disk is a copy, and does not refer to the image. `size_is_default`: the disk may be larger than planned.
    """

    image: int
    copy: bool = False
    size_is_default: bool = False


class Permissions(Record):
    """The mode, owner and group of a new image (names or numbers); None keeps the default."""

    mode: int | None = None
    owner: str | None = None
    group: str | None = None


class NewImage(Record):
    """A local image to create.

    `capacity_bytes` None means the size of the backing file. If `sparse` is false, all space of the image is reserved.
    `backing_path` is stored in the image unchanged; a relative path is relative to the image's directory.
    `make_folder`: create the image's directory if it is missing, because libvirt uses that directory by default. `base`
    is the image that the new image starts from, which is downloaded when the plan is applied; its path is then
    `copy_from` if the new image is a copy, otherwise `backing_path`. `permissions` are the requested ones.
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
        """The path of the backing file relative to the working directory, or None without a backing file."""
        return None if self.backing_path is None else os.path.join(os.path.dirname(self.path), self.backing_path)
