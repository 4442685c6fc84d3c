"""The journal of a run: the next run reports what a killed run created."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from virtinstall.libvirt_host.connection import connect
from virtinstall.rollback import journal, leftovers
from virtinstall.rollback.file_state import Identity
from virtinstall.rollback.journal import (
    Journal,
    final_xml,
    find_leftovers,
    forget_leftovers,
    journal_folder,
    names_of_dead_runs,
    names_of_live_runs,
)

KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from virtinstall.rollback.journal import Journal
from virtinstall.progress import Silent
from virtinstall.storage.provision import NewImage, provision_image
from virtinstall.rollback.undo import Undo

journal = Journal.begin("web1", Path(sys.argv[1]))
provision_image(NewImage(path=sys.argv[2], format="qcow2", capacity_bytes=1 << 20), Undo(), Silent(), journal)
journal.record("domain", "web1")
os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_a_run(runs: Path, disk: Path) -> None:
    """Run a process that is killed after it created `disk` and before it defines the domain."""
    done = subprocess.run([sys.executable, "-c", KILLED_RUN, str(runs), str(disk)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_leftovers_of_a_killed_run_are_found(tmp_path: Path) -> None:
    """They are the image and the domain; each has a command that removes it."""
    runs, disk = tmp_path / "runs", tmp_path / "disk one.qcow2"
    kill_a_run(runs, disk)
    left = find_leftovers("web1", runs)
    assert [(item.kind, item.path) for item in left] == [("file", str(disk)), ("domain", "web1")]
    assert left[0].remove_command == f"rm '{disk}'"
    assert left[1].remove_command == "virsh undefine --keep-nvram --keep-tpm web1"
    assert find_leftovers("web2", runs) == []


def test_replaced_file_is_not_a_leftover(tmp_path: Path) -> None:
    """The user has created another file at its path."""
    runs, disk = tmp_path / "runs", tmp_path / "disk"
    kill_a_run(runs, disk)
    other = tmp_path / "other"
    other.write_text("the user's own")
    other.rename(disk)
    assert [item.kind for item in find_leftovers("web1", runs)] == ["domain"]


def test_running_and_finished_runs_have_no_leftovers(tmp_path: Path) -> None:
    """The journal of a finished run is removed."""
    with Journal.begin("web1", tmp_path) as journal:
        journal.record("domain", "web1")
        assert find_leftovers("web1", tmp_path) == []
        forget_leftovers("web1", tmp_path)
    assert find_leftovers("web1", tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_forget_leftovers_removes_journals_of_one_name(tmp_path: Path) -> None:
    """The journals of other guests are kept."""
    kill_a_run(tmp_path / "runs", tmp_path / "disk")
    forget_leftovers("web2", tmp_path / "runs")
    assert find_leftovers("web1", tmp_path / "runs")
    forget_leftovers("web1", tmp_path / "runs")
    assert find_leftovers("web1", tmp_path / "runs") == []


BORN_AND_KILLED = """
import os, signal, sys
from virtinstall.rollback import journal

if sys.argv[2] == "named":  # as on a file system without O_TMPFILE
    journal.open_unnamed = lambda folder, mode: None
journal.os.fdatasync = lambda fd: os.kill(os.getpid(), signal.SIGKILL)
journal.Journal.begin("web1", sys.argv[1])
"""


@pytest.mark.parametrize(("files", "left"), [("unnamed", 0), ("named", 1)])
def test_journal_is_complete_or_missing(tmp_path: Path, files: str, left: int) -> None:
    """A run is killed before its journal is written; a named file is removed by a later run."""
    runs = tmp_path / "runs"
    done = subprocess.run([sys.executable, "-c", BORN_AND_KILLED, str(runs), files], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(runs.iterdir())) == left

    for path in runs.iterdir():
        os.utime(path, (1, 1))
    with Journal.begin("web1", runs):
        assert len(list(runs.iterdir())) == 1


@pytest.mark.parametrize("files", ["unnamed", "named"])
def test_journal_on_a_full_disk_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: str) -> None:
    """This works with and without O_TMPFILE."""
    if files == "named":
        monkeypatch.setattr(journal, "open_unnamed", lambda folder, mode: None)
    monkeypatch.setattr(os, "fdatasync", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        Journal.begin("web1", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_unfinished_last_line_is_ignored(tmp_path: Path) -> None:
    """The complete lines of a truncated journal are used."""
    kill_a_run(tmp_path / "runs", tmp_path / "disk")
    (path,) = (tmp_path / "runs").iterdir()
    path.write_bytes(path.read_bytes()[:-7])
    assert [item.kind for item in find_leftovers("web1", tmp_path / "runs")] == ["file"]
    path.write_bytes(b'{"name": "we')
    assert find_leftovers("web1", tmp_path / "runs") == []


def test_damaged_part_of_a_journal_is_ignored(tmp_path: Path) -> None:
    """The entries before the damaged part are used."""
    head = b'{"name": "web1", "pid": 1}\n{"kind": "domain", "path": "web1"}\n'
    for number, rest in enumerate((b"\xff\xfe\0\0", b"\0" * 512)):
        (tmp_path / f"run-{number}.json").write_bytes(head + rest)
    assert [left.path for left in find_leftovers("web1", tmp_path)] == ["web1", "web1"]


def test_failed_rollback_keeps_the_journal(tmp_path: Path) -> None:
    """The next run reports what could not be rolled back."""
    kept = tmp_path / "kept"
    kept.write_text("")
    with kept.open() as file, Journal.begin("web1", tmp_path / "runs") as journal:
        journal.record("file", str(kept), Identity.of_open_file(file.fileno()))
        journal.keep_for_next_run()
    assert [item.path for item in find_leftovers("web1", tmp_path / "runs")] == [str(kept)]


def test_finding_leftovers_creates_no_directory(tmp_path: Path) -> None:
    """Previews must not write anything."""
    assert find_leftovers("web1", tmp_path / "runs") == []
    assert list(tmp_path.iterdir()) == []


def test_journals_are_in_the_state_directory() -> None:
    """It is in /var/lib for root, and in the XDG state directory for other users."""
    assert journal_folder({}, 0) == "/var/lib/virtinstall/runs"
    assert journal_folder({"HOME": "/home/me"}, 1000) == "/home/me/.local/state/virtinstall/runs"
    assert journal_folder({"HOME": "/h", "XDG_STATE_HOME": "/s"}, 1000) == "/s/virtinstall/runs"


def kill_before_the_domain(runs: Path, disk: Path) -> None:
    """Run a process that is killed after it created the disk and before it records the domain."""
    script = KILLED_RUN.replace('journal.record("domain", "web1")\n', "")
    done = subprocess.run([sys.executable, "-c", script, str(runs), str(disk)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_disk_is_incomplete_until_the_guest_is_defined(tmp_path: Path) -> None:
    """An incomplete disk cannot have been used by a guest."""
    kill_before_the_domain(tmp_path / "runs", tmp_path / "disk")
    assert [item.incomplete for item in find_leftovers("web1", tmp_path / "runs")] == [True]
    kill_a_run(tmp_path / "runs2", tmp_path / "disk2")
    assert {item.incomplete for item in find_leftovers("web1", tmp_path / "runs2")} == {False}


def test_running_process_reserves_its_guest_name(tmp_path: Path) -> None:
    """A killed run does not reserve its name."""
    runs = tmp_path / "runs"
    kill_a_run(runs, tmp_path / "disk")

    with Journal.begin("web2", runs):
        assert names_of_live_runs(runs) == {"web2"}
    assert names_of_live_runs(runs) == frozenset()
    assert names_of_live_runs(tmp_path / "nothing") == frozenset()


def test_leftovers_belong_to_a_connection(tmp_path: Path) -> None:
    """A guest of the same name on another host is not affected; the command contains the URI."""
    runs = tmp_path / "runs"
    script = KILLED_RUN.replace("Path(sys.argv[1])", "Path(sys.argv[1]), 'qemu+tcp://there/system'")
    subprocess.run([sys.executable, "-c", script, str(runs), str(tmp_path / "disk")], check=False)

    assert find_leftovers("web1", runs, "qemu:///system") == []
    forget_leftovers("web1", runs, "qemu:///system")
    (_, domain) = find_leftovers("web1", runs, "qemu+tcp://there/system")
    assert domain.remove_command == "virsh --connect qemu+tcp://there/system undefine --keep-nvram --keep-tpm web1"
    assert len(find_leftovers("web1", runs)) == 2


def test_final_configuration_of_a_killed_run_is_found(tmp_path: Path) -> None:
    """It is identified by name and UUID, and is not a leftover."""
    script = KILLED_RUN.replace(
        'journal.record("domain"', 'journal.record_final("<domain><uuid>u-1</uuid></domain>")\njournal.record("domain"'
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "runs"), str(tmp_path / "disk")], check=False)

    assert final_xml("web1", tmp_path / "runs", None, "u-1") == "<domain><uuid>u-1</uuid></domain>"
    assert final_xml("web1", tmp_path / "runs", None, "u-2") is None, "another guest of that name"
    assert final_xml("web2", tmp_path / "runs", None, "u-1") is None
    assert [item.kind for item in find_leftovers("web1", tmp_path / "runs")] == ["file", "domain"]


def test_recently_killed_run_is_not_dead(tmp_path: Path) -> None:
    """libvirt may still be working for it."""
    subprocess.run([sys.executable, "-c", KILLED_RUN, str(tmp_path / "runs"), str(tmp_path / "disk")], check=False)
    assert names_of_dead_runs(tmp_path / "runs") == frozenset()
    for path in (tmp_path / "runs").iterdir():
        os.utime(path, (0, 0))
    assert names_of_dead_runs(tmp_path / "runs") == {"web1"}


def test_boot_files_of_killed_runs_are_removed_by_any_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks are kept, and reported by the next run for the same guest."""
    monkeypatch.setattr(leftovers, "journal_folder", lambda environ, uid: str(tmp_path / "runs"))
    served, disk = tmp_path / "kernel", tmp_path / "disk"
    recorded = f"""
served = {str(served)!r}
Path(served).write_text("kernel")
journal.record("boot file", served, FileState.of_path(served))
journal.record("domain\""""
    script = KILLED_RUN.replace('\njournal.record("domain"', recorded)
    script = f"from virtinstall.rollback.file_state import FileState\n{script}"
    script = script.replace("Path(sys.argv[1])", "Path(sys.argv[1]), 'test:///default'")
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "runs"), str(disk)], check=False)
    for path in (tmp_path / "runs").iterdir():
        os.utime(path, (0, 0))
    messages: list[str] = []
    leftovers.remove_served_of_others("other", connect("test:///default"), messages.append)
    assert not served.exists() and disk.exists()
    assert messages == [f"removed the file '{served}', left by a killed run for 'web1'"]
