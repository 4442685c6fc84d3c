"""--unattended: which installer there is to answer, and what of this host goes into the answers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from virtinstall.errors import FetchError, RequestError
from virtinstall.plan import SeedFile
from virtinstall.xml.kinds import parse_switch

if TYPE_CHECKING:
    from virtinstall.facts import Facts, MediaFacts
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.osinfo.media_rows import Driver, Media
    from virtinstall.osinfo.record import OsRecord
    from virtinstall.seed.answers import Installer
    from virtinstall.seed.password import ReadFile

_IN_INITRD = ("kickstart", "preseed", "autoyast")
_CDROM_NAMES = {"kickstart": "ks.cfg", "autoyast": "autoinst.xml", "agama": "autoinst.json"}
# what a system without install scripts in the OS database needs to be told is known to be this
_OWN_FILES = {"autoyast": "autoinst.xml", "agama": "autoinst.json", "autounattend": "autounattend.xml"}
_NEWEST_PRESEED = (20, 4)
_FIRST_AGAMA = 16
_VISTA = 6
_DRIVERS = "drivers"


def with_unattended(facts: Facts, values: Mapping[str, str], arch: str, read_file: ReadFile) -> Facts:
    """`facts` with the answers that the installer of a machine of `arch` will be given.

    Raises: RequestError, when the system or the medium can't be installed unattended, or an
    answer is missing.
    """
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.seed.answers import CDROM_LABELS, kernel_arguments, read_answers

    catalog = Catalog(facts.environment)
    medium, volume_id = _medium(facts, catalog)
    installer = _installer(facts, catalog, medium, values.get("profile"))
    answers = read_answers(values, installer, facts.os, _login(facts.environment), read_file)
    answers = replace(
        answers,
        language=_language(facts, catalog, medium, volume_id),
        timezone=_timezone(),
        install_url=_install_url(facts.media),
    )
    driver = _driver(facts, values, installer, arch)
    if driver is not None:
        # with these drivers it supports more devices, and its guest may have them
        facts = facts.replace(os=facts.os._replace(devices=facts.os.devices | set(driver.devices)))
        answers = replace(answers, driver_folder=_DRIVERS)
    location = f"{facts.host.boot_dir}/virtinst-{facts.token}-unattended.iso"
    files = [] if driver is None else [(f"{_DRIVERS}/{name}", f"{driver.location}/{name}") for name in driver.files]
    seed = SeedFile(path=location, label=CDROM_LABELS.get(installer.kind, ""), files=(), fetched=tuple(files))
    return facts.replace(
        unattended=answers,
        seeds=facts.seeds if installer.in_initrd else (*facts.seeds, seed),
        seed_arguments=kernel_arguments(installer, answers.os_version, facts.os.distro),
        warnings=(*facts.warnings, *catalog.warnings, *answers.warnings),
    )


def _install_url(media: MediaFacts | None) -> str | None:
    """The address that the installer comes from."""
    if media is None or media.is_iso or "://" not in media.location:
        return None
    # the address of a whole Debian mirror doesn't tell that it is one
    whole_mirror = media.kernel is not None and media.kernel.startswith("dists/")
    return f"{media.location.rstrip('/')}/dists/" if whole_mirror else media.location


def _driver(facts: Facts, values: Mapping[str, str], installer: Installer, arch: str) -> Driver | None:
    """The drivers that Windows Setup is to be given; None where it gets none. Raises: RequestError."""
    try:
        wanted = parse_switch(values.get("drivers", "yes"))
    except ValueError as error:
        raise RequestError(f"--unattended drivers={values['drivers']}: {error}", hint="say drivers=no") from error
    if installer.kind != "autounattend" or not wanted:
        return None
    return facts.os.installable_driver(arch)


def _installer(facts: Facts, catalog: Catalog, medium: Media | None, profile: str | None) -> Installer:
    from virtinstall.osinfo.scripts import choose_scripts
    from virtinstall.seed.answers import Installer

    own = _own_kind(facts)
    if own is not None and (medium is None or medium.installer_script):
        return Installer(own, profile or "jeos", _OWN_FILES.get(own, "user-data"), in_initrd=False)
    script = choose_scripts(catalog, facts.os, media=medium, profile=profile)[0]
    kind = _kind(script.expected_filename)
    if kind is None:
        raise RequestError(
            f"{facts.os.short_id} takes its answers from a floppy disk only, which --unattended doesn't make",
            hint="install it without --unattended",
        )
    in_initrd = kind in _IN_INITRD and facts.media is not None and facts.media.initrd is not None
    if kind == "preseed" and not in_initrd:
        raise RequestError(
            f"{facts.os.short_id} takes its answers from the initrd only",
            hint="install it with --location, which may be an ISO image as well",
        )
    name = script.expected_filename if in_initrd else _CDROM_NAMES.get(kind, script.expected_filename)
    return Installer(kind, script.profile, name, in_initrd, script.required)


def _kind(file_name: str) -> str | None:
    """The installer, told by what it calls its answers."""
    if file_name.endswith(".ks"):
        return "kickstart"
    return {"preseed.cfg": "preseed", "autoinst.xml": "autoyast", "autounattend.xml": "autounattend"}.get(file_name)


def _own_kind(facts: Facts) -> str | None:
    """The installer where the OS database knows none, or an older one than the system has."""
    record = facts.os
    version = _numbers(record)
    if record.distro == "ubuntu" and version:
        live = facts.media is None or facts.media.kernel is None or "casper" in facts.media.kernel
        if version > _NEWEST_PRESEED or (version == _NEWEST_PRESEED and live):
            return "autoinstall"
    if record.distro in ("opensuse", "sle") and version:
        if version[0] >= _FIRST_AGAMA and version[0] < 42:  # Leap 42 came before 15
            return "agama"
        return "autoyast" if not record.scripts else None
    if record.is_windows and not record.scripts and version and version[0] >= _VISTA:
        return "autounattend"
    return None


def _numbers(record: OsRecord) -> tuple[int, ...]:
    parts = (record.version or "").split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def _medium(facts: Facts, catalog: Catalog) -> tuple[Media | None, str]:
    """What the OS database says of the medium itself, and the medium's volume id."""
    from virtinstall.media.location import open_location
    from virtinstall.osinfo.detect import match_media

    location = None if facts.media is None else facts.media.location
    if location is None or not os.path.isfile(location):
        return None, ""
    try:
        fetcher = open_location(location)
    except FetchError:  # no ISO image: then nothing but the system itself says how it is installed
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
        arch=facts.host.capabilities.host_arch,
    )
    media = next((match.media for match in found if match.short_id == facts.os.short_id), None)
    return media, ids.volume_id


def _language(facts: Facts, catalog: Catalog, medium: Media | None, volume_id: str) -> str:
    """The medium's, for Windows takes no other; else this host's."""
    from virtinstall.osinfo.scripts import media_language

    told = media_language(catalog, medium, volume_id) if medium is not None else None
    if told is None and not facts.os.is_windows:
        told = (facts.environment.get("LC_ALL") or facts.environment.get("LANG") or "").partition(".")[0]
    parts = (told or "").replace("-", "_").split("_")
    usable = len(parts) == 2 and all(part.isascii() and part.isalpha() for part in parts)
    return "_".join(parts) if usable else "en_US"


def _timezone() -> str:
    """This host's, as an IANA name."""
    _, found, name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")
    return name if found else "UTC"


def _login(environ: Mapping[str, str]) -> str:
    """Who runs the command; root has an account in every system already."""
    name = environ.get("SUDO_USER") or environ.get("USER") or environ.get("LOGNAME") or "user"
    return "user" if name == "root" else name
