"""Reader of journals, which may contain anything after a power failure; invalid content never stops a run.

A journal has one JSON object per line: the first describes the guest and the run, each other line describes one object
that the run creates.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Mapping
from contextlib import suppress

from virtinstall.json_loader import parse_json
from virtinstall.named import NamedTuple
from virtinstall.rollback.file_state import FileState, Identity

FINAL, ADOPTED = "final", "adopted"
"""The kinds of entries that are not created objects: the guest's final XML, and a file that a later run uses."""
UNBORN, BORN = "new-", "run-"
_LARGEST_BYTES = 16 << 20

Folder = str | os.PathLike[str]


class Entry(NamedTuple):
    """One entry of a journal: an object that a run creates, the guest's final XML, or a file that a later run uses.

    For an object, `kind` and `path` are those of `Leftover`. For the final XML, `kind` is `final`, `path` is an empty
    string, and `xml` is the XML. For a file that a later run uses, `kind` is `adopted`, and `path` is the path of the
    file. For a file that the run creates, `identity` is set after its creation, `state` is set after its completion,
    and `born` is the time of its creation in nanoseconds since the epoch. For a guest, `uuid` is its UUID. Values that
    are unknown or do not apply are None.
    """

    kind: str
    path: str
    identity: Identity | None = None
    state: FileState | None = None
    uuid: str | None = None
    xml: str | None = None
    born: int | None = None


class Record(NamedTuple):
    """The contents of a journal.

    `name` and `uuid` are those of the guest that the run creates, `uri` is the URI of the run's connection, and `pid`
    is the ID of the run's process. Unknown values are None.
    """

    name: str
    uri: str | None
    uuid: str | None
    pid: int | None
    entries: tuple[Entry, ...] = ()

    def is_about(self, name: str, uri: str | None) -> bool:
        """Return whether the run creates the guest `name` on the connection `uri`.

        If `uri` or the run's connection is None, which means unknown, only the name is compared.
        """
        return self.name == name and (uri is None or self.uri in (None, uri))


def journal_files(folder: Folder, kind: str = BORN) -> list[str]:
    """Return the sorted paths of the journals in `folder` whose names start with `kind`; skip all but regular files."""
    found = []
    with suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(kind) and entry.name.endswith(".json") and entry.is_file(follow_symlinks=False):
                found.append(entry.path)
    return sorted(found)


def is_alive(path: str) -> bool:
    """Return whether the run that writes the journal at `path` is alive, which means that it holds the journal's lock.

    The result is also True if the journal cannot be opened, for example because the run has just ended.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def read_record(path: str) -> Record | None:
    """Return the valid contents of the journal at `path`; None if it contains no valid name of a guest."""
    record: Record | None = None
    entries = []
    for line in _lines(path):
        try:
            values = parse_json(line)
        except ValueError:
            values = None
        if record is None:
            record = _head(values) if isinstance(values, dict) else None
            if record is None:
                return None
        else:
            entry = _entry(values) if isinstance(values, dict) else None
            if entry is not None:
                entries.append(entry)
    return None if record is None else record._replace(entries=tuple(entries))


def _lines(path: str) -> list[str]:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return []
    with suppress(OSError), open(fd, "rb") as file:
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return file.read(_LARGEST_BYTES).decode(errors="replace").split("\n")
    return []


def _head(values: Mapping[str, object]) -> Record | None:
    name, pid = _text(values, "name"), values.get("pid")
    if name is None:
        return None
    return Record(name, _text(values, "uri"), _text(values, "uuid"), pid if isinstance(pid, int) else None)


def _entry(values: Mapping[str, object]) -> Entry | None:
    kind, path = _text(values, "kind"), _text(values, "path", empty=True)
    if kind is None or path is None:
        return None
    xml, uuid = _text(values, "xml"), _text(values, "uuid")
    if (kind == FINAL and xml is None) or (kind != FINAL and not path) or (kind == "volume" and "/" not in path):
        return None
    if kind == "reservation" and path.count(" ") < 2:
        return None
    numbers = [values.get(name) for name in FileState._fields]
    known = [number for number in numbers if isinstance(number, int) and not isinstance(number, bool)]
    state = FileState(*known) if len(known) == len(numbers) else None
    identity = Identity(*known[:2]) if len(known) >= 2 and numbers[:2] == known[:2] else None
    born = values.get("born")
    return Entry(kind, path, identity, state, uuid, xml, born if isinstance(born, int) else None)


def _text(values: Mapping[str, object], name: str, *, empty: bool = False) -> str | None:
    """Return a text that can be a path or a name, or None for any other value."""
    value = values.get(name)
    if not isinstance(value, str) or "\0" in value or not (value or empty):
        return None
    # a lone surrogate stands for a byte that is not UTF-8 in a path, and for nothing above that range
    with suppress(UnicodeEncodeError):
        os.fsencode(value)
        return value
    return None
