"""Recognition of media and trees by the database's rules."""

from __future__ import annotations

import pytest

from tests.osinfo.database import Database
from virtinstall.osinfo.detect import match_media, match_tree

SIZE = 1024**2


def _media(content: str, arch: str = "x86_64") -> str:
    return f"<media arch='{arch}'><iso>{content}</iso></media>"


def test_medium_is_recognized_by_all_its_ids(database: Database) -> None:
    """Every pattern of a rule must match; otherwise the medium is not recognized."""
    catalog = database.catalog()
    (match,) = match_media(catalog, "Penguin 1", system_id="LINUX")
    assert (match.short_id, match.media.kernel, match.media.initrd) == ("penguin1", "boot/vmlinuz", "boot/initrd")
    assert match_media(catalog, "Penguin 1", system_id="BSD") == []
    assert match_media(catalog, "Penguin 1") == []


def test_live_medium_is_distinguished_from_the_installer(database: Database) -> None:
    """If two rules of a system match, that with the longer pattern is used."""
    catalog = database.catalog()
    (live,) = match_media(catalog, "Penguin 2.1 Live", system_id="LINUX")
    (installer,) = match_media(catalog, "Penguin 2.1", system_id="LINUX")
    assert (live.media.live, live.media.installer) == (True, False)
    assert (installer.media.live, installer.media.installer) == (False, True)


def test_size_must_be_equal_where_a_rule_has_one(database: Database) -> None:
    """Windows media with the same volume id are distinguished by their sizes."""
    catalog = database.catalog()

    def reboots(size: int | None) -> int:
        (match,) = match_media(catalog, "CCCOMA_X64FRE_EN-US_DV9", publisher_id="WINDOWS INC", volume_size=size)
        return match.media.installer_reboots

    assert (reboots(SIZE), reboots(SIZE + 1), reboots(None)) == (3, 2, 2)


def test_medium_may_contain_several_systems(database: Database) -> None:
    """The newest one is first; those without a release date are last."""
    rule = _media("<volume-id>MULTI</volume-id>")
    database.write_os(
        "local/os/x.org/x-1.xml", "http://x.org/x/1", "x1", f"<release-date>2001-01-01</release-date>{rule}"
    )
    database.write_os(
        "local/os/x.org/x-2.xml", "http://x.org/x/2", "x2", f"<release-date>2002-01-01</release-date>{rule}"
    )
    exact = _media("<volume-id>MULTI_2003</volume-id>")
    database.write_os("local/os/x.org/x-u.xml", "http://x.org/x/u", "x-unknown", exact)
    assert [match.short_id for match in match_media(database.catalog(), "MULTI_2003")] == ["x2", "x1", "x-unknown"]


def test_medium_of_the_guests_architecture_is_used(database: Database) -> None:
    """Media of two architectures have the same volume ID."""
    both = _media("<volume-id>BOTH</volume-id>", "i686") + _media("<volume-id>BOTH</volume-id>", "aarch64")
    database.write_os("local/os/x.org/x-1.xml", "http://x.org/x/1", "x1", both)
    catalog = database.catalog()
    for arch in ("i686", "aarch64"):
        (match,) = match_media(catalog, "BOTH", arch=arch)
        assert match.media.arch == arch
    assert len(match_media(catalog, "BOTH", arch="s390x")) == 1


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("abc?d", "abd", True),
        ("ab*", "xa", True),
        ("^abc", "xabc", False),
        ("abc$", "abcd", False),
        ("one|two", "two", True),
        ("(one|two)x", "twox", True),
        (r"a\.b", "axb", False),
        ("a{0,1}b", "b", True),
        ("(?i)abc", "ABC", True),
        ("broken(", "broken(", False),
    ],
)
def test_patterns_are_regular_expressions(database: Database, pattern: str, value: str, fits: bool) -> None:
    """They match anywhere in the value; an invalid pattern matches nothing."""
    rule = _media(f"<volume-id>{pattern}</volume-id>")
    database.write_os("local/os/x.org/x-1.xml", "http://x.org/x/1", "x1", rule)
    assert bool(match_media(database.catalog(), value)) is fits


def test_medium_without_ids_is_not_recognized(database: Database) -> None:
    """A rule without patterns matches nothing."""
    database.write_os("local/os/x.org/x-1.xml", "http://x.org/x/1", "x1", _media("") + "<media arch='all'/>")
    assert match_media(database.catalog(), "") == []


def test_tree_is_recognized_by_its_treeinfo(database: Database) -> None:
    """Family, version and architecture are compared; a rule with a variant comes first."""
    catalog = database.catalog()
    args = {"family": "Penguin", "version": "2.1", "arch": "x86_64"}
    assert [match.short_id for match in match_tree(catalog, **args)] == ["penguin2.0"]
    assert [match.short_id for match in match_tree(catalog, **args, variant="Server")] == ["penguin2.1", "penguin2.0"]
    assert match_tree(catalog, family="Walrus", version="2.1", arch="x86_64") == []
    assert match_tree(catalog, family="") == []


def test_long_values_are_truncated(database: Database) -> None:
    """A hostile .treeinfo may contain megabytes."""
    assert match_tree(database.catalog(), family="Penguin" * 200_000, version="9" * 1_000_000) == []
