"""Copies of images in a different format, created by qemu-img(1).

Source: qemu-img(1), convert.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from virtinstall.errors import StorageError
from virtinstall.rollback.new_file import new_file

if TYPE_CHECKING:
    from virtinstall.new_image import NewImage
    from virtinstall.progress import Progress
    from virtinstall.rollback.journal import Journal
    from virtinstall.rollback.undo import Undo


def convert_image(
    source: str, source_format: str, image: NewImage, undo: Undo, progress: Progress, journal: Journal | None = None
) -> None:
    """Create `image` by converting the existing image at `source` from the format `source_format`.

    The removal of the new file is pushed to `undo`, and the file is recorded in `journal` if that is not None.

    Raises: StorageError, if qemu-img is not installed or fails, or if the new file cannot be created.
    """
    program = shutil.which("qemu-img")
    if program is None:
        raise StorageError(
            f"cannot convert '{source}' from {source_format} to {image.format}: qemu-img is not installed",
            hint=f"use --disk format={source_format}, or install qemu-img with: apt install qemu-utils",
        )
    progress.start(f"Converting '{os.path.basename(source)}'", None)
    try:
        with new_file(image.path, undo, mode=image.mode, journal=journal) as fd:
            target = f"/proc/self/fd/{fd}"
            command = [program, "convert", "-q", "-f", source_format, "-O", image.format, source, target]
            done = subprocess.run(command, pass_fds=(fd,), capture_output=True, text=True, check=False)
            if done.returncode:
                reason = done.stderr.strip().rpartition("qemu-img: ")[2]
                raise StorageError(f"cannot convert '{source}' to {image.format}: {reason}")
    finally:
        progress.finish()
