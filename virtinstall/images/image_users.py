"""The disks that were created from a cached image, in all directories: a JSON string per line of `users/NAME.json`.

The guests of another connection, and disks outside of all pools that an undefined guest left, are found only here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress


def note_disk(image: str, disk: str) -> None:
    """Record that `disk` has the cached image `image` as its backing file; both are paths.

    The disk need not exist yet. If the cache is not writable, nothing is recorded.
    """
    path = _list_of(image)
    disk = os.path.abspath(disk)
    if disk in noted_disks(image):
        return
    with suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o711, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with open(fd, "w") as file:
            file.write(json.dumps(disk) + "\n")


def noted_disks(image: str) -> list[str]:
    """Return the recorded disks of the image at `image`; some may no longer exist, or no longer use the image."""
    return list(dict.fromkeys(_lines(_list_of(image))))


def forget_disks(image: str) -> None:
    """Remove the records of the disks of the image at `image`, after the image was removed."""
    with suppress(OSError):
        os.unlink(_list_of(image))


def _lines(path: str) -> Iterator[str]:
    with suppress(OSError), open(path) as file:
        for line in file:
            with suppress(ValueError):
                disk = json.loads(line)
                if isinstance(disk, str) and disk.startswith("/") and "\0" not in disk:
                    yield disk


def _list_of(image: str) -> str:
    folder, name = os.path.split(image)
    return os.path.join(os.path.dirname(folder), "users", f"{name}.json")
