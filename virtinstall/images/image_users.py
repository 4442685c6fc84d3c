"""The recorded disks of each cached image: the file `users/NAME.json` contains one path per line, as a JSON string.

Only this record contains the disks of guests on other connections, and the disks of undefined guests that are not in a
pool.
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
    """Return the paths of the disks that are recorded for the cached image at the path `image`.

    Some of the disks may no longer exist, or may no longer use the image.
    """
    return list(dict.fromkeys(_lines(_list_of(image))))


def forget_disks(image: str) -> None:
    """Remove the record of the disks for the cached image at the path `image`, which has been removed."""
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
