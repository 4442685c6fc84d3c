"""An index of the whole database: the systems, and the rules by which media and trees are recognized.

The index is built by reading every file once, stored in the cache, and built again when a file or a directory has
changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.named import NamedTuple
from virtinstall.osinfo.cache import JsonCache, Watch, load_watched
from virtinstall.osinfo.media_rows import Image, Media, TreeRow
from virtinstall.osinfo.places import Places, source_files

if TYPE_CHECKING:
    from virtinstall.osinfo.entry import Parts


class System(NamedTuple):
    """An operating system in the index; the release date has the form `YYYY-MM-DD`, and unknown values are None."""

    id: str
    short_ids: list[str]
    family: str | None
    version: str | None
    release_date: str | None
    release_status: str


class Rules(NamedTuple):
    """The rules for recognizing media and trees, as tuples of an operating system's full ID and one of its rules."""

    media: list[tuple[str, Media]]
    trees: list[tuple[str, TreeRow]]


class Index:
    """The operating systems in a database, by ID and by name.

    If several operating systems have the same name, `by_name` contains the last one in `systems`.
    """

    def __init__(self, systems: list[System]) -> None:
        self.systems = systems
        self.by_id = {system.id: system for system in systems}
        self.by_name = {name: system for system in systems for name in system.short_ids}


def load_index(places: Places, cache: JsonCache, broken: list[str]) -> Index:
    """Load the index from the cache or the database; the paths of files with invalid XML are added to `broken`."""
    rows = load_watched(cache, "index.json", places)
    if rows is None:
        rows = _read_all(places, cache, "index.json", broken, _system)
    return Index([System._make(row) for row in rows])


def line_index(places: Places, line: str, broken: list[str]) -> Index:
    """Load an index of the operating systems whose file names start with `line`, such as `debian`.

    Only the files of these operating systems are read, and the index is not cached. The paths of files that are not
    valid XML are added to `broken`.
    """
    if not line:
        return Index([])
    bare = line.replace("-", "")
    entities = {
        place: sources for place, sources in places.entities().items() if place[1].replace("-", "").startswith(bare)
    }
    return Index([_system(parts) for parts in _read(entities, broken)])


def load_rules(places: Places, cache: JsonCache, broken: list[str]) -> Rules:
    """Load the rules from the cache or the database; the paths of files with invalid XML are added to `broken`."""
    rows = load_watched(cache, "rules.json", places)
    if rows is None:
        rows = _read_all(places, cache, "rules.json", broken, _rules)
    return Rules(
        [(identity, Media._make(rule)) for identity, media, _ in rows for rule in media],
        [(identity, TreeRow._make(rule)) for identity, _, trees in rows for rule in trees],
    )


def load_images(places: Places, cache: JsonCache, broken: list[str]) -> list[tuple[str, list[Image]]]:
    """Load a tuple of the short ID and the disk images for each operating system that has disk images.

    The paths of files that are not valid XML are added to `broken`.
    """
    rows = load_watched(cache, "images.json", places)
    if rows is None:
        rows = _read_all(places, cache, "images.json", broken, _images)
    return [(name, [Image._make(image) for image in images]) for name, images in rows if name and images]


def _read_all(
    places: Places, cache: JsonCache, name: str, broken: list[str], row: Callable[[Parts], Sequence[Any]]
) -> list[Sequence[Any]]:
    """Read one row for each system, stored in the cache."""
    watch = Watch(places)
    entities = places.entities()
    for sources in entities.values():
        watch.see([*sources, *source_files(sources)])
    rows = [row(parts) for parts in _read(entities, broken)]
    if not broken:
        watch.save(cache, name, rows)
    return rows


def _read(entities: dict[tuple[str, str], list[str]], broken: list[str]) -> Iterator[Parts]:
    from virtinstall.osinfo.entry import read_parts

    for place, sources in entities.items():
        parts = read_parts(source_files(sources), place, broken)
        if parts is not None:
            yield parts


def _system(parts: Parts) -> System:
    return System(
        id=parts.id,
        short_ids=parts.texts("short-id"),
        family=parts.text("family"),
        version=parts.text("version"),
        release_date=parts.text("release-date"),
        release_status=parts.text("release-status") or "released",
    )


def _rules(parts: Parts) -> Sequence[Any]:
    from virtinstall.osinfo.entry import media_of, trees_of

    return parts.id, media_of(parts), trees_of(parts)


def _images(parts: Parts) -> Sequence[Any]:
    from virtinstall.osinfo.entry import images_of

    return parts.text("short-id"), images_of(parts)
