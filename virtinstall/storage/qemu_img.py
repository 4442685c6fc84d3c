"""New images in the formats that only qemu-img(1) creates: vmdk, vdi, vpc, vhdx and qed.

Source: qemu-img(1), create; https://www.qemu.org/docs/master/system/images.html
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError, StorageError

if TYPE_CHECKING:
    from virtinstall.new_image import NewImage

_OPTIONS = {"vpc": ("-o", "force_size=on")}
"""Without it, a vpc image has the size of a CHS geometry, not the requested one."""
_CHUNK = 1 << 20


def check_external(image: NewImage) -> None:
    """Check the options of an image that qemu-img creates.

    Raises: RequestError, if the image's format does not support them; StorageError, if qemu-img is not installed.
    """
    if image.backing_path is not None:
        raise RequestError(
            f"--disk backing_store: cannot create a {image.format} image with a backing file",
            hint="use --disk format=qcow2",
        )
    if not image.sparse:
        raise RequestError(
            f"--disk sparse=no: a {image.format} image cannot be preallocated",
            hint="omit sparse=no, or use --disk format=raw",
        )
    _program(image.format)


def write_external(fd: int, image: NewImage, capacity: int) -> None:
    """Create the image with qemu-img, with a disk of `capacity` bytes, and copy the image to the empty file `fd`.

    Raises: StorageError, if qemu-img is not installed or fails; OSError, if the file cannot be written.
    """
    program = _program(image.format)
    # a vmdk contains its file name, which must not be that of a file descriptor
    with tempfile.TemporaryDirectory(prefix="virtinstall-") as folder:
        path = os.path.join(folder, os.path.basename(image.path))
        command = [program, "create", "-q", "-f", image.format, *_OPTIONS.get(image.format, ()), path, str(capacity)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = done.stderr.strip().rpartition("qemu-img: ")[2].replace(path, image.path)
            raise StorageError(f"cannot create the {image.format} image '{image.path}': {reason}")
        _copy_data(path, fd)


def _copy_data(path: str, fd: int) -> None:
    """Copy a file that may have holes; blocks of zeros become holes."""
    size = os.path.getsize(path)
    os.ftruncate(fd, size)
    with open(path, "rb") as file:
        offset = 0
        while offset < size:
            data = file.read(_CHUNK)
            if data.count(0) != len(data):
                os.pwrite(fd, data, offset)
            offset += len(data)


def _program(image_format: str) -> str:
    program = shutil.which("qemu-img")
    if program is None:
        raise StorageError(
            f"cannot create a {image_format} image: qemu-img is not installed",
            hint="use --disk format=qcow2, or install qemu-img with: apt install qemu-utils",
        )
    return program
