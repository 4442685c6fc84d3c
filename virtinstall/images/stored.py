"""The images in a connection's cache and their users; removal of unused images.

The users of an image are read from the guests' XML and from the headers of their disks, of the volumes of active pools
and of the files next to them, because a separate record could be wrong.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.errors import RequestError, StorageError
from virtinstall.images.cache import CachedImage, ImageCache
from virtinstall.images.image_users import forget_disks, noted_disks
from virtinstall.record import Record
from virtinstall.safe_text import reason_of
from virtinstall.storage.chain import backing_chain
from virtinstall.storage.in_use import file_identity, files_in_use, local_chain

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host

_RECENT_SECONDS = 3600
_MOST_FILES = 10_000


class StoredImage(Record):
    """An image in the cache.

    `names` and `urls` are the names and URLs of the sources from which the image was downloaded. `users` are the guests
    and disks that use the image as a backing file, such as `guest web` or `disk /path`. `fetched` is the time of the
    last download in seconds since 1970, and `size_bytes` is the size on disk. `is_recent` is true if the image was
    downloaded or requested within the last hour, so that another run may be about to use it.
    """

    path: str
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    digest: str = ""
    verified: str = ""
    fetched: float = 0.0
    size_bytes: int = 0
    users: tuple[str, ...] = ()
    is_recent: bool = False

    @property
    def is_unused(self) -> bool:
        """Whether the image has no users and is not recent, so that it can be removed."""
        return not self.users and not self.is_recent


def stored_images(host: Host, folder: str) -> list[StoredImage]:
    """Return the images in the cache directory `folder`, with their users among the guests and disks of `host`.

    Raises: StorageError, if a disk that may use an image cannot be read.
    """
    cache = ImageCache(folder)
    files = cache.files()
    if not files:
        return []
    records = cache.records()
    users = _users(host, files)
    return [_stored(path, [each for each in records if each.path == path], users.get(path, [])) for path in files]


def _stored(path: str, records: Sequence[CachedImage], users: Sequence[str]) -> StoredImage:
    status = os.stat(path)
    last = max((record.fetched for record in records), default=status.st_mtime)
    return StoredImage(
        path=path,
        names=tuple(dict.fromkeys(record.name for record in records)),
        urls=tuple(dict.fromkeys(record.url for record in records)),
        digest=os.path.basename(path).rpartition(".")[0].replace("-", ":", 1),
        verified=records[0].verified if records else "",
        fetched=last,
        size_bytes=status.st_blocks * 512,
        users=tuple(dict.fromkeys(users)),
        is_recent=time.time() - max(last, status.st_mtime) < _RECENT_SECONDS,
    )


def _users(host: Host, files: Sequence[str]) -> dict[str, list[str]]:
    """Return the users of each file: `guest web`, `disk /path`.

    Raises: StorageError, if a guest's disk cannot be read.
    """
    _require_readable_disks(host)
    guests = files_in_use(host)
    found = {path: [f"guest {use.guest}" for use in guests.uses(path) if use.guest] for path in files}
    by_identity = {file_identity(path): path for path in files}
    noted = [disk for path in files for disk in noted_disks(path) if os.path.isfile(disk)]
    for disk in noted:
        if not os.access(disk, os.R_OK):
            raise StorageError(
                f"cannot read the disk '{disk}' to find its backing file: permission denied",
                hint="run as a user who can read the disk",
            )
    for disk in (*_other_disks(host, files), *noted):
        for _, below in local_chain(disk, None):
            path = by_identity.get(file_identity(below))
            if path is not None and not found[path]:
                found[path].append(f"disk {disk}")
    return found


def _require_readable_disks(host: Host) -> None:
    for name, xml in host.guest_xmls():
        for source in etree.fromstring(xml.encode()).iterfind(".//disk/source"):
            path = source.get("file", "")
            if os.path.isfile(path) and not os.access(path, os.R_OK):
                raise StorageError(
                    f"cannot read the disk '{path}' of the guest '{name}' to find its backing file: permission denied",
                    hint="run as a user who can read the disk",
                )


def _other_disks(host: Host, files: Sequence[str]) -> Iterator[str]:
    """Yield images in the pools' directories and next to the cache, which may belong to no guest."""
    cache = os.path.dirname(os.path.dirname(files[0]))
    folders = {os.path.dirname(cache), *(pool.target for pool in host.pools() if pool.target)}
    for folder in sorted(folders):
        names: list[str] = []
        with suppress(OSError):
            names = sorted(os.listdir(folder))[:_MOST_FILES]
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not path.startswith(cache + os.sep) and _has_backing(path):
                yield path


def _has_backing(path: str) -> bool:
    try:
        return len(backing_chain(path)) > 1
    except StorageError:
        return False


def remove_unused(host: Host, folder: str, images: Sequence[StoredImage]) -> list[str]:
    """Check again that nothing uses the images, then remove them; return the paths of the removed files.

    Raises: RequestError, if an image is in use; StorageError, if a disk cannot be read or an image cannot be removed.
    """
    now = {image.path: image for image in stored_images(host, folder)}
    for image in images:
        users = now[image.path].users if image.path in now else ()
        if users:
            named = (f"the {kind} '{name}'" for kind, _, name in (user.partition(" ") for user in users))
            raise RequestError(
                f"the image '{image.path}' is in use by {', '.join(named)}",
                hint="before you remove the image, delete the guests and disks that use it",
            )
    return remove_images(images, folder)


def remove_images(images: Sequence[StoredImage], folder: str) -> list[str]:
    """Remove images and the files of killed runs from the cache; return the paths of the removed files.

    Raises: StorageError, if an image cannot be removed; images that were removed before the error are not restored.
    """
    cache = ImageCache(folder)
    removed = []
    for image in images:
        for record in cache.records():
            if record.path == image.path:
                cache.forget(record.source_key)
        try:
            os.unlink(image.path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StorageError(f"cannot remove the image '{image.path}': {reason_of(error)}") from error
        forget_disks(image.path)
        removed.append(image.path)
    return removed + cache.remove_stale(0)
