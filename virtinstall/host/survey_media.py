"""The install medium and the operating system: what the medium says, what the database knows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtinstall.compose.disk_sources import is_url, local_path
from virtinstall.errors import FetchError, RequestError
from virtinstall.facts import HostFacts, MediaFacts

if TYPE_CHECKING:
    from virtinstall.media.fetcher import Fetcher
    from virtinstall.media.tree import Identified, Medium, Tree
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.request import Request

_BOTH_NEEDED = "--location with kernel= and initrd= needs both, and a location before them"


def survey_media(request: Request, host: HostFacts, catalog: Catalog) -> MediaFacts | None:
    """What is known of --location, --install OS or --cdrom; None where there is no medium.

    Raises: FetchError, when it can't be read; RequestError, when it is not complete.
    """
    install = request.install
    if install.location is not None:
        wish = install.location
        if not wish.location:
            raise RequestError(_BOTH_NEEDED, hint="for example --location URL,kernel=PATH,initrd=PATH")
        return _survey_location(request, wish.location, wish.kernel, wish.initrd, host, catalog)
    if install.os is not None and install.kernel is None:
        url = tree_url(request, catalog, install.os)
        return _survey_location(request, url, None, None, host, catalog)
    if install.cdrom is not None:
        return _survey_cdrom(install.cdrom, host, catalog)
    return None


def tree_url(request: Request, catalog: Catalog, name: str) -> str:
    """Where the OS database says that the install tree of an OS is.

    Raises: RequestError, when it knows none.
    """
    record = catalog.lookup(name).record
    arch = request.platform.arch or os.uname().machine
    for tree in record.trees:
        if tree.arch == arch and tree.url:
            return tree.url
    raise RequestError(
        f"--install {name}: the OS database knows no install tree of it for {arch}",
        hint="name one with --location URL",
    )


def _survey_location(
    request: Request, location: str, kernel: str | None, initrd: str | None, host: HostFacts, catalog: Catalog
) -> MediaFacts:
    from virtinstall.media.location import is_local, open_location
    from virtinstall.media.tree import chosen_by_hand, recognize

    if not host.local and is_local(location) and os.path.isdir(location):
        raise RequestError(
            f"--location {location}: a local directory can't be used with a remote host",
            hint="serve it by HTTP, or give an ISO image",
        )
    arch = request.platform.arch or request.domain.os.type_arch or host.capabilities.host_arch or os.uname().machine
    guest_type = "xen" if request.platform.os_type == "xen" else "hvm"
    fetcher = open_location(location)
    try:
        if kernel is not None or initrd is not None:
            tree = chosen_by_hand(fetcher, kernel, initrd)
        else:
            tree = recognize(fetcher, arch=arch, guest_type=guest_type, identify=identifier(catalog, arch))
        return _media_facts(location, fetcher, tree)
    finally:
        fetcher.close()


def _media_facts(location: str, fetcher: Fetcher, tree: Tree) -> MediaFacts:
    from virtinstall.media.location import is_local

    local = is_local(location)
    path = os.path.abspath(local_path(location)) if local else location
    is_iso = tree.volume is not None and not (local and os.path.isdir(path))
    arguments = list(tree.arguments)
    if tree.url_argument is not None and fetcher.install_url is not None:
        arguments.append(f"{tree.url_argument}={fetcher.install_url}")
    return MediaFacts(
        location=path,
        os_name=tree.os_name,
        kernel=tree.kernel_path,
        initrd=tree.initrd_path,
        kernel_arguments=tuple(arguments),
        is_iso=is_iso,
        attach=is_iso and local,
        distro=tree.distro,
    )


def identifier(catalog: Catalog, arch: str) -> object:
    """What tells an OS from a medium by the OS database's rules."""

    def identify(medium: Medium) -> Identified | None:
        from virtinstall.media.tree import Identified

        found = catalog.identify(medium, arch)
        return None if found is None else Identified(*found)

    return identify


def _survey_cdrom(path: str, host: HostFacts, catalog: Catalog) -> MediaFacts | None:
    """The OS on an ISO to boot from; None where it can't be read from here."""
    location = local_path(path)
    if is_url(location) or not host.local or not os.path.isfile(location):
        return None
    from virtinstall.media.location import open_location
    from virtinstall.media.tree import Medium

    try:
        fetcher = open_location(location)
    except FetchError:
        return MediaFacts(location=path)
    try:
        found = catalog.identify(Medium(fetcher.volume, None), host.capabilities.host_arch)
    finally:
        fetcher.close()
    return MediaFacts(location=path, os_name=None if found is None else found[0])
