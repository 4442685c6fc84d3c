"""A journal of each run, so that what a killed run made can be named by the next.

One small file per run lists what the run makes, each thing written down before it exists; the
run holds a lock on it and removes it at its end. A file whose lock is free belongs to a
run that died (SIGKILL, power cut), for the kernel drops the lock of a dead process.

Source: flock(2).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple
from virtinstall.rollback.signals import deferred_signals
from virtinstall.rollback.unnamed_file import give_name, open_unnamed

if TYPE_CHECKING:
    from types import TracebackType

    _Folder = str | os.PathLike[str]


class Identity(NamedTuple):
    """What tells a file from another that has later got its name."""

    device: int
    inode: int

    @classmethod
    def of_open_file(cls, fd: int) -> Identity:
        """The identity of an open file."""
        status = os.fstat(fd)
        return cls(status.st_dev, status.st_ino)

    @classmethod
    def of_path(cls, path: str) -> Identity | None:
        """The identity of what has that name (symbolic links not followed), None where nothing has."""
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return cls(status.st_dev, status.st_ino)


def remove_if_same(path: str, identity: Identity) -> None:
    """Remove the file at `path` if it is still that very file; else do nothing.

    Raises: OSError, when it can't be removed.
    """
    if Identity.of_path(path) == identity:
        remove_file(path)


def remove_file(path: str) -> None:
    """Remove the file at `path`, if there is one. Raises: OSError."""
    with suppress(FileNotFoundError):
        os.unlink(path)


class Leftover(NamedTuple):
    """One thing that a dead run of guest `name` had made.

    `kind` is `file`, `domain`, `volume` (path `POOL/VOLUME`) or whatever the run called it.
    `half_made`: the run died before any guest could have used it. `uri` is the run's connection.
    """

    name: str
    kind: str
    path: str
    identity: Identity | None = None
    half_made: bool = False
    uri: str | None = None

    @property
    def remove_command(self) -> str:
        """The shell command that removes it."""
        import shlex

        from virtinstall.virsh_commands import undefinition, virsh_command

        if self.kind == "domain":
            return undefinition(self.uri, self.path)
        if self.kind == "volume":
            pool, _, volume = self.path.partition("/")
            return virsh_command(self.uri, "vol-delete", "--pool", pool, volume)
        return f"rm {shlex.quote(self.path)}"


def journal_folder(environ: Mapping[str, str], uid: int) -> str:
    """Where journals lie: /var/lib/virtinstall/runs for root, else the user's XDG state directory."""
    if uid == 0:
        return "/var/lib/virtinstall/runs"
    state = environ.get("XDG_STATE_HOME") or os.path.join(environ.get("HOME", "/"), ".local/state")
    return os.path.join(state, "virtinstall", "runs")


_FINAL = "final"
_UNBORN, _BORN = "new-", "run-"
_BORN_WITHIN_SECONDS = 60
_SETTLED_SECONDS = 60


def _remove_unborn(folder: _Folder) -> None:
    """Journals that were being made when their run was killed, where files must have names: they hold nothing yet."""
    import time

    for path in _listed(folder, _UNBORN):
        try:
            if time.time() - os.stat(path).st_mtime > _BORN_WITHIN_SECONDS:
                os.unlink(path)
        except FileNotFoundError:
            # another run was quicker, or its journal has just got its name
            continue


class Journal:
    """The journal of one run, a context manager that removes it when the run ends, well or not.

    `keep_for_next_run` leaves it, for a run whose undo failed.
    """

    def __init__(self, fd: int, path: str) -> None:
        self._fd = fd
        self._path = path
        self._kept = False

    @classmethod
    def begin(cls, name: str, folder: _Folder, uri: str | None = None) -> Journal:
        """Start the journal of a run that makes guest `name` at `uri`; `folder` is made where it is missing.

        Raises: OSError, when the folder can't be written.
        """
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _remove_unborn(folder)
        journal: Journal | None = None
        try:
            with deferred_signals():
                journal = cls._create(name, folder, uri)
        except BaseException:
            # a signal that came meanwhile is raised at the end of the block
            if journal is not None:
                journal.end()
            raise
        return journal

    @classmethod
    def _create(cls, name: str, folder: _Folder, uri: str | None) -> Journal:
        token = os.urandom(8).hex()
        fresh, path = (os.path.join(folder, f"{kind}{token}.json") for kind in (_UNBORN, _BORN))
        unnamed = open_unnamed(folder, 0o600)
        fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600) if unnamed is None else unnamed
        journal = cls(fd, path)
        head: dict[str, str | int] = {"name": name, "pid": os.getpid()}
        if uri is not None:
            head["uri"] = uri
        try:
            # only a journal that is locked and names its guest may be seen by other runs
            fcntl.flock(fd, fcntl.LOCK_EX)
            journal._append(head)
            if unnamed is None:
                os.rename(fresh, path)
            else:
                give_name(fd, path)
        except OSError:
            os.close(fd)
            remove_file(fresh)
            raise
        return journal

    def record(self, kind: str, path: str, identity: Identity | None = None) -> None:
        """Note a thing that is about to be made; a file's `identity` guards against mistaking another.

        Raises: OSError, when the journal can't be written.
        """
        entry: dict[str, str | int] = {"kind": kind, "path": path}
        if identity is not None:
            entry |= {"device": identity.device, "inode": identity.inode}
        self._append(entry)

    def record_final(self, xml: str) -> None:
        """Note the configuration that the guest is to keep, for `--finish`. Raises: OSError."""
        self._append({"kind": _FINAL, "path": "", "xml": xml})

    def keep_for_next_run(self) -> None:
        """Don't remove the journal at the end: something of this run is still there."""
        self._kept = True

    def end(self) -> None:
        """The run is over: remove its journal."""
        if not self._kept:
            remove_file(self._path)
        os.close(self._fd)

    def _append(self, entry: dict[str, str | int]) -> None:
        import json

        os.write(self._fd, json.dumps(entry).encode() + b"\n")
        os.fdatasync(self._fd)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def names_of_live_runs(folder: _Folder) -> frozenset[str]:
    """Names of the guests that runs are making just now; reads only."""
    alive = [path for path in _journal_files(folder) if _run_is_alive(path)]
    return frozenset(str(entries[0].get("name")) for path in alive if (entries := _read_entries(path)))


def names_of_dead_runs(folder: _Folder) -> frozenset[str]:
    """Names of the guests whose runs died more than a minute ago, so that libvirt is through with them; reads only."""
    import time

    settled = time.time() - _SETTLED_SECONDS
    names = set()
    for path in _journal_files(folder):
        with suppress(FileNotFoundError):
            if os.stat(path).st_mtime < settled and not _run_is_alive(path) and (entries := _read_entries(path)):
                names.add(str(entries[0].get("name")))
    return frozenset(names)


def find_leftovers(name: str, folder: _Folder, uri: str | None = None) -> list[Leftover]:
    """What dead runs that made guest `name` have left; reads only.

    Runs on another connection than `uri` aren't looked at, where both are known: what bears the name
    there is another guest.
    Files that are gone or have been replaced are not listed; things of other kinds are, for
    only libvirt can tell whether they are still there.
    """
    found = []
    for path in _journal_files(folder):
        if _run_is_alive(path):
            continue
        entries = _read_entries(path)
        if _is_about(entries, name, uri):
            half_made = all(entry["kind"] != "domain" for entry in entries[1:])
            where = entries[0].get("uri")
            things = [entry for entry in entries[1:] if entry["kind"] != _FINAL]
            found += [_leftover(name, entry, half_made, where) for entry in things if _is_there(entry)]
    return found


def final_xml(name: str, folder: _Folder, uri: str | None, uuid: str) -> str | None:
    """The configuration that a dead run wanted guest `name` to keep; None where none is known.

    Several may have died of that name: the guest there is now is the one with this `uuid`.
    """
    for path in _journal_files(folder):
        entries = [] if _run_is_alive(path) else _read_entries(path)
        if _is_about(entries, name, uri):
            for entry in entries[1:]:
                if entry["kind"] == _FINAL and f"<uuid>{uuid}</uuid>" in str(entry["xml"]):
                    return str(entry["xml"])
    return None


def _is_about(entries: list[dict[str, object]], name: str, uri: str | None) -> bool:
    if not entries or entries[0].get("name") != name:
        return False
    return uri is None or entries[0].get("uri", uri) == uri


def _leftover(name: str, entry: dict[str, object], half_made: bool, uri: object) -> Leftover:
    where = None if uri is None else str(uri)
    return Leftover(name, str(entry["kind"]), str(entry["path"]), _identity(entry), half_made, where)


def _identity(entry: dict[str, object]) -> Identity | None:
    device, inode = entry.get("device"), entry.get("inode")
    return Identity(device, inode) if isinstance(device, int) and isinstance(inode, int) else None


def forget_leftovers(name: str, folder: _Folder, uri: str | None = None) -> None:
    """Remove the journals of dead runs that made guest `name` (at `uri`): the user has been told, or all is gone.

    Raises: OSError, when one can't be removed.
    """
    for path in _journal_files(folder):
        if _run_is_alive(path):
            continue
        entries = _read_entries(path)
        if _is_about(entries, name, uri):
            remove_file(path)


def _journal_files(folder: _Folder) -> list[str]:
    return _listed(folder, _BORN)


def _listed(folder: _Folder, kind: str) -> list[str]:
    """The journals in `folder` whose names begin with `kind`, in order of their names."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [os.path.join(folder, name) for name in sorted(names) if name.startswith(kind) and name.endswith(".json")]


def _run_is_alive(path: str) -> bool:
    """Whether the run still holds its lock; one that just ended counts as alive."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _read_entries(path: str) -> list[dict[str, object]]:
    """The entries of a journal as far as they make sense: its run may have died in a line, or the power failed."""
    import json

    entries: list[dict[str, object]] = []
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except FileNotFoundError:
        return entries
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if not isinstance(entry, dict) or (entries and not {"kind", "path"} <= entry.keys()):
            break
        entries.append(entry)
    return entries


def _is_there(entry: dict[str, object]) -> bool:
    if entry["kind"] != "file":
        return True
    now = Identity.of_path(str(entry["path"]))
    return now is not None and now == _identity(entry)
