"""The catalog of operating systems: osinfo-db, of which only the required parts are read.

If the name of an operating system is also the name of its file (`debian11`: os/debian.org/debian-11.xml), only this
file and the files of the ancestors are read. Code names, misspellings, lists and detection require the index. Source:
osinfo-db; osinfo-db-tools, "The Libosinfo Database Layout"
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.named import NamedTuple
from virtinstall.osinfo.cache import JsonCache, Watch, load_watched
from virtinstall.osinfo.places import Places, database_directories, entity_of, source_files
from virtinstall.osinfo.record import GENERIC, OsRecord

if TYPE_CHECKING:
    from virtinstall.osinfo.index import Index, Rules
    from virtinstall.osinfo.media_rows import Entry, Image


# longer than any short id or URI; searching for similar names would take long
_LONGEST_NAME = 200


_SAVED = 5
"""Length of a cached lookup: the number of its format, its name, and the fields of `Lookup`."""

_FORMAT = 3
"""Format of a cached lookup, increased when the text of warnings changes."""


class Lookup(NamedTuple):
    """The result of looking up the name of an operating system.

    `exact` is true if `record` describes the operating system with this name, and false if it describes a similar one.
    `warning` is a message to print if a similar operating system was found or the database spells the name differently;
    otherwise None.
    """

    record: OsRecord
    warning: str | None = None
    exact: bool = True


class Catalog:
    """The OS database (osinfo-db) in the directories that `database_directories(environment)` returns.

    `cache` is true if cache files may be written. `broken_files` contains the paths of files that were skipped because
    they cannot be read or are not valid XML.
    """

    def __init__(self, environment: Mapping[str, str], *, cache: bool = True) -> None:
        self.directories = database_directories(environment)
        self.broken_files: list[str] = []
        self._places = Places(self.directories, "os")
        self._cache = JsonCache(environment, write=cache)
        self._index: Index | None = None
        self._rules: Rules | None = None
        self._lookups: dict[str, Lookup] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """The messages to print about the invalid files that have been found so far."""
        return tuple(
            f"ignoring the file {path} in the OS database: invalid XML" for path in dict.fromkeys(self.broken_files)
        )

    @property
    def index(self) -> Index:
        """The index of all operating systems; it is loaded on the first access."""
        from virtinstall.osinfo.index import load_index

        if self._index is None:
            self._index = load_index(self._places, self._cache, self.broken_files)
        return self._index

    @property
    def rules(self) -> Rules:
        """The rules for recognizing media and trees; they are loaded on the first access."""
        from virtinstall.osinfo.index import load_rules

        if self._rules is None:
            self._rules = load_rules(self._places, self._cache, self.broken_files)
        return self._rules

    def images(self) -> list[tuple[str, list[Image]]]:
        """Return a tuple of the short ID and the disk images for each operating system that has disk images."""
        from virtinstall.osinfo.index import load_images

        return load_images(self._places, self._cache, self.broken_files)

    def lookup(self, name: str) -> Lookup:
        """Return the operating system for `name`: a short ID, a full ID or `generic`.

        If the database does not contain the name, it is looked up in a different spelling; if the database contains
        only earlier releases, the newest one is returned. The result's `exact` and `warning` report this.

        Raises: RequestError, if the name is unknown; the hint contains the most similar names.
        """
        if len(name) > _LONGEST_NAME:
            raise self._unknown(name[:_LONGEST_NAME] + "...")
        if name not in self._lookups:
            self._lookups[name] = self._saved_or_found(name)
        return self._lookups[name]

    def _saved_or_found(self, name: str) -> Lookup:
        cached_as = _file_name(name)
        saved = load_watched(self._cache, cached_as, self._places)
        if saved is not None and len(saved) == _SAVED and saved[:2] == [_FORMAT, name]:
            from virtinstall.osinfo.resolve import from_json

            if saved[2].keys() == set(OsRecord._fields):
                return Lookup(from_json(saved[2]), saved[3], saved[4])
        watch = Watch(self._places)
        found = self._search(name, watch)
        if not self.broken_files and not found.record.is_generic:
            from virtinstall.osinfo.resolve import to_json

            watch.save(self._cache, cached_as, [_FORMAT, name, to_json(found.record), found.warning, found.exact])
        return found

    def names(self) -> list[str]:
        """Return all short IDs in the database and `generic`, sorted."""
        return sorted([*self.index.by_name, GENERIC.short_id])

    def systems(self) -> list[list[str]]:
        """Return a list of sorted names for each operating system; the lists have the order of `--osinfo list`."""
        from virtinstall.osinfo.names import list_order

        systems = [system.short_ids for system in self.index.systems if system.short_ids]
        ordered = sorted([*systems, [GENERIC.short_id]], key=lambda names: list_order(names[0]))
        return [sorted(names) for names in ordered]

    def list_text(self) -> str:
        """Return the output of `--osinfo list`: one line for each operating system, with all its names."""
        return "".join(", ".join(names) + "\n" for names in self.systems())

    def newest_linux(self) -> OsRecord:
        """Return the record of the newest generic Linux, such as `linux2022`, or of `generic` if there is none."""
        try:
            return self.lookup("linux").record
        except RequestError:
            return GENERIC

    def _search(self, name: str, watch: Watch) -> Lookup:
        from virtinstall.osinfo.index import line_index
        from virtinstall.osinfo.names import find_system, joined_spelling, line_of, old_system, other_spelling

        if name == GENERIC.short_id:
            return Lookup(GENERIC)
        entry = self._by_file_name(name, watch)
        if entry is not None:
            return Lookup(self._resolve(entry, watch))
        replacement = old_system(name)
        if replacement is not None:
            return self._unlisted(name, self._search(replacement, watch).record, is_old=True)
        spelling = other_spelling(name)
        if spelling is not None:
            return self._respelt(name, spelling, watch)
        line = line_index(self._places, line_of(name), self.broken_files)
        found = find_system(name, line) or find_system(name, self.index)
        entry = self._entry(found[0].id, watch) if found else None
        if found is None or entry is None:
            joined = joined_spelling(name)
            if joined is None:
                raise self._unknown(name)
            return self._respelt(name, joined, watch)
        record = self._resolve(entry, watch)
        exact = found[1]
        return Lookup(record) if exact else self._unlisted(name, record)

    def _respelt(self, name: str, spelling: str, watch: Watch) -> Lookup:
        try:
            record, _, exact = self._search(spelling, watch)
        except RequestError as error:
            raise self._unknown(name) from error
        if not exact:
            return self._unlisted(name, record)
        is_lower = spelling == name.lower()
        return Lookup(record, None if is_lower else f"OS name '{name}' is another spelling of {record.short_id}")

    @staticmethod
    def _unlisted(name: str, record: OsRecord, *, is_old: bool = False) -> Lookup:
        """Return the record that is used for a system that the database does not have.

        A name without a version (`linux`) is not the name of a release, and no later database will contain it.
        """
        from virtinstall.osinfo.names import version_of

        newer = " (a newer osinfo-db may have it)" if version_of(name) and not is_old else ""
        return Lookup(record, f"unknown OS name '{name}': using the settings of {record.short_id}{newer}", exact=False)

    def _by_file_name(self, name: str, watch: Watch) -> Entry | None:
        """Return the entry whose file has this name, without reading other files; None if there is none."""
        if "://" in name:
            return self._entry(name, watch)
        bare = name.replace("-", "")
        for place in self._places.entities():
            if place[1].replace("-", "") == bare:
                entry = self._read(place, watch)
                if entry is not None and name in entry.short_ids:
                    return entry
        return None

    def _entry(self, identity: str, watch: Watch) -> Entry | None:
        place = entity_of(identity)
        entry = self._read(place, watch) if place else None
        return entry if entry is not None and entry.id == identity else None

    def _read(self, place: tuple[str, str], watch: Watch) -> Entry | None:
        from virtinstall.osinfo.entry import entry_of, read_parts

        sources = self._places.sources(*place)
        files = source_files(sources)
        watch.see([*sources, *files])
        parts = read_parts(files, place, self.broken_files)
        return entry_of(parts) if parts else None

    def _resolve(self, entry: Entry, watch: Watch) -> OsRecord:
        from virtinstall.osinfo.resolve import resolve

        return resolve(entry, lambda identity: self._entry(identity, watch))

    def _unknown(self, name: str) -> RequestError:
        from virtinstall.osinfo.names import nearest
        from virtinstall.similar import question_for

        if not self.index.systems:
            return RequestError(
                f"unknown OS name '{name}': no OS database found in {' or '.join(self.directories)}",
                hint="install osinfo-db, or use --osinfo generic",
            )
        hint = "list the names with: virt-install --osinfo list"
        near = nearest(name, self.names())
        if near:
            hint = f"{question_for(near)} {hint}"
        return RequestError(f"unknown OS name '{name}'", hint=hint)


def _file_name(name: str) -> str:
    """Return the cache file for `name`; different names may share a file, so the file contains the name too."""
    return "os-" + "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name) + ".json"
