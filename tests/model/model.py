"""A model of files and guests: users and runs act at random, and the invariants are checked after each action.

Files that a user wrote or a guest uses are data: they must be kept until the user removes them. Every other file must
be in the journal of a dead run.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import libvirt
from lxml import etree

from tests.model.faults import KINDS, Faults, inject
from virtinstall.cli.main import clone_main, main, xml_main
from virtinstall.rollback.entries import journal_files, read_record

NAMES = ("one", "two", "three")
FILES = ("a.img", "b.img", "c.img", "d.img")
UUIDS = ("c7a5fdbd-edaf-9455-926a-d65c16db1801", "c7a5fdbd-edaf-9455-926a-d65c16db1802")
_MOST_CALLS = 14


class World:
    """Files in `folder`, guests at `connection`, journals in `runs`; `history` lists the actions."""

    def __init__(self, seed: int, folder: Path, runs: Path, connection: libvirt.virConnect, prefix: str) -> None:
        self._random = random.Random(seed)
        self._folder = folder
        self._runs = runs
        self._connection = connection
        self._prefix = prefix
        self._data: dict[str, bytes] = {}
        self._common = [
            *("--memory", "32", "--network", "none", "--graphics", "none", "--osinfo", "generic", "--noautoconsole"),
            *(() if connection.getType() == "TEST" else ("--virt-type", "qemu")),
        ]
        self.history: list[str] = []
        (folder / "alias").symlink_to(folder)

    def step(self) -> None:
        """Do one random action and check all invariants."""
        steps: list[tuple[int, Callable[[], None]]] = [
            *((6, self._create), (3, self._clone), (3, self._edit), (3, self._undefine), (1, self._preview)),
            *((3, self._overwrite), (2, self._relink), (2, self._remove)),
        ]
        (chosen,) = self._random.choices([step for _, step in steps], [weight for weight, _ in steps])
        chosen()
        self._check()

    # actions of runs

    def _create(self) -> None:
        name, path = self._name(), self._path()
        args = ["--name", name, "--disk", f"path={path},size=0.001", "--import", *self._common]
        if self._random.random() < 0.3:
            args += ["--uuid", self._random.choice(UUIDS)]
        if self._random.random() < 0.3:
            args += ["--transient"]
        before = self._users(path)
        status = self._run(main, args)
        if status == 0:
            assert not before, f"{path} is now used by {name} and {before}"
            assert name in self._guests()

    def _clone(self) -> None:
        original, name, path = self._name(), self._name(), self._path()
        args = ["--original", original, "--name", name, "--file", path]
        may_overwrite = self._random.random() < 0.4
        if may_overwrite:
            args += ["--check", "path_exists=off"]
        before, identity = self._users(path), self._identity(path)
        status = self._run(clone_main, args, may_change=path if may_overwrite else None)
        if status == 0:
            assert not before, f"{path} of {before} was overwritten"
            # an original guest without a disk needs no file
            assert may_overwrite or identity in (None, self._identity(path)), f"{path} was overwritten"

    def _edit(self) -> None:
        name, path = self._name(), self._path()
        before = self._users(path)
        disk = self._random.choice([f"path={path}", f"path={path},size=0.001"])
        action = self._random.choice([["--add-device"], ["--edit"]])
        status = self._run(xml_main, [name, *action, "--disk", disk])
        if status == 0 and os.path.exists(path):
            assert not before - {name}, f"{path} is now used by {name} and {before}"

    def _preview(self) -> None:
        before = self._listing()
        name, path = self._name(), self._path()
        args = ["--name", name, "--disk", f"path={path},size=0.001", "--import", "--dry-run", *self._common]
        self._run(main, args, faulty=False)
        assert self._listing() == before

    def _run(
        self,
        command: Callable[[list[str]], int],
        args: list[str],
        *,
        may_change: str | None = None,
        faulty: bool = True,
    ) -> int | None:
        """Run a command, possibly with a fault; return its exit status, None if it was killed."""
        faults = Faults()
        if faulty and self._random.random() < 0.6:
            faults = Faults(
                self._random.choice(KINDS),
                self._random.randint(1, _MOST_CALLS),
                after=self._random.random() < 0.5,
            )
        self.history.append(f"{command.__name__} {' '.join(args)} {faults}")
        changeable = None if may_change is None else os.path.realpath(may_change)
        given = " ".join(args) if faulty else ""
        named = {os.path.realpath(path) for path in self._listing() if os.path.basename(path) in given}
        status: int | None = None
        with inject(faults):
            status = command(["--connect", self._connection.getURI(), *args])
        self.history.append(f"  -> {status} after {faults.calls} calls")
        # virt-xml can attach a file of a dead run without recording it in a journal; the file may be removed when no
        # guest has it
        leftovers = self._named_by_journals() if command is xml_main else set()
        # files passed to virt-install and virt-clone belong to the user, regardless of who created them
        mine = self._used_paths() - leftovers if command is xml_main else self._used_paths() | named
        for path in mine:
            if path not in self._data or (status == 0 and path == changeable):
                self._data[path] = Path(path).read_bytes()
        return status

    # actions of users

    def _undefine(self) -> None:
        guests = self._guests()
        if not guests:
            return
        name = self._random.choice(sorted(guests))
        self.history.append(f"undefine {name}")
        domain = guests[name]
        if domain.isActive():
            domain.destroy()
        if name in self._guests():
            domain.undefineFlags(0)

    def _overwrite(self) -> None:
        path = os.path.realpath(self._path())
        self.history.append(f"overwrite {path}")
        content = self._random.randbytes(self._random.choice([10, 196616]))
        with open(path, "r+b" if os.path.exists(path) else "wb") as file:
            file.write(content)
        identity = self._identity(path)
        self._data[path] = b""
        for other in self._data:
            if self._identity(other) == identity:
                self._data[other] = Path(other).read_bytes()

    def _relink(self) -> None:
        source, target = os.path.realpath(self._path()), os.path.realpath(self._path())
        if not os.path.exists(source) or os.path.lexists(target) or self._users(source):
            return
        how = self._random.choice(["rename", "link"])
        self.history.append(f"{how} {source} {target}")
        if how == "rename":
            os.rename(source, target)
            self._data.pop(source, None)
        else:
            os.link(source, target)
            self._data[source] = Path(source).read_bytes()
        self._data[target] = Path(target).read_bytes()

    def _remove(self) -> None:
        path = os.path.realpath(self._path())
        if os.path.exists(path) and not self._users(path):
            self.history.append(f"remove {path}")
            os.unlink(path)
            self._data.pop(path, None)

    # invariants

    def _check(self) -> None:
        for path, content in self._data.items():
            assert os.path.exists(path), f"{path} was removed"
            assert Path(path).read_bytes() == content, f"{path} was changed"
        named = self._named_by_journals()
        for path in self._listing():
            assert path in self._data or path in named, f"no journal names {path}"

    def _named_by_journals(self) -> set[str]:
        records = (read_record(path) for path in journal_files(self._runs))
        return {os.path.realpath(entry.path) for record in records if record for entry in record.entries}

    def _listing(self) -> set[str]:
        return {entry.path for entry in os.scandir(self._folder) if entry.is_file(follow_symlinks=False)}

    def _guests(self) -> dict[str, libvirt.virDomain]:
        domains = self._connection.listAllDomains(0)
        return {domain.name(): domain for domain in domains if domain.name().startswith(self._prefix)}

    def _disks(self) -> list[tuple[str, str]]:
        """Return (guest, path) of each disk, of running guests and of definitions."""
        found = []
        for name, domain in self._guests().items():
            for flags in (0, libvirt.VIR_DOMAIN_XML_INACTIVE):
                document = etree.fromstring(domain.XMLDesc(flags))
                sources = document.iterfind("devices/disk/source[@file]")
                found += [(name, source.get("file", "")) for source in sources]
        return found

    def _used_paths(self) -> set[str]:
        return {os.path.realpath(path) for _, path in self._disks() if os.path.exists(path)}

    def _users(self, path: str) -> set[str]:
        identity = self._identity(path)
        return {name for name, used in self._disks() if identity is not None and self._identity(used) == identity}

    def _identity(self, path: str) -> tuple[int, int] | None:
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def _name(self) -> str:
        return self._prefix + self._random.choice(NAMES)

    def _path(self) -> str:
        folder = self._folder / "alias" if self._random.random() < 0.3 else self._folder
        return str(folder / self._random.choice(FILES))
