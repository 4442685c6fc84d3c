"""The locations of osinfo-db's files: the directories, how they override each other, and how changes are detected.

Source: osinfo-db-tools, "The Libosinfo Database Layout" (docs/database-layout.txt); `OSINFO_DATA_DIR` is the old name
of `OSINFO_SYSTEM_DIR`, which libosinfo still accepts.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping

# state of a file or directory: its modification time in nanoseconds, and a file's size; None if it did not exist
Stamp = list[int] | None


def database_directories(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the directories of the OS database, the directory with the highest precedence last.

    These are the directories of the distribution, the host and the user. `environment` contains the environment
    variables that can specify other paths.
    """
    system = environment.get("OSINFO_SYSTEM_DIR") or environment.get("OSINFO_DATA_DIR") or "/usr/share/osinfo"
    local = environment.get("OSINFO_LOCAL_DIR") or "/etc/osinfo"
    user = environment.get("OSINFO_USER_DIR")
    if not user:
        config = environment.get("XDG_CONFIG_HOME")
        if not config and environment.get("HOME"):
            config = os.path.join(environment["HOME"], ".config")
        user = os.path.join(config, "osinfo") if config else None
    return tuple(dict.fromkeys(path for path in (system, local, user) if path))


def stamp(path: str) -> Stamp:
    """Return a value that changes if the file or directory at `path` changes; None if it does not exist."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_mtime_ns, 0 if stat.S_ISDIR(status.st_mode) else status.st_size]


_ENDINGS = ("xml", "d")


class Places:
    """The files for entities of one kind, such as `os` or `install-script`, in all directories of the OS database."""

    def __init__(self, directories: tuple[str, ...], kind: str) -> None:
        self._roots = tuple(os.path.join(directory, kind) for directory in directories)

    def directories(self) -> Iterator[str]:
        """Yield the directories whose modification times change if a file is added or removed."""
        for root in self._roots:
            yield root
            for vendor in _names(root):
                yield os.path.join(root, vendor)

    def entities(self) -> dict[tuple[str, str], list[str]]:
        """Return the sources of each entity, by vendor and entity name, such as `("debian.org", "debian-11")`.

        The sources of an entity are the paths of its files and drop-in directories, the path with the highest
        precedence last.
        """
        found: dict[tuple[str, str], list[str]] = {}
        for root in self._roots:
            for vendor in _names(root):
                directory = os.path.join(root, vendor)
                for name in _names(directory):
                    stem, dot, ending = name.rpartition(".")
                    if dot and ending in _ENDINGS:
                        found.setdefault((vendor, stem), []).append(os.path.join(directory, name))
        return found

    def sources(self, vendor: str, entity: str) -> list[str]:
        """Return the sources of one entity: the paths of its existing files and drop-in directories."""
        bases = [os.path.join(root, vendor, entity) for root in self._roots]
        paths = [f"{base}.{ending}" for base in bases for ending in _ENDINGS]
        return [path for path in paths if os.path.lexists(path)]


def source_files(sources: list[str]) -> list[str]:
    """Return the files to read for an entity with the sources `sources`.

    These are the main file with the highest precedence, and the files in all drop-in directories. Empty files and links
    to /dev/null are omitted, so an empty main file hides the main files with lower precedence.
    """
    own = [path for path in sources if path.endswith(".xml")][-1:]
    drop_ins = [
        os.path.join(path, name)
        for path in sources
        if path.endswith(".d")
        for name in _names(path)
        if name.endswith(".xml")
    ]
    return [path for path in own + drop_ins if os.path.isfile(path) and os.path.getsize(path)]


def entity_of(identity: str) -> tuple[str, str] | None:
    """Return the vendor and the entity name for an ID, which is a URI.

    For example, `http://debian.org/debian/11` is the ID of the entity `debian-11` of the vendor `debian.org`. Return
    None if the ID is not a URI with a path, or if its host cannot be a directory name.
    """
    _, separator, rest = identity.partition("://")
    vendor, _, path = rest.partition("/")
    if not separator or not path or vendor in ("", ".", ".."):
        return None
    allowed = "_-."
    name = "".join(letter if letter.isascii() and (letter.isalnum() or letter in allowed) else "-" for letter in path)
    return vendor, name


def _names(directory: str) -> list[str]:
    """Return the names in a directory, sorted; empty if the directory does not exist or cannot be read."""
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []
