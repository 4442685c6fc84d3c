"""`--osinfo`: the request, and the system of the guest."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.osinfo.database import Database
from virtinstall.errors import RequestError
from virtinstall.osinfo.option import ChosenOs, RequestedOs, choose_os, read_requested

DISABLED = {"VIRTINSTALL_OSINFO_DISABLE_REQUIRE": "1"}


@pytest.mark.parametrize(
    ("values", "requested"),
    [
        (None, RequestedOs()),
        ({}, RequestedOs()),
        ({"name": "auto"}, RequestedOs()),
        ({"name": "penguin1"}, RequestedOs("penguin1", detect=False)),
        ({"short-id": "penguin1"}, RequestedOs("penguin1", detect=False)),
        ({"name": "none"}, RequestedOs("generic", detect=False)),
        ({"name": "a", "id": "http://b"}, RequestedOs("http://b", detect=False)),
        ({"name": "penguin1", "detect": "yes"}, RequestedOs("penguin1", detect=True, strict=True)),
        ({"detect": "on", "require": "off"}, RequestedOs(detect=True, require=False, strict=True)),
        ({"detect": "off"}, RequestedOs(detect=False)),
        ({"require": "on"}, RequestedOs(require=True, strict=True)),
        ({"require": "off"}, RequestedOs(require=False)),
    ],
)
def test_option_is_parsed(values: Mapping[str, str] | None, requested: RequestedOs) -> None:
    """A name disables detection unless it is requested; the ID overrides the name; `auto` means unset."""
    assert read_requested(values) == requested


def test_invalid_switch_is_rejected() -> None:
    """A value that is neither on nor off is an error that names the sub-option."""
    with pytest.raises(RequestError, match="--osinfo detect=maybe"):
        read_requested({"detect": "maybe"})


def _choose(database: Database, values: Mapping[str, str] | None = None, *detected: str) -> ChosenOs:
    return choose_os(read_requested(values), database.catalog(), detected=detected)


def test_name_overrides_detection(database: Database) -> None:
    """A plain name overrides the medium."""
    assert _choose(database, {"name": "penguin1"}, "win11").record.short_id == "penguin1"


def test_detected_system_is_used(database: Database) -> None:
    """Names that the database lacks are skipped."""
    chosen = _choose(database, None, "walrus9", "penguin2.0", "penguin1")
    assert (chosen.record.short_id, chosen.warnings) == ("penguin2.0", ())


def test_newer_detected_system_causes_no_warning(database: Database) -> None:
    """The settings of the previous one are used; the user did not specify the name."""
    chosen = _choose(database, None, "penguin3")
    assert (chosen.record.short_id, chosen.assumed, chosen.warnings) == ("penguin2.1", True, ())


def test_name_with_detect_is_the_fallback(database: Database) -> None:
    """With `detect=on,name=win11`, Windows 11 is used if nothing is detected."""
    values = {"detect": "on", "name": "win11"}
    assert _choose(database, values, "penguin1").record.short_id == "penguin1"
    assert _choose(database, values).record.short_id == "win11"


def test_default_is_the_newest_generic_linux(database: Database) -> None:
    """One short warning is printed."""
    chosen = _choose(database)
    assert chosen.record.short_id == "linux2030"
    (warning,) = chosen.warnings
    assert "linux2030" in warning
    assert len(warning) <= 100
    assert chosen.assumed


@pytest.mark.parametrize("values", [{"detect": "on"}, {"require": "on"}, {"detect": "on", "require": "on"}])
def test_explicit_switches_require_a_name(database: Database, values: Mapping[str, str]) -> None:
    """`detect=on` or `require=on` is an error if no name is found."""
    with pytest.raises(RequestError, match="no operating system was specified or detected"):
        _choose(database, values)


def test_disabled_detection_requires_no_name(database: Database) -> None:
    """`detect=off` without a name means an unknown system."""
    chosen = _choose(database, {"detect": "off"}, "penguin1")
    assert chosen.record.is_generic
    assert chosen.warnings


def test_require_on_applies_to_containers(database: Database) -> None:
    """Otherwise, containers and paravirtual guests need no name."""
    chosen = choose_os(read_requested({"detect": "on"}), database.catalog(), is_hvm=False)
    assert (chosen.record.is_generic, chosen.warnings) == (True, ())
    with pytest.raises(RequestError):
        choose_os(read_requested({"require": "on"}), database.catalog(), is_hvm=False)


@pytest.mark.parametrize("values", [{"require": "off"}, {"detect": "on", "require": "off"}, {"name": "none"}])
def test_generic_system_causes_a_warning(database: Database, values: Mapping[str, str]) -> None:
    """It is requested with `require=off` or `none`."""
    chosen = _choose(database, values)
    assert chosen.record.is_generic
    assert len(chosen.warnings) == 1


def test_environment_variable_disables_the_requirement(database: Database) -> None:
    """`require=on` overrides VIRTINSTALL_OSINFO_DISABLE_REQUIRE."""
    for values in (None, {"detect": "on"}):
        chosen = choose_os(read_requested(values), database.catalog(), environment=DISABLED)
        assert (chosen.record.is_generic, len(chosen.warnings)) == (True, 1)
    with pytest.raises(RequestError):
        choose_os(read_requested({"require": "on"}), database.catalog(), environment=DISABLED)


def test_install_option_is_the_default_name(database: Database) -> None:
    """`--install penguin1` is used if --osinfo has no name."""
    requested, catalog = read_requested(None), database.catalog()
    assert choose_os(requested, catalog, default_name="penguin1").record.short_id == "penguin1"
    assert choose_os(read_requested({"name": "win11"}), catalog, default_name="penguin1").record.short_id == "win11"


def test_misspelled_name_is_an_error(database: Database) -> None:
    """Other sub-options do not matter."""
    for values in ({"name": "pengiun1"}, {"name": "pengiun1", "require": "off"}, {"id": "http://no.where/1"}):
        with pytest.raises(RequestError, match="unknown OS name"):
            _choose(database, values)


def test_newer_specified_system_causes_a_warning(database: Database) -> None:
    """The settings of the previous one are used; the warning mentions osinfo-db."""
    chosen = _choose(database, {"name": "penguin3"})
    assert (chosen.record.short_id, chosen.assumed) == ("penguin2.1", True)
    assert chosen.warnings == (
        "unknown OS name 'penguin3': using the settings of penguin2.1 (a newer osinfo-db may have it)",
    )
