"""The description of a local disk image to make: `--disk path=,size=,format=,sparse=,...`.

A module of its own, so that a plan can be made without loading what carries it out.
"""

from __future__ import annotations

import os.path

from virtinstall.record import Record

EXTERNAL_FORMATS = ("vmdk", "vdi", "vpc", "qed", "vhdx")
"""Formats that qemu-img creates; raw and qcow2 images are written here."""


class ImageBase(Record):
    """What a new disk starts from: `Plan.fetches[image]`.

    `copy`: the disk is a copy, and does not refer to the image. `size_is_default`: it may be larger than planned.
    """

    image: int
    copy: bool = False
    size_is_default: bool = False


class Permissions(Record):
    """Mode, owner and group of a new image; None leaves one as it is. `owner` and `group` are names or numbers."""

    mode: int | None = None
    owner: str | None = None
    group: str | None = None


class NewImage(Record):
    """A local image to make; nothing is looked at or changed by describing it.

    `capacity_bytes` None means as large as the backing file. `preallocation` (`off`, `metadata`,
    `falloc`, `full`) leads over `sparse`, of which False means `falloc`. `backing_path` is stored
    in the image as given; a relative one is relative to the image's directory. `make_folder`: its directory is made
    where it is missing, for it is libvirt's own choice. `base`: the image it starts from, which is fetched when the
    plan is carried out; then `copy_from` is its path if the new one is a copy of it, else `backing_path` is.
    `permissions` are what the user asked for.
    """

    path: str
    format: str
    capacity_bytes: int | None
    sparse: bool = True
    preallocation: str | None = None
    backing_path: str | None = None
    backing_format: str | None = None
    cluster_size: int = 65536
    compat: str = "1.1"
    lazy_refcounts: bool = False
    extended_l2: bool = False
    mode: int = 0o600
    make_folder: bool = False
    base: ImageBase | None = None
    copy_from: str | None = None
    copy_format: str | None = None
    permissions: Permissions | None = None

    @property
    def effective_preallocation(self) -> str:
        """`preallocation`, or what `sparse` says."""
        return self.preallocation or ("off" if self.sparse else "falloc")

    @property
    def resolved_backing_path(self) -> str | None:
        """Where the backing file is, seen from here."""
        return None if self.backing_path is None else os.path.join(os.path.dirname(self.path), self.backing_path)
