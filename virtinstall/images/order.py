"""The download of an image into the cache in advance."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from virtinstall.capabilities import Capabilities
from virtinstall.images.cache import CachedImage, ImageCache
from virtinstall.images.fetch import FetchRequest, fetch_image
from virtinstall.images.remote import catalogue_with_indexes
from virtinstall.osinfo.catalog import Catalog
from virtinstall.progress import Progress, Silent

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host


def fetch_by_name(
    host: Host,
    folder: str,
    name: str,
    *,
    arch: str | None,
    refresh: bool | None,
    checksum: str,
    progress: Progress | None,
    on_warning: Callable[[str], None],
) -> CachedImage:
    """Return the image `name` in the cache directory `folder`; download it first if it is missing or not current.

    The other parameters are those of `Hypervisor.fetch_image`.

    Raises: RequestError, if `name` is unknown or a local file; FetchError, if the image cannot be downloaded;
    StorageError, if the cache is not writable.
    """
    from shlex import quote

    from virtinstall.errors import RequestError

    arch = arch or Capabilities(host.capabilities_xml()).host_arch
    source = catalogue_with_indexes(os.environ, Catalog(os.environ), folder, on_warning).find(name, arch)
    if source.kind == "path":
        raise RequestError(
            f"'{source.url}' is a local file and cannot be fetched",
            hint=f"use the file directly: --image {quote(source.url)}",
        )
    return fetch_image(
        FetchRequest(source, refresh, checksum),
        ImageCache(folder),
        environment=os.environ,
        progress=progress or Silent(),
        report=on_warning,
    )
