"""Detection of the operating system of a medium or an install tree, by osinfo-db's rules.

A rule is a set of regular expressions, all of which must match the medium's identifiers. If rules of several systems
match, the most exact one is first; the database's order, which libosinfo uses, has no meaning.

Source: osinfo-db's `<iso>` and `<treeinfo>` (schema/osinfo.rng); ISO 9660 (ECMA-119 8.4), for the IDs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from virtinstall.named import NamedTuple
from virtinstall.osinfo.catalog import Catalog
from virtinstall.osinfo.index import System
from virtinstall.osinfo.media_rows import Media, TreeRow

# ids of media and values of .treeinfo that have a meaning are shorter
_LONGEST_VALUE = 256
_SPECIAL = frozenset("\\^$.|?*+()[]{}")


class MediaMatch(NamedTuple):
    """A recognized medium: the short ID of its operating system, and the entry for the medium in the database."""

    short_id: str
    media: Media


class TreeMatch(NamedTuple):
    """A recognized tree: the short ID of its operating system, and the entry for the tree in the database."""

    short_id: str
    tree: TreeRow


def match_media(
    catalog: Catalog,
    volume_id: str,
    *,
    system_id: str = "",
    publisher_id: str = "",
    application_id: str = "",
    volume_size: int | None = None,
    arch: str | None = None,
) -> list[MediaMatch]:
    """Return the operating systems that a medium may contain, the most likely first, each once.

    The IDs are those in the primary volume descriptor of the ISO image, and `volume_size` is the size in bytes that
    this descriptor declares. Matches for the architecture `arch` come first. A `volume_size` or `arch` of None is
    unknown.
    """
    search = _Search()
    found: list[tuple[_Rank, MediaMatch]] = []
    for identity, rule in catalog.rules.media:
        if rule.volume_size is not None and rule.volume_size != volume_size:
            continue
        patterns = (rule.volume_id, rule.system_id, rule.publisher_id, rule.application_id)
        if search.all(patterns, (volume_id, system_id, publisher_id, application_id)):
            system = catalog.index.by_id[identity]
            sized = rule.volume_size is not None
            rank = _rank(system, rule.arch, arch, patterns, sized)
            found.append((rank, MediaMatch(_name(system), rule)))
    return _best_first(found)


def match_tree(
    catalog: Catalog, *, family: str, version: str = "", variant: str = "", arch: str = ""
) -> list[TreeMatch]:
    """Return the operating systems that a tree with these `.treeinfo` values may contain, the most likely first.

    An empty string means that `.treeinfo` does not contain the value.
    """
    search = _Search()
    found: list[tuple[_Rank, TreeMatch]] = []
    for identity, rule in catalog.rules.trees:
        patterns = (rule.treeinfo_family, rule.treeinfo_version, rule.treeinfo_variant, rule.treeinfo_arch)
        if search.all(patterns, (family, version, variant, arch)):
            system = catalog.index.by_id[identity]
            found.append((_rank(system, rule.arch, arch, patterns, False), TreeMatch(_name(system), rule)))
    return _best_first(found)


Match = TypeVar("Match", MediaMatch, TreeMatch)

# criteria for a more exact rule, most important first
_Rank = tuple[bool, bool, bool, int, str, int]


def _rank(system: System, rule_arch: str, arch: str | None, patterns: Iterable[str | None], sized: bool) -> _Rank:
    given = [pattern for pattern in patterns if pattern]
    return (
        not arch or rule_arch in (arch, "all"),
        not _name(system).endswith("-unknown"),
        sized,
        len(given),
        system.release_date or "",
        sum(map(len, given)),
    )


def _name(system: System) -> str:
    return system.short_ids[0] if system.short_ids else system.id


def _best_first(found: list[tuple[_Rank, Match]]) -> list[Match]:
    matches: dict[str, Match] = {}
    for _, match in sorted(found, key=lambda pair: pair[0], reverse=True):
        matches.setdefault(match.short_id, match)
    return list(matches.values())


class _Search:
    """A search for patterns in values; most patterns are excluded by their first letters."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bool] = {}

    def all(self, patterns: Iterable[str | None], values: Iterable[str]) -> bool:
        """Return whether each non-empty pattern matches the corresponding value; False if all patterns are empty."""
        pairs = [(pattern, value) for pattern, value in zip(patterns, values, strict=True) if pattern]
        return bool(pairs) and all(self._found(pattern, value[:_LONGEST_VALUE]) for pattern, value in pairs)

    def _found(self, pattern: str, value: str) -> bool:
        known = self._known.get((pattern, value))
        if known is None:
            known = _beginning(pattern) in value and _search(pattern, value)
            self._known[pattern, value] = known
        return known


def _beginning(pattern: str) -> str:
    """Return letters that a value must contain for the pattern to match."""
    if "|" in pattern or "(?" in pattern:
        return ""
    start = 1 if pattern.startswith("^") else 0
    end = start
    while end < len(pattern) and pattern[end] not in _SPECIAL:
        end += 1
    # the next character may make the last letter optional
    return pattern[start : end - 1] if pattern[end : end + 1] in ("?", "*", "{") else pattern[start:end]


def _search(pattern: str, value: str) -> bool:
    import re

    try:
        return re.search(pattern, value) is not None
    except re.error:
        # GLib's regular expressions have a few features that Python's lack: such a rule matches nothing
        return False
