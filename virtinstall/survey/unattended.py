"""--unattended: the installer, and the answers that this host determines."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from virtinstall.compose.installer import choose_driver, choose_installer, install_url
from virtinstall.compose.seeds import DRIVERS
from virtinstall.errors import FetchError
from virtinstall.facts import SeedFacts

if TYPE_CHECKING:
    from virtinstall.facts import MediaFacts
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.osinfo.media_rows import Media
    from virtinstall.osinfo.record import OsRecord
    from virtinstall.seed.password import ReadFile


def survey_unattended(
    values: Mapping[str, str],
    host_arch: str,
    system: OsRecord,
    media: MediaFacts | None,
    arch: str,
    environment: Mapping[str, str],
    read_file: ReadFile,
) -> SeedFacts:
    """Return the answers for the installer of a guest.

    `values` are the sub-options of --unattended, and `system` is the guest's operating system. `host_arch` and `arch`
    are libvirt's names for the architectures of the host and the guest. `media` is the install medium, or None.
    `environment` contains the environment variables. `read_file` is called to read a file that a sub-option specifies.

    Raises: RequestError, if the operating system or the medium does not support unattended installation, or if an
    answer is missing or invalid.
    """
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.osinfo.scripts import choose_scripts
    from virtinstall.seed.answers import read_answers

    catalog = Catalog(environment)
    row, volume_id = _medium(media, system, host_arch, catalog)
    profile = values.get("profile")
    installer = choose_installer(
        system, media, row, profile, lambda: choose_scripts(catalog, system, media=row, profile=profile)[0]
    )
    answers = read_answers(values, installer, system, _login(environment), read_file)
    driver = choose_driver(system, values, installer, arch)
    answers = replace(
        answers,
        language=_language(system, environment, catalog, row, volume_id),
        timezone=_timezone(),
        install_url=install_url(media),
        driver_folder=None if driver is None else DRIVERS,
    )
    return SeedFacts(unattended=answers, driver=driver, warnings=(*catalog.warnings, *answers.warnings))


def _medium(media: MediaFacts | None, system: OsRecord, host_arch: str, catalog: Catalog) -> tuple[Media | None, str]:
    """Return the OS database's record of the medium (None if there is none), and the medium's volume ID."""
    from virtinstall.media.location import open_location
    from virtinstall.osinfo.detect import match_media

    location = None if media is None else media.location
    if location is None or not os.path.isfile(location):
        return None, ""
    try:
        fetcher = open_location(location)
    except FetchError:  # not an ISO image: only the system defines how it is installed
        return None, ""
    try:
        ids = fetcher.volume
    finally:
        fetcher.close()
    if ids is None:
        return None, ""
    found = match_media(
        catalog,
        ids.volume_id,
        system_id=ids.system_id,
        publisher_id=ids.publisher_id,
        application_id=ids.application_id,
        volume_size=ids.volume_size,
        arch=host_arch,
    )
    row = next((match.media for match in found if match.short_id == system.short_id), None)
    return row, ids.volume_id


def _language(
    system: OsRecord, environment: Mapping[str, str], catalog: Catalog, medium: Media | None, volume_id: str
) -> str:
    """Return the medium's language, because Windows accepts no other; without one, this host's language."""
    from virtinstall.osinfo.scripts import media_language

    locale = media_language(catalog, medium, volume_id) if medium is not None else None
    if locale is None and not system.is_windows:
        locale = (environment.get("LC_ALL") or environment.get("LANG") or "").partition(".")[0]
    parts = (locale or "").replace("-", "_").split("_")
    usable = len(parts) == 2 and all(part.isascii() and part.isalpha() for part in parts)
    return "_".join(parts) if usable else "en_US"


def _timezone() -> str:
    """Return this host's time zone as an IANA name."""
    _, found, name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")
    return name if found else "UTC"


def _login(environ: Mapping[str, str]) -> str:
    """Return the name of the user who runs the command; `user` for root, which already exists in every system."""
    name = environ.get("SUDO_USER") or environ.get("USER") or environ.get("LOGNAME") or "user"
    return "user" if name == "root" else name
