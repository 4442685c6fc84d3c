"""--unattended: the installer, the location of its answer file, and its drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.xml.kinds import parse_switch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from virtinstall.facts import MediaFacts
    from virtinstall.osinfo.media_rows import Driver, Media
    from virtinstall.osinfo.record import OsRecord
    from virtinstall.osinfo.scripts import InstallScript
    from virtinstall.seed.answers import Installer

_IN_INITRD = ("kickstart", "preseed", "autoyast")
_CDROM_NAMES = {"kickstart": "ks.cfg", "autoyast": "autoinst.xml", "agama": "autoinst.json"}
# answer files of systems without install scripts in the OS database
_OWN_FILES = {"autoyast": "autoinst.xml", "agama": "autoinst.json", "autounattend": "autounattend.xml"}
_NEWEST_PRESEED = (20, 4)
_FIRST_AGAMA = 16
_VISTA = 6


def choose_tree(urls: Sequence[str]) -> str:
    """Return the URL of the install tree to use, one of `urls` from the OS database; `urls` must not be empty."""
    # Fedora's trees of single variants cannot install anything else
    return next((url for url in urls if "/Everything/" in url), urls[0])


def choose_installer(
    os: OsRecord,
    media: MediaFacts | None,
    row: Media | None,
    profile: str | None,
    find_script: Callable[[], InstallScript],
) -> Installer:
    """Return the installer to automate.

    `media` is the install medium, or None if there is none. `row` is the medium's entry in the OS database, or None if
    the database does not contain the medium. `profile` is the requested installation profile, or None for the default.
    `find_script` returns the OS database's install script; it is called only if the script is needed.

    Raises: RequestError, if the operating system cannot be installed unattended, or not from this medium.
    """
    from virtinstall.seed.answers import Installer

    own = _own_kind(os, media)
    if own is not None and (row is None or row.installer_script):
        return Installer(own, profile or "jeos", _OWN_FILES.get(own, "user-data"), in_initrd=False)
    script = find_script()
    kind = _kind(script.expected_filename)
    if kind is None:
        raise RequestError(
            f"{os.short_id} reads its answer file only from a floppy disk, which --unattended does not support",
            hint="omit --unattended",
        )
    in_initrd = kind in _IN_INITRD and media is not None and media.initrd is not None
    if kind == "preseed" and not in_initrd:
        raise RequestError(
            f"--unattended: {os.short_id} reads its answer file only from the initrd",
            hint="use --location, which also accepts an ISO image, instead of --cdrom",
        )
    name = script.expected_filename if in_initrd else _CDROM_NAMES.get(kind, script.expected_filename)
    return Installer(kind, script.profile, name, in_initrd, script.required)


def choose_driver(os: OsRecord, values: Mapping[str, str], installer: Installer, arch: str) -> Driver | None:
    """Return the drivers for Windows Setup; None if there are none or they are disabled.

    `values` are the sub-options of --unattended; `drivers=no` disables the drivers.

    Raises: RequestError, if the value of `drivers` is neither yes nor no.
    """
    try:
        wanted = parse_switch(values.get("drivers", "yes"))
    except ValueError as error:
        raise RequestError(
            f"--unattended drivers={values['drivers']}: {error}", hint="use drivers=yes or drivers=no"
        ) from error
    if installer.kind != "autounattend" or not wanted:
        return None
    return os.installable_driver(arch)


def install_url(media: MediaFacts | None) -> str | None:
    """Return the URL of the install tree; None if there is no medium, or if it is an ISO image or a local directory."""
    if media is None or media.is_iso or "://" not in media.location:
        return None
    # the URL of a whole Debian mirror does not show that it is one
    whole_mirror = media.kernel is not None and media.kernel.startswith("dists/")
    return f"{media.location.rstrip('/')}/dists/" if whole_mirror else media.location


def _kind(file_name: str) -> str | None:
    """Return the kind of installer that reads an answer file of that name, or None."""
    if file_name.endswith(".ks"):
        return "kickstart"
    return {"preseed.cfg": "preseed", "autoinst.xml": "autoyast", "autounattend.xml": "autounattend"}.get(file_name)


def _own_kind(record: OsRecord, media: MediaFacts | None) -> str | None:
    """Return the installer of a system for which the OS database has none or an older one, else None."""
    version = _numbers(record)
    if record.distro == "ubuntu" and version:
        live = media is None or media.kernel is None or "casper" in media.kernel
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
