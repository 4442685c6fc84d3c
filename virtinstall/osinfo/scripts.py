"""Install scripts: osinfo-db's description of how an installer reads the answers, which `seed/` creates.

Source: osinfo-db's `<install-script>` and `<datamap>` (schema/osinfo.rng)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.named import NamedTuple
from virtinstall.osinfo.catalog import Catalog
from virtinstall.osinfo.places import Places, entity_of, source_files
from virtinstall.osinfo.record import OsRecord

if TYPE_CHECKING:
    from lxml import etree

    from virtinstall.osinfo.media_rows import Media


class InstallScript(NamedTuple):
    """The description of how an answer file is passed to an installer.

    `profile` is the kind of installation, such as `desktop`. `expected_filename` is the name of the answer file.
    `injection_methods` contains any of `initrd`, `cdrom`, `floppy`, `disk` and `web`. `product_key_format` has a `$`
    for each character of the product key; it is None if the installation needs no key. `required` and `optional`
    contain the names of parameters, such as `admin-password` or `l10n-language`.
    """

    id: str
    profile: str
    expected_filename: str
    path_format: str
    injection_methods: tuple[str, ...]
    product_key_format: str | None
    needs_internet: bool
    can_pre_install_drivers: bool
    can_post_install_drivers: bool
    required: tuple[str, ...]
    optional: tuple[str, ...]


def install_scripts(catalog: Catalog, record: OsRecord, media: Media | None = None) -> list[InstallScript]:
    """Return the install scripts for an operating system, or for its medium `media` if this is not None.

    The list is empty if unattended installation is not supported.
    """
    found = []
    for identity in record.script_ids(media):
        element = _entity(catalog, "install-script", identity)
        if element is not None:
            found.append(_script(identity, element))
    return found


def choose_scripts(
    catalog: Catalog, record: OsRecord, *, media: Media | None = None, profile: str | None = None
) -> list[InstallScript]:
    """Return the install scripts for a profile, such as `desktop` or `jeos`.

    If `profile` is None, the profile is `desktop`, or the first available one in alphabetical order. The first script
    describes the answer file. For Windows, it may be followed by scripts that run after the installation.

    Raises: RequestError, if the operating system or the medium has no script, or none for the profile.
    """
    if media is not None and not media.installer_script:
        raise RequestError(
            f"the install medium does not support unattended installation of {record.short_id}",
            hint="if the medium is a live image, use an install image; otherwise, omit --unattended",
        )
    scripts = install_scripts(catalog, record, media)
    profiles = sorted({script.profile for script in scripts})
    if not scripts:
        raise RequestError(
            f"--unattended: the operating system '{record.short_id}' does not support unattended installation",
            hint="specify the operating system with --osinfo NAME, or omit --unattended"
            if record.is_generic
            else "omit --unattended",
        )
    wanted = profile or ("desktop" if "desktop" in profiles else profiles[0])
    if wanted not in profiles and media is not None:
        # the medium does not offer this profile: the system's own script may
        scripts = install_scripts(catalog, record, None)
        profiles = sorted({script.profile for script in scripts})
    if wanted not in profiles:
        raise RequestError(
            f"the operating system '{record.short_id}' does not support unattended installation with the profile "
            f"'{wanted}'",
            hint=f"use {' or '.join(f'profile={known}' for known in profiles)}",
        )
    return [script for script in scripts if script.profile == wanted]


def media_language(catalog: Catalog, media: Media, volume_id: str) -> str | None:
    """Return the language of a medium as a locale, such as `en_US`; None if it is unknown."""
    import re

    language = media.language
    if language is None:
        return None
    if media.language_is_pattern:
        try:
            match = re.search(language, volume_id)
        except re.error:
            return None
        if match is None or not match.groups():
            return None
        language = match.group(1)
    if media.language_map is None:
        return language
    table = _entity(catalog, "datamap", media.language_map)
    entries = {} if table is None else {entry.get("inval"): entry.get("outval") for entry in table.iterfind("entry")}
    return entries.get(language)


def _entity(catalog: Catalog, kind: str, identity: str) -> etree._Element | None:
    """Return the element of another kind of entity; None if the database does not contain it."""
    from virtinstall.osinfo.entry import read_elements

    place = entity_of(identity)
    if place is None:
        return None
    paths = source_files(Places(catalog.directories, kind).sources(*place))
    elements = read_elements(paths, kind, catalog.broken_files)
    return next((element for element in elements if element.get("id") == identity), None)


def _script(identity: str, element: etree._Element) -> InstallScript:
    def text(tag: str) -> str | None:
        return (element.findtext(tag) or "").strip() or None

    def flag(tag: str) -> bool:
        # an empty element means true, as in Microsoft's scripts
        return element.find(tag) is not None and text(tag) != "false"

    def parameters(policy: str) -> tuple[str, ...]:
        found = element.iterfind("config/param")
        return tuple(param.get("name", "") for param in found if param.get("policy") == policy)

    return InstallScript(
        id=identity,
        profile=text("profile") or "",
        expected_filename=text("expected-filename") or "",
        path_format=text("path-format") or "unix",
        injection_methods=tuple((method.text or "").strip() for method in element.iterfind("injection-method")),
        product_key_format=text("product-key-format"),
        needs_internet=flag("needs-internet"),
        can_pre_install_drivers=flag("can-pre-install-drivers"),
        can_post_install_drivers=flag("can-post-install-drivers"),
        required=parameters("required"),
        optional=parameters("optional"),
    )
