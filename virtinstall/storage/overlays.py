"""Overlays of images, found by the headers of the files next to the images and in the pools."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Hashable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.storage.file_uses import Role
from virtinstall.storage.in_use import file_identity, local_chain

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host

_MOST_FILES = 20_000


def overlays_of(paths: Collection[str], folders: Collection[str], host: Host) -> dict[str, list[str]]:
    """Search `folders` and the active pools, and return the overlays of the images at `paths`.

    The result maps the path of each image that has overlays to the paths of these overlays. An unreadable file that
    belongs to no pool is returned as an overlay of every image in the same directory, because it may be one. Such files
    are ignored in directories such as /tmp, where every user can create files. On a remote host, only the pools are
    searched.
    """
    if not (host.is_local() and has_real_storage(host)):
        return _by_volumes(paths, host)
    by_identity: dict[Hashable, str] = {file_identity(path): path for path in paths if os.path.lexists(path)}
    targets = {pool.target for pool in host.pools() if pool.active and pool.target}
    found: dict[str, list[str]] = {}
    for path, status in _files({*folders, *targets}):
        for below in _below(path, status, host, paths):
            base = by_identity.get(file_identity(below))
            if base is not None and file_identity(path) != file_identity(base):
                found.setdefault(base, []).append(_named(path, by_identity))
    return found


def _named(path: str, by_identity: dict[Hashable, str]) -> str:
    """Return the name under which an image is already known, or its path."""
    return by_identity.get(file_identity(path), path)


def _files(folders: Collection[str]) -> Iterator[tuple[str, os.stat_result]]:
    seen = set()
    for folder in sorted(folders):
        names: list[str] = []
        with suppress(OSError):
            names = sorted(os.listdir(folder))[:_MOST_FILES]
        for name in names:
            path = os.path.join(folder, name)
            with suppress(OSError):
                status = os.stat(path)
                if stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    yield path, status


def _below(path: str, status: os.stat_result, host: Host, paths: Collection[str]) -> list[str]:
    if os.access(path, os.R_OK):
        return [below for role, below in local_chain(path, None) if role in (Role.BACKING, Role.DATA)]
    volume = host.volume_by_path(path)
    if volume is not None:
        return [] if volume.backing_path is None else [volume.backing_path]
    folder = os.path.dirname(path)
    with suppress(OSError):
        if os.stat(folder).st_mode & stat.S_ISVTX:
            # files of other users in /tmp and similar directories are not about this guest
            return []
    return [each for each in paths if os.path.dirname(each) == folder]


def _by_volumes(paths: Collection[str], host: Host) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pool in host.pools():
        if not pool.active:
            continue
        for name in host.volume_names(pool.name):
            volume = host.volume(pool.name, name)
            base = None if volume is None else volume.backing_path
            if volume is not None and base is not None and base in paths and base != volume.path:
                found.setdefault(base, []).append(volume.path)
    return found
