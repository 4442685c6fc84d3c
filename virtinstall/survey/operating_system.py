"""The guest's operating system: specified, detected on the medium, or assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from virtinstall.osinfo.option import ChosenOs, choose_os, read_requested

if TYPE_CHECKING:
    from virtinstall.facts import ImageFacts, MediaFacts, Platform
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.request import Request


def survey_os(
    request: Request,
    medium: MediaFacts | None,
    catalog: Catalog,
    platform: Platform,
    environ: Mapping[str, str],
    images: Sequence[ImageFacts | None] = (),
) -> ChosenOs:
    """Return the record of the guest's operating system, and warnings about the choice.

    `medium` is the install medium, or None. `platform` is the platform that is chosen if the operating system is
    unknown. `environ` contains the environment variables. `images` contains, for each disk, the image that it starts
    from, or None.

    Raises: RequestError, if the name of the operating system is unknown, or if a name is required but missing.
    """
    install = request.install
    named = request.domain.os_full_id or request.domain.os_name
    if named is not None:
        # an unknown name in the metadata is rejected too
        catalog.lookup(named)
    # --install OS names the system of its tree
    detected = medium.os_names if medium is not None and install.os is None else ()
    if medium is None:
        # a name that is not in the database does not prevent the use of the image
        detected = tuple(image.source.os_name for image in images if image is not None and image.source.os_name)[:1]
    return choose_os(
        read_requested(request.os.values),
        catalog,
        detected=detected,
        default_name=named or install.os or request.domain.os_id,
        is_hvm=platform.is_hvm and install.reinstall is None,
        environment=environ,
    )
