"""Names that the database lacks: major versions, newer versions, old spellings."""

from __future__ import annotations

import pytest

from tests.osinfo.database import Database
from virtinstall.errors import RequestError
from virtinstall.osinfo.names import list_order, split_name


@pytest.mark.parametrize(
    ("name", "line", "version"),
    [
        ("debian11", "debian", (11,)),
        ("rhel6.10", "rhel", (6, 10)),
        ("sle15sp4", "sle", (15, 4)),
        ("win2k8r2", "win2k", (8, 2)),
        ("win2k22", "win2k", (22,)),
        ("win2k", "win2k", ()),
        ("centos-stream9", "centos-stream", (9,)),
        ("gentoo", "gentoo", ()),
        ("android-x86-9.0", "android-x86-", (9, 0)),
        ("3", "", (3,)),
        ("", "", ()),
    ],
)
def test_name_is_split_into_line_and_version(name: str, line: str, version: tuple[int, ...]) -> None:
    """The version consists of the last numbers, with dots, service packs and releases between them."""
    assert split_name(name) == (line, version)


def test_list_is_in_descending_order_of_numbers() -> None:
    """A shorter name comes before a longer one."""
    names = ["a1.10", "a-x", "a1.9", "a2", "b1", "a1"]
    assert sorted(names, key=list_order) == ["a2", "a1", "a1.10", "a1.9", "a-x", "b1"]


def test_major_version_is_the_newest_minor_version(database: Database) -> None:
    """There is no warning."""
    found = database.catalog().lookup("penguin2")
    assert (found.record.short_id, found.warning) == ("penguin2.1", None)


@pytest.mark.parametrize("name", ["penguin3", "penguin2.7", "penguin17.04", "penguin"])
def test_newer_version_uses_the_settings_of_the_newest(database: Database, name: str) -> None:
    """A warning is printed; a name without a version behaves the same."""
    found = database.catalog().lookup(name)
    assert found.record.short_id == "penguin2.1"
    newer = "" if name == "penguin" else " (a newer osinfo-db may have it)"
    assert found.warning == f"unknown OS name '{name}': using the settings of penguin2.1{newer}"


def test_unknown_older_version_is_an_error(database: Database) -> None:
    """The database has newer versions than Windows 9 and penguin 0."""
    for name in ("win9", "penguin0"):
        with pytest.raises(RequestError, match=f"unknown OS name '{name}'"):
            database.catalog().lookup(name)


def test_windows_versions_are_ordered_by_date(database: Database) -> None:
    """Windows 12 has the settings of Windows 11, not those of 98."""
    assert database.catalog().lookup("win12").record.short_id == "win11"


def test_version_without_a_release_date_is_the_newest(database: Database) -> None:
    """It is a future release."""
    database.write_os("local/os/x.org/y-1.xml", "http://x.org/y/1", "y1", "<release-date>2021-01-01</release-date>")
    database.write_os("local/os/x.org/y-2.xml", "http://x.org/y/2", "y2", "")
    assert database.catalog().lookup("y3").record.short_id == "y2"


def test_old_names_resolve_to_current_systems(database: Database) -> None:
    """They are names of early versions of virt-install; a warning is printed."""
    found = database.catalog().lookup("virtio26")
    assert (found.record.short_id, found.warning) == (
        "linux2030",
        "unknown OS name 'virtio26': using the settings of linux2030",
    )
    assert database.catalog().lookup("windows11").warning == "OS name 'windows11' is another spelling of win11"
    assert (
        database.catalog().lookup("windows12").warning
        == "unknown OS name 'windows12': using the settings of win11 (a newer osinfo-db may have it)"
    )
    assert database.catalog().lookup("windows11").record.short_id == "win11"
    assert database.catalog().lookup("windows12").record.short_id == "win11"
    assert database.catalog().lookup("generic24").record.is_generic
    assert database.catalog().newest_linux().short_id == "linux2030"


@pytest.mark.parametrize(
    "name", ["", " ", "/", "://", "http://", "../../etc/passwd", "x" * 5000, "debian" + "9" * 5000]
)
def test_strange_names_are_errors(database: Database, name: str) -> None:
    """Examples are paths, URLs and very long names."""
    with pytest.raises(RequestError, match="unknown OS name"):
        database.catalog().lookup(name)


def test_upper_case_is_accepted_silently(database: Database) -> None:
    """There is no warning for `RHEL5`."""
    found = database.catalog().lookup("Penguin2.0")
    assert (found.record.short_id, found.exact, found.warning) == ("penguin2.0", True, None)


@pytest.mark.parametrize("name", ["penguin-2.0", "penguin_2.0", "Penguin 2.0"])
def test_separator_before_the_version_is_accepted(database: Database, name: str) -> None:
    """Images and guides use `debian-12`, the database `debian12`."""
    found = database.catalog().lookup(name)
    assert (found.record.short_id, found.exact) == ("penguin2.0", True)
    assert found.warning == f"OS name '{name}' is another spelling of penguin2.0"


def test_name_with_a_separator_may_be_unknown(database: Database) -> None:
    """The warning does not suggest another spelling."""
    found = database.catalog().lookup("penguin-9")
    assert (found.record.short_id, found.exact) == ("penguin2.1", False)
    assert found.warning is not None and found.warning.startswith("unknown OS name 'penguin-9'")
