"""The images of disks: their URLs for the cluster's importer, and the login for an image that is specified by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from virtinstall.devices.disk import Disk
from virtinstall.errors import FetchError
from virtinstall.images.source import ImageSource
from virtinstall.kubevirt.conversion import Conversion

if TYPE_CHECKING:
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.request import Request
    from virtinstall.seed.cloud_init import CloudInitRequest

_EXACT = ("url", "registry", "path")


def image_sources(
    request: Request, arch: str, catalog: Catalog, environ: Mapping[str, str]
) -> list[ImageSource | None]:
    """Return the image of each requested disk, or None for a disk without an image.

    `arch` is libvirt's name for the guest's architecture.

    Raises: RequestError, if the name of an image is unknown.
    """
    disks = request.domain.devices_of(Disk)
    if all(disk.image is None for disk in disks):
        return [None] * len(disks)
    from virtinstall.images.catalogue import ImageCatalogue

    images = ImageCatalogue(environ, catalog)
    return [None if disk.image is None else images.find(disk.image, arch) for disk in disks]


def image_url(source: ImageSource) -> ImageSource:
    """Return the image with the URL of its file, which is read from the vendor's index if it is unknown.

    Raises: FetchError, if the index cannot be read.
    """
    if source.kind in _EXACT and "{codename}" not in source.url:
        return source
    from virtinstall.images.download import WebReader
    from virtinstall.images.locate import locate

    try:
        return source._replace(kind="url", url=locate(source, WebReader(), "none").url)
    except FetchError as error:
        raise FetchError(
            f"--disk image={source.label}: cannot read the image URL from the vendor's index: {error.message}",
            hint="use image=URL, or image=docker://REF for an image in a registry",
        ) from error


def default_seed(
    conversion: Conversion, images: Sequence[ImageSource | None]
) -> tuple[CloudInitRequest | None, bytes | None]:
    """Return the default cloud-init seed and the default Ignition seed for a guest with `--image NAME`.

    At least one of them is None. A cloud-init seed contains the SSH keys of the current user or, if there are none, a
    generated password. An Ignition seed contains only the keys. Both seeds are None if no disk has an image, or if no
    login can be set up.
    """
    from virtinstall.survey.images import login_seed

    image = next((image for image in images if image is not None), None)
    if image is None:
        return None, None
    facts = login_seed(conversion.os, conversion.environ, image)
    for text in facts.warnings:
        conversion.warn(text)
    return facts.cloud_init, facts.ignition
