"""The install medium and the operating system, as identified by the medium and the OS database."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtinstall.compose.disk_sources import is_url, local_path
from virtinstall.compose.installer import choose_tree
from virtinstall.errors import FetchError, RequestError
from virtinstall.facts import HostFacts, MediaFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from virtinstall.media.fetcher import Fetcher, VolumeIds
    from virtinstall.media.medium import Identified, Identify, InstallTree, Medium
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.request import Request


def survey_media(request: Request, host: HostFacts, catalog: Catalog) -> MediaFacts | None:
    """Return the facts about the medium of --location, --install OS or --cdrom; None if there is no medium.

    Raises: FetchError, if the medium cannot be read; RequestError, if the options are incomplete, if the operating
    system is unknown, or if a file does not exist.
    """
    install = request.install
    _check_own_kernel(request)
    if install.location is not None:
        requested = install.location
        if not requested.location:
            paths = (("kernel", requested.kernel), ("initrd", requested.initrd))
            shown = ",".join(f"{name}={path}" for name, path in paths if path is not None)
            raise RequestError(
                f"--location {shown}: no install tree or ISO image specified",
                hint=f"specify its URL or path first: --location URL,{shown}",
            )
        return _survey_location(request, requested.location, requested.kernel, requested.initrd, host, catalog)
    if install.os is not None and install.kernel is None:
        url = tree_url(request, catalog, install.os)
        return _survey_location(request, url, None, None, host, catalog)
    if install.cdrom is not None:
        return _survey_cdrom(install.cdrom, host, catalog)
    return None


def _check_own_kernel(request: Request) -> None:
    """Check that the files of `--install kernel=URL,initrd=URL` exist, as the files of a tree are checked.

    Raises: FetchError, if the server cannot be reached; RequestError, if it has no such file.
    """
    for what, url in (("kernel", request.install.kernel), ("initrd", request.install.initrd)):
        location, _, name = (url or "").rpartition("/")
        if url is None or not is_url(url) or not name:
            continue
        from virtinstall.media.fetcher import display_url
        from virtinstall.media.location import open_location

        fetcher = open_location(location)
        try:
            if not fetcher.exists(name):
                raise RequestError(f"--install {what}={display_url(url)}: no such file", hint="check the URL")
        finally:
            fetcher.close()


def tree_url(request: Request, catalog: Catalog, name: str) -> str:
    """Return the URL of the install tree for the operating system `name` in the OS database.

    Raises: RequestError, if the database does not contain the operating system or an install tree for the architecture.
    """
    record, _, exact = catalog.lookup(name)
    if not exact:
        # the settings of a similar release suit a guest, but its tree installs another system
        raise RequestError(
            f"--install {name}: the OS database does not contain this operating system",
            hint=f"specify its install tree with --location URL, or use --install {record.short_id}",
        )
    arch = request.platform.arch or request.domain.os.type_arch or os.uname().machine
    urls = [tree.url for tree in record.trees if tree.arch == arch and tree.url]
    if urls:
        return choose_tree(urls)
    raise RequestError(
        f"--install {name}: the OS database contains no install tree for {arch}",
        hint="specify an install tree with --location URL",
    )


def _survey_location(
    request: Request, location: str, kernel: str | None, initrd: str | None, host: HostFacts, catalog: Catalog
) -> MediaFacts:
    from virtinstall.media.location import open_location
    from virtinstall.media.tree import recognize

    arch = request.platform.arch or request.domain.os.type_arch or host.capabilities.host_arch or os.uname().machine
    guest_type = "xen" if request.platform.os_type == "xen" else "hvm"
    fetcher = open_location(location)

    def recognized() -> InstallTree:
        return recognize(fetcher, arch=arch, guest_type=guest_type, identify=identifier(catalog, arch))

    try:
        manually = kernel is not None or initrd is not None
        tree = _chosen_manually(fetcher, kernel, initrd, recognized) if manually else recognized()
        return media_facts(location, tree)
    finally:
        fetcher.close()


def _chosen_manually(
    fetcher: Fetcher, kernel: str | None, initrd: str | None, recognized: Callable[[], InstallTree]
) -> InstallTree:
    """Return the specified kernel and initrd, with the operating system and the install source of the location.

    Kernel arguments of an image's boot menu are for the menu's kernel, and are not used.
    """
    from dataclasses import replace

    from virtinstall.media.tree import chosen_manually

    tree = chosen_manually(fetcher, kernel, initrd)
    try:
        found = recognized()
    except (FetchError, RequestError):
        # kernel= and initrd= support locations that are not recognized
        return tree
    arguments = found.arguments if tree.volume is None else ()
    return replace(tree, os_names=found.os_names, arguments=arguments)


def media_facts(location: str, tree: InstallTree) -> MediaFacts:
    """Return the facts about the medium at `location`, which contains `tree`.

    In the result, `attach` is True if the medium is an ISO image, which is attached to the guest as a CD-ROM.
    """
    from virtinstall.media.location import is_local

    local = is_local(location)
    path = os.path.abspath(local_path(location)) if local else location
    is_iso = tree.volume is not None and not (local and os.path.isdir(path))
    return MediaFacts(
        location=path,
        os_names=tree.os_names,
        kernel=tree.kernel_path,
        initrd=tree.initrd_path,
        kernel_arguments=tree.arguments,
        is_iso=is_iso,
        attach=is_iso,
        distro=tree.distro,
    )


def identifier(catalog: Catalog, arch: str) -> Identify:
    """Return a function that identifies the operating system on a medium by the rules in the OS database.

    Media for the architecture `arch` are preferred. The function returns None for an unknown medium.
    """

    def identify(medium: Medium) -> Identified | None:
        from virtinstall.media.medium import Identified
        from virtinstall.osinfo.detect import match_media, match_tree

        ids, treeinfo = medium.volume, medium.treeinfo
        if treeinfo is not None:
            trees = match_tree(
                catalog,
                family=treeinfo.family,
                version=treeinfo.version,
                variant=treeinfo.variant or "",
                arch=treeinfo.arch or arch,
            )
            if trees:
                return Identified(trees[0].short_id)
        if ids is None:
            return None
        found = match_media(
            catalog,
            ids.volume_id,
            system_id=ids.system_id,
            publisher_id=ids.publisher_id,
            application_id=ids.application_id,
            volume_size=ids.volume_size,
            arch=arch,
        )
        if not found:
            from virtinstall.media.labels import name_of_label

            name = name_of_label(ids.volume_id)
            return Identified(name) if name else None
        return Identified(found[0].short_id, found[0].media.kernel, found[0].media.initrd)

    return identify


def _survey_cdrom(path: str, host: HostFacts, catalog: Catalog) -> MediaFacts | None:
    """Return the facts about an ISO image to boot from; None if it cannot be read from this machine."""
    location = local_path(path)
    if is_url(location) or not os.path.isfile(location):
        return None
    from virtinstall.media.medium import Medium

    try:
        volume = _disc_ids(location)
    except FetchError as error:
        doubt = f"--cdrom {path}: {error.message}; the guest may not be able to boot from it"
        return MediaFacts(location=path, doubt=doubt if os.access(location, os.R_OK) else None)
    found = identifier(catalog, host.capabilities.host_arch)(Medium(volume, None))
    return MediaFacts(location=path, os_names=() if found is None else (found.os_name,))


def _disc_ids(location: str) -> VolumeIds | None:
    """Return the identifiers of a disc with an ISO 9660 or UDF file system.

    Raises: FetchError, if it has neither.
    """
    from pathlib import Path

    from virtinstall.media.bytesource import FileSource
    from virtinstall.media.location import open_location
    from virtinstall.media.udf import udf_volume

    try:
        fetcher = open_location(location)
    except FetchError:
        with FileSource(Path(location)) as source:
            volume = udf_volume(source)
        if volume is None:
            raise
        return volume
    try:
        return fetcher.volume
    finally:
        fetcher.close()
