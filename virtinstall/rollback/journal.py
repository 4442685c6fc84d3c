"""A journal of each run, so that the next run can report what a killed run created.

The journal is a small file that lists the objects that the run creates; each object is recorded before it exists. The
run holds a lock on the journal, and removes the journal at the end. If a journal exists but is not locked, its run was
killed (SIGKILL, power failure), because the kernel releases the locks of a process that has ended.

A journal also claims the guest's name and UUID: no second journal can be started for them while the run is alive.

Source: flock(2).
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple
from virtinstall.rollback.birth_time import birth_time_ns, is_later_file, load_statx
from virtinstall.rollback.entries import (
    ADOPTED,
    BORN,
    FINAL,
    UNBORN,
    Entry,
    Folder,
    Record,
    is_alive,
    journal_files,
    read_record,
)
from virtinstall.rollback.file_state import FileState, Identity, remove_file
from virtinstall.rollback.signals import deferred_signals
from virtinstall.rollback.state_directory import state_directory
from virtinstall.rollback.unnamed_file import link_to, open_unnamed

if TYPE_CHECKING:
    from types import TracebackType


class Leftover(NamedTuple):
    """One object that a killed run for the guest `name` created.

    `kind` is `file`, `boot file`, `seed`, `kept seed`, `domain`, `volume`, `temporary pool` or `reservation`. `path` is
    the path of a file, the name of a guest or pool, `POOL/VOLUME` for a volume, or `ADDRESS MAC NETWORK` for a DHCP
    reservation. For a file, `identity` was recorded after its creation, and `state` was recorded after its completion.
    `incomplete` is true if the run was killed before a guest could have used the object. `uri` is the URI of the run's
    connection, and `uuid` is the UUID of a guest. Values that are unknown or do not apply are None.
    """

    name: str
    kind: str
    path: str
    identity: Identity | None = None
    incomplete: bool = False
    uri: str | None = None
    state: FileState | None = None
    uuid: str | None = None

    @property
    def remove_command(self) -> str:
        """The shell command that removes the object, but nothing that may have existed before the run."""
        import shlex

        from virtinstall.virsh_commands import undefinition, virsh_command

        if self.kind == "domain":
            return undefinition(self.uri, self.path)
        if self.kind == "temporary pool":
            return virsh_command(self.uri, "pool-destroy", self.path)
        if self.kind == "volume":
            pool, _, volume = self.path.partition("/")
            return virsh_command(self.uri, "vol-delete", "--pool", pool, volume)
        if self.kind == "reservation":
            address, mac, network = self.path.split(" ", 2)
            host = f"<host ip='{address}'/>" if ":" in address else f"<host mac='{mac}' ip='{address}'/>"
            return virsh_command(self.uri, "net-update", network, "delete", "ip-dhcp-host", host, "--live", "--config")
        return f"rm {shlex.quote(self.path)}"


class ClaimedError(Exception):
    """An error about a guest that another run is creating.

    `claim` describes that guest, for example `a guest named 'web'`. `option` is the option whose value is already in
    use by the other run: `--name` or `--uuid`. `pid` is the ID of the other run's process, or None if it is unknown.
    """

    def __init__(self, claim: str, option: str, pid: int | None) -> None:
        super().__init__(claim)
        self.claim = claim
        self.option = option
        self.pid = pid


def journal_folder(environ: Mapping[str, str], uid: int) -> str:
    """Return the directory of the journals for a user.

    `uid` is the numeric user ID, and `environ` contains the user's environment variables. The directory is
    /var/lib/virtinstall/runs for root, and is in the XDG state directory for other users.
    """
    return os.path.join(state_directory(environ, uid), "runs")


_BORN_WITHIN_SECONDS = 60
_SETTLED_SECONDS = 60


def _remove_unborn(folder: Folder) -> None:
    """Remove empty journals, which a run that is killed at its start leaves on file systems without unnamed files."""
    import time

    for path in journal_files(folder, UNBORN):
        # another run may be faster, or the journal has just been named
        with suppress(FileNotFoundError):
            if time.time() - os.stat(path).st_mtime > _BORN_WITHIN_SECONDS:
                os.unlink(path)


@contextmanager
def _locked(folder: Folder) -> Iterator[None]:
    """Hold the lock that every run holds to start its journal."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _require_unclaimed(name: str, uuid: str | None, uri: str | None, folder: Folder) -> None:
    """Check that no live run at the same connection has the name or the UUID.

    Raises: ClaimedError.
    """
    for path in journal_files(folder):
        record = read_record(path) if is_alive(path) else None
        if record is None or (uri is not None and record.uri not in (None, uri)):
            continue
        if record.name == name:
            raise ClaimedError(f"a guest named '{name}'", "--name", record.pid)
        if uuid is not None and record.uuid == uuid:
            raise ClaimedError(f"a guest with the UUID {uuid}", "--uuid", record.pid)


class Journal:
    """The journal of one run: a file that lists the objects that the run creates. It is used as a context manager.

    When the `with` block ends, the journal is removed, whether the run succeeds or fails, unless `keep_for_next_run`
    was called. `fd` is the file descriptor of the open journal, and `path` is its path.
    """

    def __init__(self, fd: int, path: str) -> None:
        self._fd = fd
        self._path = path
        self._kept = False

    @classmethod
    def begin(cls, name: str, folder: Folder, uri: str | None = None, uuid: str | None = None) -> Journal:
        """Start the journal of a run that creates the guest `name`; create `folder` if it is missing.

        `uri` is the URI of the run's connection, and `uuid` is the UUID of the guest; each is None if it is unknown.

        Raises: ClaimedError, if another run is creating a guest with that name or UUID; OSError, if the journal cannot
        be created.
        """
        load_statx()
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _remove_unborn(folder)
        journal: Journal | None = None
        try:
            with deferred_signals(), _locked(folder):
                _require_unclaimed(name, uuid, uri, folder)
                journal = cls._create(name, folder, uri, uuid)
        except BaseException:
            # a signal that arrived meanwhile is raised at the end of the block
            if journal is not None:
                journal.end()
            raise
        return journal

    @classmethod
    def _create(cls, name: str, folder: Folder, uri: str | None, uuid: str | None) -> Journal:
        token = os.urandom(8).hex()
        fresh, path = (os.path.join(folder, f"{kind}{token}.json") for kind in (UNBORN, BORN))
        unnamed = open_unnamed(folder, 0o600)
        fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600) if unnamed is None else unnamed
        journal = cls(fd, path)
        head: dict[str, str | int] = {"name": name, "pid": os.getpid()}
        if uri is not None:
            head["uri"] = uri
        if uuid is not None:
            head["uuid"] = uuid
        try:
            # only a journal that is locked and names its guest may be seen by other runs
            fcntl.flock(fd, fcntl.LOCK_EX)
            journal._append(head)
            if unnamed is None:
                os.rename(fresh, path)
            else:
                link_to(fd, path)
        except OSError:
            os.close(fd)
            remove_file(fresh)
            raise
        return journal

    def record(
        self, kind: str, path: str, known: Identity | FileState | None = None, *, uuid: str | None = None
    ) -> None:
        """Record an object before its creation, or the identity or state of a file after its creation.

        `kind` and `path` are those of `Leftover`. `known` is the identity or state of a file that has been created,
        otherwise None. `uuid` is the UUID of a guest, or None for other objects.

        Raises: OSError, if the journal cannot be written.
        """
        entry: dict[str, str | int] = {"kind": kind, "path": path}
        if known is not None:
            entry |= known._asdict()
            born = birth_time_ns(path) if Identity.of_path(path) == known[:2] else None
            if born is not None:
                entry["born"] = born
        if uuid is not None:
            entry["uuid"] = uuid
        self._append(entry)

    def record_final(self, xml: str) -> None:
        """Record `xml`, the final configuration of the guest, for `--finish`.

        Raises: OSError, if the journal cannot be written.
        """
        self._append({"kind": FINAL, "path": "", "xml": xml})

    def keep_for_next_run(self, kept: bool = True) -> None:
        """Keep the journal at the end of the run, so that the next run can report the objects that still exist.

        If `kept` is false, the journal is removed as usual.
        """
        self._kept = kept

    def end(self) -> None:
        """Close the journal, and remove it unless it is kept for the next run."""
        if not self._kept:
            remove_file(self._path)
        os.close(self._fd)

    def _append(self, entry: dict[str, str | int]) -> None:
        os.write(self._fd, json.dumps(entry).encode() + b"\n")
        os.fdatasync(self._fd)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def names_of_live_runs(folder: Folder) -> frozenset[str]:
    """Return the names of the guests that running processes are creating; change nothing."""
    records = (read_record(path) for path in journal_files(folder) if is_alive(path))
    return frozenset(record.name for record in records if record is not None)


def names_of_dead_runs(folder: Folder) -> frozenset[str]:
    """Return the names of the guests that killed runs were creating; change nothing.

    Runs whose journals were changed less than a minute ago are omitted, because libvirt may still be creating objects
    for them.
    """
    import time

    settled = time.time() - _SETTLED_SECONDS
    names = set()
    for path, record in _dead_runs(folder):
        with suppress(FileNotFoundError):
            if os.stat(path).st_mtime < settled:
                names.add(record.name)
    return frozenset(names)


def _dead_runs(folder: Folder) -> Iterator[tuple[str, Record]]:
    for path in journal_files(folder):
        record = None if is_alive(path) else read_record(path)
        if record is not None:
            yield path, record


def find_leftovers(name: str, folder: Folder, uri: str | None = None) -> list[Leftover]:
    """Return the leftovers of killed runs that created the guest `name`; change nothing.

    Runs on a connection other than `uri` are skipped, because the name belongs to a different guest there. If `uri` or
    the connection of a run is None, which means unknown, the run is not skipped. Files that a later run uses are
    omitted. An object of the kind `file` is omitted if the file was removed or replaced. Objects of other kinds may no
    longer exist.
    """
    found = []
    for _, record in _dead_runs(folder):
        if record.is_about(name, uri):
            # a file is recorded again when it is complete
            adopted = {entry.path for entry in record.entries if entry.kind == ADOPTED}
            things = {
                (entry.kind, entry.path): entry
                for entry in record.entries
                if entry.kind not in (FINAL, ADOPTED) and entry.path not in adopted
            }
            incomplete = all(entry.kind != "domain" for entry in record.entries)
            found += [_leftover(record, entry, incomplete) for entry in things.values() if _may_be_there(entry)]
    return found


def final_xml(name: str, folder: Folder, uri: str | None, uuid: str) -> str | None:
    """Return the final XML that a killed run planned for the guest `name` with the UUID `uuid`; None if it is unknown.

    `uri` is the connection; if it is None, the runs on all connections are searched.
    """
    for _, record in _dead_runs(folder):
        if record.is_about(name, uri):
            for entry in record.entries:
                if entry.kind == FINAL and f"<uuid>{uuid}</uuid>" in (entry.xml or ""):
                    return entry.xml
    return None


def _leftover(record: Record, entry: Entry, incomplete: bool) -> Leftover:
    return Leftover(
        record.name, entry.kind, entry.path, entry.identity, incomplete, record.uri, entry.state, entry.uuid
    )


def forget_leftovers(name: str, folder: Folder, uri: str | None = None) -> None:
    """Remove the journals of killed runs that created the guest `name` on the connection `uri`.

    If `uri` is None, the journals of runs on all connections are removed. The leftovers must already have been reported
    or removed.

    Raises: OSError, if a journal cannot be removed.
    """
    for path, record in _dead_runs(folder):
        if record.is_about(name, uri):
            remove_file(path)


def adopt_files(folder: Folder, is_named: Callable[[str], bool]) -> None:
    """Record in the journals of killed runs which of the listed files a later run uses.

    These files are no longer leftovers. `is_named` is called with the path of each listed file, and returns whether the
    later run uses the file.

    Raises: OSError, if a journal cannot be written.
    """
    for path, record in _dead_runs(folder):
        for named in {entry.path for entry in record.entries if entry.path.startswith("/") and is_named(entry.path)}:
            # the last line may be truncated
            line = "\n" + json.dumps({"kind": ADOPTED, "path": named}) + "\n"
            with open(path, "ab") as file:
                file.write(line.encode())


def _may_be_there(entry: Entry) -> bool:
    if entry.kind != "file":
        return True
    now = Identity.of_path(entry.path)
    return now is not None and now == entry.identity and not is_later_file(entry.path, entry.born)
