"""Names in hints: only real misspellings, and never the typed name itself."""

from __future__ import annotations

import pytest

from virtinstall.similar import did_you_mean, similar_names


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("debain12", ["debian12", "debian11"], ["debian12", "debian11"]),
        ("memroy", ["memory", "memballoon"], ["memory"]),
        ("dsk", ["disk", "nodisks"], ["disk"]),
        ("cache", ["driver.cache", "catch"], ["driver.cache"]),
        ("source_pool", ["source.pool"], ["source.pool"]),
        ("Fedora40", ["fedora40"], ["fedora40"]),
    ],
)
def test_misspellings_are_found(word: str, known: list[str], expected: list[str]) -> None:
    """Examples are transposed letters, a wrong letter, the last part of a dotted name, other separators, upper case."""
    assert similar_names(word, known) == expected


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("rockylinux-10", "archlinux"),
        ("virbr0", "ifb0"),
        ("pnet0", "eth0"),
        ("br0", "lo"),
        ("vm", "db"),
        ("backup", "lookup2"),
        ("", "x"),
    ],
)
def test_different_names_are_not_similar(word: str, other: str) -> None:
    """A common ending or a common digit does not make two names similar."""
    assert similar_names(word, [other]) == []


def test_the_typed_word_is_never_suggested() -> None:
    """A name may exist and still be invalid in this position."""
    assert similar_names("default", ["default", "defaults"]) == ["defaults"]
    assert did_you_mean("default", ["default"], "`virsh pool-list --all` lists the pools") == (
        "`virsh pool-list --all` lists the pools"
    )
