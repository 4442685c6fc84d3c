"""Interrupted runs: what they roll back and what they report."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from virtinstall.media.kernel import fetch_file
from virtinstall.media.local import LocalTreeFetcher
from virtinstall.progress import Silent
from virtinstall.rollback.directories import make_directory
from virtinstall.rollback.journal import find_leftovers
from virtinstall.rollback.undo import Undo
from virtinstall.seed.image import write_seed_file

# a run that created a domain and cannot remove it; it receives `argv[3]` signals, the second one during the rollback
RUN = """
import os, signal, sys
from pathlib import Path
from virtinstall.cli import main
from virtinstall.rollback.journal import Journal
from virtinstall.cli.log import Log
from virtinstall.rollback.undo import Undo

number, times = int(sys.argv[2]), int(sys.argv[3])
signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests themselves may run with it ignored

def undo_fails():
    if times > 1:
        os.kill(os.getpid(), number)
    raise OSError("no such luck")

def run(arguments, log):
    with Journal.begin("web1", Path(sys.argv[1])) as journal, Undo(journal) as undo:
        journal.record("domain", "web1")
        undo.push("the guest 'web1'", undo_fails)
        os.kill(os.getpid(), number)
    return 0

sys.exit(main._logged_status("virt-install", run, [], Log(None, "virt-install")))
"""


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_run_reports_what_it_could_not_remove(tmp_path: Path, number: int, status: int, times: int) -> None:
    """A second signal neither suppresses the message nor removes the journal, which the next run needs."""
    argv = [sys.executable, "-c", RUN, str(tmp_path), str(int(number)), str(times)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert done.stderr.splitlines()[-1] == ("virt-install: error: the guest 'web1' could not be removed: no such luck")
    assert "is removed." not in done.stderr
    assert [left.kind for left in find_leftovers("web1", tmp_path)] == ["domain"]


def test_json_of_an_interrupted_run_names_what_was_not_removed(tmp_path: Path) -> None:
    """The error has the exit status 130, and its notes name the guest."""
    run = RUN.replace("run, []", 'run, ["--output", "json"]')
    argv = [sys.executable, "-c", run, str(tmp_path), str(int(signal.SIGINT)), "1"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    document = json.loads(done.stdout)
    assert (document["exit_status"], document["error"]["kind"]) == (130, "EndedError")
    assert document["error"]["notes"] == ["the guest 'web1' could not be removed: no such luck"]


HUNG_UP = """
import os, signal, sys
from virtinstall.cli import main
from virtinstall.cli.log import Log
from virtinstall.rollback.signals import deferred_signals

signal.signal(signal.SIGHUP, getattr(signal, sys.argv[1]))

def run(arguments, log):
    os.kill(os.getpid(), signal.SIGHUP)
    with deferred_signals():
        os.kill(os.getpid(), signal.SIGHUP)
    return 0

sys.exit(main._logged_status("virt-install", run, [], Log(None, "virt-install")))
"""


@pytest.mark.parametrize(("before", "status"), [("SIG_IGN", 0), ("SIG_DFL", 129)])
def test_closed_terminal_does_not_end_a_run_with_nohup(before: str, status: int) -> None:
    """With `nohup virt-install ...`, SIGHUP is ignored; otherwise it ends the run."""
    done = subprocess.run([sys.executable, "-c", HUNG_UP, before], capture_output=True, check=False)
    assert done.returncode == status


@pytest.mark.parametrize("call", ["open", "mkdir"])
def test_file_that_is_created_during_ctrl_c_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The signal arrives after a file or a directory was created, but before the call returns."""
    make = getattr(os, call)

    def interrupted(path: object, *args: object, **named: object) -> object:
        created = make(path, *args, **named)
        if str(path).startswith(str(tmp_path)):
            signal.raise_signal(signal.SIGINT)
        return created

    def make_all(undo: Undo) -> None:
        make_directory(str(tmp_path / "boot"), undo)
        write_seed_file(tmp_path / "boot" / "seed.iso", b"answers", undo)

    def fetch(undo: Undo) -> None:
        fetch_file(
            LocalTreeFetcher(Path(__file__).parent), Path(__file__).name, tmp_path / "boot" / "k", undo, Silent()
        )

    monkeypatch.setattr(os, call, interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for work in (make_all, fetch):
            with pytest.raises(KeyboardInterrupt), Undo() as undo:
                work(undo)
            assert list(tmp_path.iterdir()) == []
    finally:
        signal.signal(signal.SIGINT, before)
