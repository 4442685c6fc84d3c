"""Which operating system the guest will run: named, found on the medium, or assumed.

Source: virt-install's --osinfo: what is asked for explicitly (`detect=`, `require=on`) is
strict; where nothing was said at all, a modern Linux is assumed and the user told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from virtinstall.compose.compose import wished_platform
from virtinstall.compose.platform import choose_platform
from virtinstall.errors import RequestError
from virtinstall.osinfo.record import GENERIC, OsRecord
from virtinstall.xml.kinds import parse_switch

if TYPE_CHECKING:
    from virtinstall.facts import HostFacts, MediaFacts
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.request import Request

DISABLE_REQUIRE = "VIRTINSTALL_OSINFO_DISABLE_REQUIRE"
_GENERIC_WORDS = ("none", "generic")
_AUTO_WORDS = ("auto", "detect")


def choose_record(
    request: Request, medium: MediaFacts | None, catalog: Catalog, host: HostFacts, environ: Mapping[str, str]
) -> tuple[OsRecord, list[str]]:
    """The OS's record, and warnings. Raises: RequestError, for an unknown name, or where one is required."""
    values = request.os.values
    metadata = request.domain.os_name or request.domain.os_full_id
    if values is None and metadata is None and request.install.os is not None:
        metadata = request.install.os
    if values is None and metadata is not None:
        return _named(metadata, catalog)
    name = (values or {}).get("name") or (values or {}).get("id")
    explicit = values is not None
    detect = name in (None, *_AUTO_WORDS)
    if values is not None and "detect" in values:
        detect = parse_switch(values["detect"])
    if name in _AUTO_WORDS:
        name, explicit = None, len(values or {}) > 1
    if name in _GENERIC_WORDS:
        return GENERIC, []
    if detect and medium is not None and medium.os_name is not None:
        return _named(medium.os_name, catalog)
    if name is not None:
        return _named(name, catalog)
    return _not_found(request, values or {}, explicit, catalog, host, environ)


def _named(name: str, catalog: Catalog) -> tuple[OsRecord, list[str]]:
    found = catalog.lookup(name)
    return found.record, [] if found.warning is None else [found.warning]


def _not_found(
    request: Request,
    values: Mapping[str, str],
    explicit: bool,
    catalog: Catalog,
    host: HostFacts,
    environ: Mapping[str, str],
) -> tuple[OsRecord, list[str]]:
    """Nothing named, nothing found."""
    platform = choose_platform(wished_platform(request), host.capabilities, GENERIC, host.driver)
    require = parse_switch(values["require"]) if "require" in values else None
    if require is False or not platform.is_hvm or request.install.reinstall is not None:
        return GENERIC, []
    if DISABLE_REQUIRE in environ and require is None:
        return GENERIC, ["no operating system was named or found: defaults for an unknown one may be slow"]
    if explicit:
        raise RequestError(
            "--osinfo was to be found on the install media, but nothing was found there",
            hint="name it: --osinfo debian12 (`--osinfo list` shows all), or give up on it with --osinfo require=off",
        )
    record = catalog.newest_linux()
    return record, [
        f"no --osinfo was given and none was found: taken as a modern Linux ({record.short_id}). "
        "Windows, BSD and old systems may not see their disk like this: name it with --osinfo NAME"
    ]
