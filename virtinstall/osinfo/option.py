"""`--osinfo`: the requested operating system, and the one that is used after the media have been examined.

Source: virt-install's behavior with `--osinfo`, with one difference: if nothing was requested and nothing was detected,
virt-install fails, but here a modern Linux is assumed, with a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from virtinstall.errors import RequestError
from virtinstall.named import NamedTuple
from virtinstall.osinfo.catalog import Catalog
from virtinstall.osinfo.record import GENERIC, OsRecord

_REQUIRED = "--osinfo: no operating system was specified or detected"
_GENERIC_COST = "unknown operating system: using slow devices that every system supports (set it with --osinfo NAME)"

_GENERIC_CHOSEN = (
    "--osinfo generic: using slow devices that every system supports; specify the operating system for faster ones"
)


class RequestedOs(NamedTuple):
    """The values of `--osinfo`.

    `name` is a short ID, a full ID or `generic`; None if no name is specified. If `detect` is true, the
    operating system is detected, and `name` is used only if the detection fails. `require` is whether it is an error if
    the operating system is neither specified nor detected; None if the user does not specify this. `strict` is true if
    detect=on or require=on is specified, so that by default a failed detection is an error.
    """

    name: str | None = None
    detect: bool = True
    require: bool | None = None
    strict: bool = False


class ChosenOs(NamedTuple):
    """The record to use for the guest's operating system, and the warnings about this choice.

    `assumed` is true if the record describes a different operating system, because the guest's operating system is not
    in the database or was neither specified nor detected.
    """

    record: OsRecord
    warnings: tuple[str, ...] = ()
    assumed: bool = False


def read_requested(values: Mapping[str, str] | None) -> RequestedOs:
    """Return the request that the sub-options of `--osinfo` specify.

    `values` maps the sub-options `name`, `short-id`, `id`, `detect` and `require` to their values, and is None if the
    option is not used.

    Raises: RequestError, if the value of `detect` or `require` is neither on nor off.
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
            raise RequestError(
                f"--osinfo {word}={values[word]}: {error}", hint=f"use {word}=on or {word}=off"
            ) from error
    detect, require = switches["detect"], switches["require"]
    return RequestedOs(
        name=name,
        detect=detect if detect is not None else name is None,
        require=require,
        strict=detect is True or require is True,
    )


def choose_os(
    requested: RequestedOs,
    catalog: Catalog,
    *,
    detected: Iterable[str] = (),
    default_name: str | None = None,
    is_hvm: bool = True,
    environment: Mapping[str, str] | None = None,
) -> ChosenOs:
    """Choose the operating system of the guest.

    `detected` contains names from the medium or the image, the most likely first; they are ignored if detection is off.
    `default_name` is the name from another option, such as `--install fedora36`, or None; it is used if `requested`
    contains no name. `is_hvm` is true if the guest is fully virtualized; containers and paravirtual guests do not need
    a name. `environment` contains the environment variables. If VIRTINSTALL_OSINFO_DISABLE_REQUIRE is set, a missing
    name is an error only with require=on.

    Raises: RequestError, if the name is unknown, or if a name is required and was neither specified nor detected.
    """
    if requested.detect:
        for name in detected:
            found = _known(catalog, name)
            if found is not None:
                return found
    name_given = requested.name or default_name
    if name_given:
        record, warning, exact = catalog.lookup(name_given)
        cost = _GENERIC_CHOSEN if record.is_generic and is_hvm and warning is None else None
        return ChosenOs(record, _warnings(warning, cost), assumed=not exact)
    if requested.require or (requested.strict and requested.require is None and is_hvm and not _may_lack(environment)):
        raise RequestError(
            _REQUIRED,
            hint="specify a name from 'virt-install --osinfo list' with --osinfo NAME, or use --osinfo linux2022 for "
            "any Linux, or --osinfo generic for any operating system",
        )
    if not is_hvm:
        return ChosenOs(GENERIC)
    if requested.require is False or not requested.detect or _may_lack(environment):
        return ChosenOs(GENERIC, (_GENERIC_COST,), assumed=True)
    record = catalog.newest_linux()
    return ChosenOs(record, (_GENERIC_COST if record.is_generic else _guess_cost(record),), assumed=True)


def _known(catalog: Catalog, name: str) -> ChosenOs | None:
    """Return the operating system that a medium or an image names; None if the database has no similar one.

    The user did not type this name, and the settings of a similar release suit the system, so there is no warning.
    """
    try:
        record, _, exact = catalog.lookup(name)
    except RequestError:
        return None
    return None if record.is_generic else ChosenOs(record, assumed=not exact)


def _may_lack(environment: Mapping[str, str] | None) -> bool:
    """Return whether the user's environment allows a missing name."""
    return "VIRTINSTALL_OSINFO_DISABLE_REQUIRE" in (environment or {})


def _warnings(*lines: str | None) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


def _guess_cost(record: OsRecord) -> str:
    return f"no operating system specified or detected: assuming {record.short_id} (set it with --osinfo NAME)"
