"""The creation of a local disk image: `--disk path=,size=,format=,sparse=,...`.

Files are created with mode 0600 by default, like volumes of libvirt's pools: the guest's disk is private, and libvirt
changes its owner to QEMU's user when the guest starts (`dynamic_ownership`).

Source: https://libvirt.org/drvqemu.html#posix-users-groups, https://libvirt.org/formatstorage.html#target.
"""

from __future__ import annotations

import os
import stat

from virtinstall.errors import NoSpaceError, RequestError, StorageError
from virtinstall.new_image import EXTERNAL_FORMATS, NewImage
from virtinstall.progress import Progress
from virtinstall.rollback.directories import can_make, make_directory
from virtinstall.rollback.journal import Journal
from virtinstall.rollback.new_file import can_create, new_file, refuse_existing
from virtinstall.rollback.undo import Undo
from virtinstall.storage.files import missing_directory_hint, storage_errors
from virtinstall.storage.permissions import numbers_of, set_permissions
from virtinstall.storage.probe import probe_image
from virtinstall.storage.qcow2 import Qcow2Options, qcow2_allocation_bytes, write_qcow2
from virtinstall.storage.qemu_img import check_external, write_external
from virtinstall.storage.raw import check_raw, raw_allocation_bytes, write_raw
from virtinstall.storage.space import check_space, require_space

__all__ = ["NewImage", "check_image", "image_capacity", "provision_image", "survey_image"]


def image_capacity(image: NewImage) -> int:
    """Return the virtual size of the new image in bytes, not rounded.

    If no size is requested, the result is the virtual size of the backing file, or 0 if the image that the new image is
    based on must still be downloaded.

    Raises: RequestError, if no size is requested, and there is no backing file or its virtual size is unknown;
    StorageError, if the backing file cannot be read.
    """
    if image.capacity_bytes is not None:
        return image.capacity_bytes
    if is_awaited(image):
        return 0
    backing = image.resolved_backing_path
    size = None if backing is None else probe_image(backing, image.backing_format).virtual_size
    if size is None:
        raise RequestError(
            f"no size specified for the new image '{image.path}'", hint="specify the size in GiB, for example: size=20"
        )
    return size


def is_awaited(image: NewImage) -> bool:
    """Return whether the image that the new image is based on must still be downloaded."""
    return image.base is not None and image.backing_path is None and image.copy_from is None


def check_image(image: NewImage) -> int:
    """Check the properties of a new image; return the number of bytes that it allocates when it is created.

    The result is 0 for formats that only qemu-img can create.

    Raises: RequestError, if an image cannot have these properties; StorageError, if the backing file cannot be read, or
    if qemu-img is required but not installed.
    """
    capacity = image_capacity(image)
    if image.format == "qcow2":
        return qcow2_allocation_bytes(capacity, _qcow2_options(image))
    if image.format in EXTERNAL_FORMATS:
        check_external(image)
        return 0
    if image.format != "raw":
        raise RequestError(
            f"cannot create '{image.path}' in the format '{image.format}'",
            hint=f"use one of these formats: raw, qcow2, {', '.join(EXTERNAL_FORMATS)}",
        )
    if image.backing_path is not None:
        raise RequestError(
            "--disk backing_store: a raw image cannot have a backing file", hint="use --disk format=qcow2"
        )
    check_raw(capacity)
    return raw_allocation_bytes(capacity, preallocated=not image.sparse)


def survey_image(image: NewImage) -> None:
    """Check whether the image can be created; change nothing.

    Raises: RequestError or StorageError, if it cannot be created; NoSpaceError, if the image does not fit, or may
    outgrow its file system.
    """
    _require_backing(image)
    needed = check_image(image)
    refuse_existing(image.path)
    if image.permissions is not None:
        numbers_of(image.permissions)
    folder = os.path.dirname(image.path) or "."
    with storage_errors("cannot examine", folder):
        there = _is_directory(folder)
    if not there and not image.make_folder:
        raise StorageError(f"no such directory: '{folder}'", hint=_missing_hint(folder))
    if not (can_create(image.path) if there else can_make(folder)):
        raise StorageError(
            f"no permission to create files in '{folder}'",
            hint="run as a user with write permission, or use another directory",
        )
    overcommit = check_space(image.path, needed, image_capacity(image), sparse_hint=_sparse_hint(image))
    if overcommit is not None:
        raise NoSpaceError(overcommit, hint="use a smaller disk, or skip this check with: --check disk_size=off")


def _missing_hint(folder: str) -> str:
    if "/~/" in f"{folder}/":
        return f"use {os.path.expanduser('~')} instead of ~, which the shell expands only at the start of an argument"
    return missing_directory_hint(folder)


def _is_directory(path: str) -> bool:
    """Return whether `path` is an existing directory.

    Raises: OSError, if this cannot be determined.
    """
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def provision_image(image: NewImage, undo: Undo, progress: Progress, journal: Journal | None = None) -> None:
    """Create the image, push its removal to `undo`, and record it in `journal` if that is not None.

    An existing file is never replaced. The new file receives its name only after its data has been written and flushed
    to disk. After an interruption, `undo` removes everything that was created.

    Raises: RequestError, if an image cannot have these properties; StorageError, if the image cannot be created.
    """
    _require_backing(image)
    needed = check_image(image)
    capacity = image_capacity(image)
    refuse_existing(image.path)
    require_space(image.path, needed, sparse_hint=_sparse_hint(image))
    if image.make_folder:
        make_directory(os.path.dirname(image.path), undo)
    if image.copy_from is not None:
        provision_copy(image, capacity, undo, progress, journal)
        return
    progress.start(f"Allocating '{os.path.basename(image.path)}'", None if image.sparse else needed)
    try:
        with new_file(image.path, undo, mode=image.mode, journal=journal) as fd:
            if image.format == "raw":
                write_raw(fd, capacity, preallocated=not image.sparse, progress=progress)
            elif image.format in EXTERNAL_FORMATS:
                write_external(fd, image, capacity)
            else:
                write_qcow2(fd, capacity, _qcow2_options(image), progress)
            set_permissions(fd, image)
    finally:
        progress.finish()


def provision_copy(
    image: NewImage, capacity: int, undo: Undo, progress: Progress, journal: Journal | None = None
) -> None:
    """Create the new image as a copy of the image at `image.copy_from`.

    The copy is converted if its format differs from that of the original, and is enlarged if the disk is smaller than
    `capacity` bytes. The removal of the file is pushed to `undo`, and the file is recorded in `journal` if that is not
    None.

    Raises: StorageError, if the original cannot be copied, or if the copy cannot be enlarged.
    """
    from virtinstall.storage.convert import convert_image
    from virtinstall.storage.copy_image import copy_image
    from virtinstall.storage.grow import grow

    source = str(image.copy_from)
    if image.format == image.copy_format:
        copy_image(source, image.path, undo, progress, keep_sparse=image.sparse, mode=image.mode, journal=journal)
    else:
        convert_image(source, str(image.copy_format), image, undo, progress, journal)
    if (probe_image(image.path, image.format).virtual_size or 0) < capacity:
        grow(image.path, capacity, image.format)
    if image.permissions is not None:
        fd = os.open(image.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            set_permissions(fd, image)
        finally:
            os.close(fd)


def _require_backing(image: NewImage) -> None:
    backing = image.resolved_backing_path
    if backing is not None and not os.path.lexists(backing):
        raise StorageError(
            f"no such file: '{backing}', the backing file of the new image '{image.path}'",
            hint="check the path in --disk backing_store=",
        )


def _sparse_hint(image: NewImage) -> str:
    return "" if image.sparse else "use a sparse image: --disk sparse=yes"


def _qcow2_options(image: NewImage) -> Qcow2Options:
    """Return the qcow2 writer's options for the image."""
    return Qcow2Options(
        preallocated=not image.sparse,
        backing_file=image.backing_path,
        backing_format=image.backing_format,
    )
