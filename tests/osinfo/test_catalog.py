"""Finding operating systems by name, in several directories, with a cache."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.osinfo.database import Database, devices
from virtinstall.errors import RequestError
from virtinstall.osinfo.catalog import Catalog
from virtinstall.osinfo.places import database_directories

PENGUIN = "http://example.org/penguin/1"


def test_short_id_and_full_id_name_the_same_system(database: Database) -> None:
    """An OS is found by its short id, by a second short id and by its full id."""
    catalog = database.catalog()
    for name in ("penguin2.0", "penguinzero", "http://example.org/penguin/2.0"):
        found = catalog.lookup(name)
        assert (found.record.id, found.warning) == ("http://example.org/penguin/2.0", None)
    assert catalog.lookup("penguin2.0").record.short_ids == ("penguin2.0", "penguinzero")


def test_generic_is_an_unknown_system(database: Database) -> None:
    """`generic` is found without any database, has no id and no devices."""
    record = database.catalog().lookup("generic").record
    assert (record.is_generic, record.id, record.devices) == (True, "", frozenset())


def test_hint_for_a_misspelled_name_is_a_similar_one(database: Database) -> None:
    """A misspelled name is an error."""
    with pytest.raises(RequestError, match=r"unknown OS name 'pengiun2\.0'") as caught:
        database.catalog().lookup("pengiun2.0")
    assert "penguin2.0" in (caught.value.hint or "")


def test_without_a_database_the_hint_names_the_package(tmp_path: Path) -> None:
    """If there are no files, the hint names the package."""
    environment = {"OSINFO_SYSTEM_DIR": str(tmp_path / "nowhere"), "OSINFO_LOCAL_DIR": "/dev/null"}
    with pytest.raises(RequestError, match="unknown OS name 'debian11'") as caught:
        Catalog(environment).lookup("debian11")
    assert "install osinfo-db" in (caught.value.hint or "")
    assert Catalog(environment).newest_linux().is_generic


def test_list_has_one_line_for_each_system(database: Database) -> None:
    """The names are in alphabetical order, the versions in descending order; a line has all names of a system."""
    assert database.catalog().list_text().splitlines() == [
        "circle-a",
        "circle-b",
        "generic",
        "linux2030",
        "linux2020",
        "penguin2.1",
        "penguin2.0, penguinzero",
        "penguin1",
        "puffin2.1",
        "win98",
        "win11",
    ]


def test_directories_come_from_the_environment() -> None:
    """System, local and user directory, by their variables, old names and defaults."""
    assert database_directories({"HOME": "/home/u"}) == ("/usr/share/osinfo", "/etc/osinfo", "/home/u/.config/osinfo")
    assert database_directories({"XDG_CONFIG_HOME": "/c", "OSINFO_DATA_DIR": "/old"})[::2] == ("/old", "/c/osinfo")
    given = {"OSINFO_SYSTEM_DIR": "/s", "OSINFO_LOCAL_DIR": "/l", "OSINFO_USER_DIR": "/u", "OSINFO_DATA_DIR": "/old"}
    assert database_directories(given) == ("/s", "/l", "/u")
    assert database_directories({}) == ("/usr/share/osinfo", "/etc/osinfo")


def test_local_file_replaces_that_of_the_system(database: Database) -> None:
    """The files have the same name."""
    database.write_os("local/os/example.org/penguin-1.xml", PENGUIN, "penguin1", devices("1af4/1005"))
    record = database.catalog().lookup("penguin1").record
    assert record.supports_virtio_rng()
    assert not record.supports_virtio_net()


def test_drop_ins_add_devices_and_names(database: Database) -> None:
    """They are files in a `.d` directory of the local or the user directory."""
    database.write_os("local/os/example.org/penguin-1.d/a.xml", PENGUIN, "tux", devices("1af4/1005"))
    database.write_os("user/os/example.org/penguin-1.d/a.xml", PENGUIN, "penguin1", devices("1af4/1002"))
    record = database.catalog().lookup("tux").record
    assert record.short_ids == ("penguin1", "tux")
    assert record.supports_virtio_rng()
    assert record.supports_virtio_balloon()
    assert record.supports_virtio_net()


@pytest.mark.parametrize("empty", [True, False])
def test_empty_file_or_dev_null_removes_a_system(database: Database, empty: bool) -> None:
    """Such an override hides the system."""
    path = database.write("local/os/example.org/penguin-1.xml", "")
    if not empty:
        path.unlink()
        path.symlink_to("/dev/null")
    with pytest.raises(RequestError, match="unknown OS name"):
        database.catalog().lookup("penguin1")


def test_file_with_another_id_is_ignored(database: Database) -> None:
    """The ID does not match the path; libosinfo ignores the file as well."""
    database.write_os("local/os/example.org/other.xml", PENGUIN, "foreign")
    with pytest.raises(RequestError):
        database.catalog().lookup("foreign")


def test_invalid_file_is_skipped_with_a_warning(database: Database) -> None:
    """The other files are used."""
    path = database.write("local/os/example.org/penguin-1.d/a.xml", "<libosinfo")
    catalog = database.catalog()
    assert catalog.lookup("penguin1").record.supports_virtio_net()
    assert catalog.broken_files == [str(path)]
    (warning,) = catalog.warnings
    assert str(path) in warning


def test_second_run_reads_no_xml(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system, a fallback, the list and the rules come from the cache, without the XML parser."""
    first = database.catalog()
    kept = (first.lookup("penguin2.1"), first.lookup("penguin3"), first.list_text(), first.rules)
    monkeypatch.setitem(sys.modules, "virtinstall.osinfo.entry", None)
    again = database.catalog()
    assert (again.lookup("penguin2.1"), again.lookup("penguin3"), again.list_text(), again.rules) == kept
    assert again.lookup("penguin2.1").record.trees == first.lookup("penguin2.1").record.trees


def test_changed_file_is_noticed(database: Database) -> None:
    """It may be the file of the system or one that it inherits from."""
    path = "local/os/example.org/penguin-1.xml"
    database.write_os(path, PENGUIN, "penguin1", devices("1af4/1005"))
    assert not database.catalog().lookup("penguin2.0").record.supports_virtio_balloon()
    changed = database.write_os(path, PENGUIN, "penguin1", devices("1af4/1005", "1af4/1002"))
    os.utime(changed, ns=(1, 1))
    assert database.catalog().lookup("penguin2.0").record.supports_virtio_balloon()


def test_new_file_is_noticed(database: Database) -> None:
    """The cache was written before the file, its vendor or its directory was added."""
    database.catalog().lookup("penguin1")
    assert "walrus1" not in database.catalog().names()
    database.write_os("user/os/walrus.org/walrus-1.xml", "http://walrus.org/walrus/1", "walrus1")
    assert "walrus1" in database.catalog().names()
    database.write_os("local/os/example.org/penguin-1.d/a.xml", PENGUIN, "penguin1", devices("1af4/1005"))
    assert database.catalog().lookup("penguin1").record.supports_virtio_rng()


def test_cache_is_used_for_its_directories_only(database: Database) -> None:
    """Another set of directories is read again."""
    database.write_os("local/os/example.org/penguin-1.d/a.xml", PENGUIN, "penguin1", devices("1af4/1005"))
    assert database.catalog().lookup("penguin1").record.supports_virtio_rng()
    database.environment["OSINFO_LOCAL_DIR"] = str(database.root / "elsewhere")
    assert not database.catalog().lookup("penguin1").record.supports_virtio_rng()


@pytest.mark.parametrize("damage", ["", "{", "[]", "[1]", "[99, []]", "[1, 5]", "null"])
def test_damaged_cache_is_ignored(database: Database, damage: str) -> None:
    """Invalid cache files are ignored and written again."""
    expected = database.catalog().lookup("penguin1")
    names = database.catalog().names()
    directory = database.root / "cache" / "virtinstall" / "osinfo"
    for name in database.cache_files():
        (directory / name).write_text(damage)
    assert database.catalog().lookup("penguin1") == expected
    assert database.catalog().names() == names


def test_cache_is_not_written_on_request(database: Database) -> None:
    """`cache=False` leaves no file."""
    catalog = database.catalog(cache=False)
    catalog.lookup("penguin1")
    catalog.names()
    assert database.cache_files() == []


def test_unwritable_cache_is_ignored(database: Database) -> None:
    """A file has the name of its directory."""
    (database.root / "cache").write_text("in the way")
    assert database.catalog().lookup("penguin1").record.short_id == "penguin1"
