"""Names that are not in the database: whole major versions, versions too new, old spellings."""

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
def test_names_split_into_line_and_version(name: str, line: str, version: tuple[int, ...]) -> None:
    """The last numbers of a name, with dots, service packs and releases between them, are its version."""
    assert split_name(name) == (line, version)


def test_numbers_fall_in_the_list() -> None:
    """Higher numbers come first, a shorter name before a longer one."""
    names = ["a1.10", "a-x", "a1.9", "a2", "b1", "a1"]
    assert sorted(names, key=list_order) == ["a2", "a1", "a1.10", "a1.9", "a-x", "b1"]


def test_whole_major_version_means_the_newest_minor(database: Database) -> None:
    """`penguin2` means penguin2.1, without a warning."""
    found = database.catalog().lookup("penguin2")
    assert (found.record.short_id, found.warning) == ("penguin2.1", None)


@pytest.mark.parametrize("name", ["penguin3", "penguin2.7", "penguin17.04", "penguin"])
def test_too_new_a_version_is_served_by_the_newest_known(database: Database, name: str) -> None:
    """A version after those in the database, or no version: the newest is used, with a warning."""
    found = database.catalog().lookup(name)
    assert found.record.short_id == "penguin2.1"
    newer = "" if name == "penguin" else " (a newer osinfo-db may have it)"
    assert found.warning == f"unknown OS name '{name}': using the settings of penguin2.1{newer}"


def test_version_missing_among_the_known_is_a_misspelling(database: Database) -> None:
    """There is an older Windows 98 but no Windows 9, and no penguin 0."""
    for name in ("win9", "penguin0"):
        with pytest.raises(RequestError, match=f"unknown OS name '{name}'"):
            database.catalog().lookup(name)


def test_windows_numbers_go_by_date(database: Database) -> None:
    """Windows 12 resolves to Windows 11, not to 98."""
    assert database.catalog().lookup("win12").record.short_id == "win11"


def test_an_unreleased_version_is_the_newest(database: Database) -> None:
    """A future release has no date; RHEL 9.1 precedes 8.7, which has one."""
    database.write_os("local/os/x.org/y-1.xml", "http://x.org/y/1", "y1", "<release-date>2021-01-01</release-date>")
    database.write_os("local/os/x.org/y-2.xml", "http://x.org/y/2", "y2", "")
    assert database.catalog().lookup("y3").record.short_id == "y2"


def test_old_spellings(database: Database) -> None:
    """Names of early versions of virt-install resolve to current systems, with a warning."""
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
    """Any other name is rejected in one sentence."""
    with pytest.raises(RequestError, match="unknown OS name"):
        database.catalog().lookup(name)


def test_upper_case_is_accepted_silently(database: Database) -> None:
    """`RHEL5` is clear; there is nothing to correct."""
    found = database.catalog().lookup("Penguin2.0")
    assert (found.record.short_id, found.exact, found.warning) == ("penguin2.0", True, None)


@pytest.mark.parametrize("name", ["penguin-2.0", "penguin_2.0", "Penguin 2.0"])
def test_separator_before_the_version(database: Database, name: str) -> None:
    """`debian-12` is the spelling of images and blogs; the database has `debian12`."""
    found = database.catalog().lookup(name)
    assert (found.record.short_id, found.exact) == ("penguin2.0", True)
    assert found.warning == f"OS name '{name}' is another spelling of penguin2.0"


def test_separator_before_an_unknown_version(database: Database) -> None:
    """The system is unknown, not spelled differently."""
    found = database.catalog().lookup("penguin-9")
    assert (found.record.short_id, found.exact) == ("penguin2.1", False)
    assert found.warning is not None and found.warning.startswith("unknown OS name 'penguin-9'")
