"""The paths of a plan's images: in the cache, or in a copy that libvirt keeps in a pool.

QEMU on another host cannot read the cache, and the system daemon's QEMU cannot read a user's private cache. In these
cases, the image becomes a volume named after its digest. The volume is uploaded once and is the backing file of all
later disks in that pool.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.errors import StorageError
from virtinstall.images.cache import CachedImage, ImageCache

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host
    from virtinstall.plan import Plan
    from virtinstall.progress import Progress

Report = Callable[[str], None]


def keep_in_pools(plan: Plan, host: Host, progress: Progress, report: Report) -> dict[int, str]:
    """Return the path of each image of a plan on the guest's host, by the image's index in `plan.fetches`.

    Images that must be in a pool are uploaded if they are missing. If another run is uploading the same image, `report`
    is called with a notice before waiting for that run.

    Raises: StorageError, if an image cannot be stored in a pool.
    """
    paths = {}
    for number, fetch in enumerate(plan.fetches):
        assert fetch.result is not None
        if fetch.pool is None:
            paths[number] = fetch.result.path
            continue
        if fetch.pool in plan.start_pools:
            host.start_pool(fetch.pool)
        paths[number] = _kept(fetch.result, ImageCache(fetch.cache_dir), fetch.pool, host, progress, report)
    return paths


def _kept(image: CachedImage, cache: ImageCache, pool: str, host: Host, progress: Progress, report: Report) -> str:
    """Return the path of the pool's copy of an image, which is uploaded if it is missing."""
    name = f"{_stem(image)}.{image.format}"
    known = host.volume(pool, name)
    key = f"volume {host.uri} {pool}/{name}"
    if known is not None and not cache.is_locked_or_left(key):
        return known.path

    def waiting() -> None:
        report(f"waiting for another run that is uploading the image '{image.name}' to the pool '{pool}'")

    with cache.locked(key, waiting) as part:
        known = host.volume(pool, name)
        if known is not None and not part.description():
            return known.path
        if known is not None:
            # a run was killed while it sent the image; no disk refers to it yet
            host.delete_volume(pool, name)
        part.describe({"volume": f"{pool}/{name}"})
        created = host.create_volume(pool, _volume_xml(name, os.path.getsize(image.path)))
        try:
            host.upload(pool, name, image.path, progress)
        except BaseException:
            host.delete_volume(pool, name)
            raise
        host.refresh_pool(pool)
        return created.path


def _volume_xml(name: str, size: int) -> str:
    root = etree.Element("volume")
    etree.SubElement(root, "name").text = name
    etree.SubElement(root, "capacity", unit="bytes").text = str(size)
    etree.SubElement(root, "allocation", unit="bytes").text = "0"
    # a plain container: the uploaded data includes its format
    etree.SubElement(etree.SubElement(root, "target"), "format", type="raw")
    return etree.tostring(root, encoding="unicode")


def _stem(image: CachedImage) -> str:
    if image.digest:
        return image.digest.replace(":", "-", 1)
    status = os.stat(image.path)
    about = f"{os.path.realpath(image.path)} {status.st_size} {status.st_mtime_ns}"
    return f"local-{hashlib.sha256(about.encode()).hexdigest()}"


def in_format(image: CachedImage, form: str, cache: ImageCache, progress: Progress) -> str:
    """Return the path of an image with the contents of `image` and the format `form`.

    If `image` has a different format, a converted copy is created in the cache, unless the cache already contains one.

    Raises: StorageError, if the conversion fails.
    """
    if image.format == form:
        return image.path
    from virtinstall.new_image import NewImage
    from virtinstall.rollback.undo import Undo
    from virtinstall.storage.convert import convert_image

    path = cache.converted_path(_stem(image), form)
    if not os.path.exists(path):
        undo = Undo()
        wanted = NewImage(path=path, format=form, capacity_bytes=None)
        try:
            convert_image(image.path, image.format, wanted, undo, progress)
        except StorageError:
            # another run may have been faster
            if not os.path.exists(path):
                raise
        undo.keep_everything()
    return path
