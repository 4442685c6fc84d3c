"""Detection of the operating system on an install medium: `--test-media-detection LOCATION`."""

from __future__ import annotations

import os

from virtinstall.errors import RequestError


def detect_media(location: str, arch: str | None, os_type: str | None) -> str:
    """Return the short ID of the operating system on the install medium at `location`, such as `debian12`.

    `arch` and `os_type` are the values of --arch and --os-type, or None.

    Raises: FetchError, if the location cannot be read; RequestError, if the operating system is unknown.
    """
    from virtinstall.media.location import open_location
    from virtinstall.media.tree import recognize
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.survey.media import identifier

    catalog = Catalog(os.environ)
    wanted = arch or os.uname().machine
    fetcher = open_location(location)
    try:
        tree = recognize(
            fetcher,
            arch=wanted,
            guest_type="xen" if os_type == "xen" else "hvm",
            identify=identifier(catalog, wanted),
        )
    finally:
        fetcher.close()
    known = set(catalog.names())
    name = next((name for name in tree.os_names if name in known), None)
    if name is None:
        raise RequestError(
            f"cannot identify the operating system at '{location}'",
            hint="to install from it, specify the operating system with: virt-install --osinfo NAME",
        )
    return name
