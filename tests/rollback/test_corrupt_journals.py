"""Corrupt journals, for example after a power failure: no run fails and nothing is removed because of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from virtinstall.libvirt_host.connection import connect
from virtinstall.rollback import leftovers
from virtinstall.rollback.entries import journal_files
from virtinstall.rollback.journal import (
    Journal,
    final_xml,
    find_leftovers,
    forget_leftovers,
    names_of_dead_runs,
    names_of_live_runs,
)

HEAD = {"name": "web", "pid": 1, "uri": "test:///default"}


def lines(*entries: object) -> bytes:
    """Return a journal with these entries."""
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


CONTENTS = {
    "empty": b"",
    "binary": bytes(range(256)) * 20,
    "NULs": b"\0" * 4096,
    "truncated": lines(HEAD, {"kind": "file", "path": "/x"})[:-9],
    "not an object": lines(["web"]),
    "a number": b"1e999\n",
    "nested too deep": b"[" * 100_000,
    "number too long": b"9" * 10_000 + b"\n",
    "NUL in the name": lines({"name": "we\0b"}),
    "name is a list": lines({"name": ["web"]}, {"kind": "file", "path": "/x"}),
    "NUL in a path": lines(HEAD, {"kind": "file", "path": "/x\0y", "device": 1, "inode": 1}),
    "NUL in the path of a seed": lines(HEAD, {"kind": "seed", "path": "/x\0y"}),
    "surrogate in a path": b'{"name": "web"}\n{"kind": "seed", "path": "/\\ud800"}\n',
    "path is a number": lines(HEAD, {"kind": "file", "path": 7}),
    "path is missing": lines(HEAD, {"kind": "file"}),
    "kind is missing": lines(HEAD, {"path": "/x"}),
    "kind is an object": lines(HEAD, {"kind": {}, "path": "/x"}),
    "empty path": lines(HEAD, {"kind": "seed", "path": ""}),
    "volume without a pool": lines(HEAD, {"kind": "volume", "path": "disk"}),
    "inode is a text": lines(HEAD, {"kind": "file", "path": "/etc/hostname", "device": 1, "inode": "x"}),
    "inode is huge": lines(HEAD, {"kind": "file", "path": "/etc/hostname", "device": 10**30, "inode": -(10**30)}),
    "uri is a list": lines({"name": "web", "uri": []}, {"kind": "seed", "path": "/nowhere"}),
    "pid is a text": lines({"name": "web", "pid": "x"}),
    "uuid is a number": lines(HEAD, {"kind": "domain", "path": "web", "uuid": 3}),
    "final without XML": lines(HEAD, {"kind": "final", "path": "", "xml": None}),
    "path longer than any": lines(HEAD, {"kind": "seed", "path": "/" + "x" * 10_000}),
}


def read_everything(folder: Path) -> None:
    """Do everything that a run does with the journals of other runs."""
    host = connect("test:///default")
    names_of_live_runs(folder)
    names_of_dead_runs(folder)
    final_xml("web", folder, host.uri, "u")
    messages: list[str] = []
    leftovers.report_leftovers("web", host, messages.append)
    leftovers.remove_leftovers("web", host, messages.append)
    leftovers.remove_served("web", host, messages.append)
    leftovers.remove_served_of_others("other", host, messages.append)
    for leftover in find_leftovers("web", folder):
        assert leftover.remove_command
    with Journal.begin("web", folder, host.uri, "u"):
        pass
    forget_leftovers("web", folder)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of journals."""
    folder = tmp_path / "runs"
    folder.mkdir()
    monkeypatch.setattr(leftovers, "journal_folder", lambda environ, uid: str(folder))
    return folder


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_any_content_of_a_journal_is_accepted(runs: Path, content: bytes) -> None:
    """No function that reads the journal raises an error."""
    path = runs / "run-0.json"
    path.write_bytes(content)
    os.utime(path, (0, 0))
    read_everything(runs)


def dangling(path: Path) -> None:
    """Create a symbolic link to a missing file."""
    path.symlink_to("nowhere")


def loop(path: Path) -> None:
    """Create a symbolic link to itself."""
    path.symlink_to(path)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, dangling, loop], ids=["folder", "FIFO", "dangling", "loop"])
def test_other_kinds_of_files_are_ignored(runs: Path, make: Callable[[Path], None]) -> None:
    """A directory, a FIFO or a symbolic link has the name of a journal."""
    make(runs / "run-x.json")
    make(runs / "new-x.json")
    read_everything(runs)
    assert journal_files(runs) == []
    assert os.path.lexists(runs / "run-x.json")


def test_file_in_place_of_the_directory_causes_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No journal can be written."""
    (tmp_path / "runs").write_text("")
    monkeypatch.setattr(leftovers, "journal_folder", lambda environ, uid: str(tmp_path / "runs"))
    messages: list[str] = []
    assert leftovers.begin_journal("web", messages.append) is None
    assert len(messages) == 1
    assert find_leftovers("web", tmp_path / "runs") == []
