"""`--osinfo`: what was asked, and which system it comes to once the media have been looked at.

Source: virt-install's behaviour with `--osinfo`. It departs from it where nothing was asked and nothing
was found: virt-install refuses, here the guest is taken for a modern Linux, and a warning says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from virtinstall.errors import RequestError
from virtinstall.named import NamedTuple
from virtinstall.osinfo.catalog import Catalog
from virtinstall.osinfo.record import GENERIC, OsRecord

_REQUIRED = "--osinfo/--os-variant OS name is required, but none was given or detected"
_GENERIC_COST = "unknown operating system: using slow devices that every system supports (set it with --osinfo NAME)"


class RequestedOs(NamedTuple):
    """What `--osinfo` asks for.

    `name`: a short id, a full id or `generic`; with `detect` it is what to take when nothing is
    found. `require`: whether it is an error when there is no name in the end; None: not said.
    `strict`: detect=on or require=on was said, so that finding nothing isn't passed over.
    """

    name: str | None = None
    detect: bool = True
    require: bool | None = None
    strict: bool = False


class ChosenOs(NamedTuple):
    """The guest's operating system and warnings about the choice.

    `assumed`: it was not requested and not detected.
    """

    record: OsRecord
    warnings: tuple[str, ...] = ()
    assumed: bool = False


def read_requested(values: Mapping[str, str] | None) -> RequestedOs:
    """What the sub-options of `--osinfo` (`name`, `short-id`, `id`, `detect`, `require`) ask for.

    Raises: RequestError, when a switch is neither on nor off.
    """
    from virtinstall.xml.kinds import parse_switch

    values = values or {}
    name = values.get("id") or values.get("name") or values.get("short-id") or None
    if name == "none":
        name = GENERIC.short_id
    elif name == "auto":
        name = None
    switches: dict[str, bool | None] = {}
    for word in ("detect", "require"):
        try:
            switches[word] = parse_switch(values[word]) if values.get(word) else None
        except ValueError as error:
            raise RequestError(f"--osinfo {word}={values[word]}: {error}", hint="say on or off") from error
    detect, require = switches["detect"], switches["require"]
    return RequestedOs(
        name=name,
        detect=detect if detect is not None else name is None,
        require=require,
        strict=detect is True or require is True,
    )


def choose_os(
    wish: RequestedOs,
    catalog: Catalog,
    *,
    detected: Iterable[str] = (),
    default_name: str | None = None,
    is_hvm: bool = True,
    environment: Mapping[str, str] | None = None,
) -> ChosenOs:
    """The system to make the guest for.

    `detected`: names that the media gave, the likeliest first; they don't count where detection
    is off. `default_name`: what another option says (`--install fedora36`, `--reinstall`).
    `is_hvm`: full virtualisation; containers and paravirtual guests don't need a name.

    Raises: RequestError, when a name is unknown, or none was found and one is required.
    """
    if wish.detect:
        for name in detected:
            found = _known(catalog, name)
            if found is not None:
                return found
    name_given = wish.name or default_name
    if name_given:
        record, warning = catalog.lookup(name_given)
        return ChosenOs(record, _warnings(warning, _GENERIC_COST if record.is_generic and is_hvm else None))
    if wish.require or (wish.strict and wish.require is None and is_hvm and not _may_lack(environment)):
        raise RequestError(
            _REQUIRED,
            hint="`--osinfo list` prints all names; for an unlisted Linux use linux2022; "
            "--osinfo generic disables the defaults of an operating system",
        )
    if not is_hvm:
        return ChosenOs(GENERIC)
    if wish.require is False or not wish.detect or _may_lack(environment):
        return ChosenOs(GENERIC, (_GENERIC_COST,), assumed=True)
    record = catalog.newest_linux()
    return ChosenOs(record, (_GENERIC_COST if record.is_generic else _guess_cost(record),), assumed=True)


def _known(catalog: Catalog, name: str) -> ChosenOs | None:
    """The system that a medium names, or None where the database has nothing like it."""
    try:
        record, warning = catalog.lookup(name)
    except RequestError:
        return None
    return None if record.is_generic else ChosenOs(record, _warnings(warning))


def _may_lack(environment: Mapping[str, str] | None) -> bool:
    """Whether the user's environment says that a name needn't be there."""
    return "VIRTINSTALL_OSINFO_DISABLE_REQUIRE" in (environment or {})


def _warnings(*lines: str | None) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


def _guess_cost(record: OsRecord) -> str:
    return f"no operating system given or detected: assuming {record.short_id} (set it with --osinfo NAME)"
