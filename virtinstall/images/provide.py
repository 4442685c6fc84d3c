"""The download of a plan's images, and the addition of the images' paths to the plan."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.errors import RequestError
from virtinstall.images.cache import CachedImage, ImageCache
from virtinstall.images.fetch import FetchRequest, fetch_image, local_image
from virtinstall.images.image_users import note_disk
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.units import human_size, size_argument

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host
    from virtinstall.new_image import NewImage
    from virtinstall.plan import ImageFetch, NewVolume, Plan
    from virtinstall.progress import Progress

Report = Callable[[str], None]


def check_images(plan: Plan) -> None:
    """Check that the images that are not in the cache can be located on their servers; do not download the images.

    Images in registries are not checked.

    Raises: FetchError, if an image or its checksum cannot be found.
    """
    from virtinstall.images.download import WebReader
    from virtinstall.images.locate import locate

    for fetch in plan.fetches:
        if fetch.cached is None and fetch.source.kind not in ("path", "registry"):
            locate(fetch.source, WebReader(), fetch.checksum)


def provide_images(
    plan: Plan, host: Host, *, progress: Progress, report: Report, environment: Mapping[str, str]
) -> Plan:
    """Fetch the images of a plan, and return the plan with the paths of the images.

    Fetched images stay in the cache even if the guest is not created. `report` is called with notices; `environment`
    contains the environment variables that locate the credentials for registries.

    Raises: FetchError, if an image cannot be downloaded; StorageError, if an image cannot be stored; RequestError, if a
    disk is too small for its image.
    """
    if not plan.fetches or not has_real_storage(host):
        return plan
    fetches = tuple(_fetched(fetch, progress, report, environment) for fetch in plan.fetches)
    plan = plan.replace(fetches=fetches)
    from virtinstall.images.keep import keep_in_pools

    paths = keep_in_pools(plan, host, progress, report)
    _note_disks(plan, paths)
    return plan.replace(
        images=tuple(_with_base(image, fetches, paths) for image in plan.images),
        volumes=tuple(_volume_with_base(volume, fetches, paths, progress) for volume in plan.volumes),
    )


def _fetched(fetch: ImageFetch, progress: Progress, report: Report, environment: Mapping[str, str]) -> ImageFetch:
    wanted = FetchRequest(fetch.source, fetch.refresh, fetch.checksum)
    if fetch.source.kind == "path":
        return fetch.replace(result=local_image(wanted))
    cache = ImageCache(fetch.cache_dir)
    image = fetch_image(wanted, cache, environment=environment, progress=progress, report=report)
    with suppress(OSError):
        # the time of the last use, which keeps it from being pruned before the guest is defined
        os.utime(image.path)
    return fetch.replace(result=image)


def _note_disks(plan: Plan, paths: Mapping[int, str]) -> None:
    """Record in the cache which disks will start from which images."""
    disks = [(image.base, image.path) for image in plan.images] + [(each.base, each.path) for each in plan.volumes]
    for base, disk in disks:
        if base is None or base.copy or not disk:
            continue
        fetch = plan.fetches[base.image]
        if fetch.source.kind != "path" and paths[base.image] == _result(fetch).path:
            note_disk(paths[base.image], disk)


def _result(fetch: ImageFetch) -> CachedImage:
    assert fetch.result is not None
    return fetch.result


def _capacity(size: int | None, is_default: bool, image: CachedImage, what: str) -> int:
    if not size:
        return image.virtual_size
    if size < image.virtual_size and not is_default:
        raise RequestError(
            f"'{what}': {human_size(size)} is too small for the image '{image.name}', whose virtual size is "
            f"{human_size(image.virtual_size)}",
            hint=f"omit size=, or use size={size_argument(image.virtual_size, up=True)} or more",
        )
    return max(size, image.virtual_size)


def _with_base(new: NewImage, fetches: tuple[ImageFetch, ...], paths: Mapping[int, str]) -> NewImage:
    if new.base is None:
        return new
    base = new.base
    image = _result(fetches[base.image])
    new = new.replace(capacity_bytes=_capacity(new.capacity_bytes, base.size_is_default, image, new.path))
    path = paths[base.image]
    if base.copy:
        return new.replace(copy_from=path, copy_format=image.format)
    return new.replace(backing_path=path, backing_format=image.format)


def _volume_with_base(
    volume: NewVolume, fetches: tuple[ImageFetch, ...], paths: Mapping[int, str], progress: Progress
) -> NewVolume:
    base = volume.base
    if base is None:
        return volume
    fetch = fetches[base.image]
    image = _result(fetch)
    capacity = _capacity(volume.capacity_bytes, base.size_is_default, image, f"{volume.pool}/{volume.name}")
    root = etree.fromstring(volume.xml)
    form = root.find("target/format")
    for tag in ("capacity", "allocation"):
        node = root.find(tag)
        if node is not None and (tag == "capacity" or node.text != "0"):
            node.text = str(capacity)
    if base.copy:
        from virtinstall.images.keep import in_format

        wanted = "raw" if form is None else form.get("type", "raw")
        volume = volume.replace(upload_from=in_format(image, wanted, ImageCache(fetch.cache_dir), progress))
    else:
        backing = etree.SubElement(root, "backingStore")
        etree.SubElement(backing, "path").text = paths[base.image]
        etree.SubElement(backing, "format", type=image.format)
    return volume.replace(xml=etree.tostring(root, encoding="unicode"), capacity_bytes=capacity)
