"""A file with the inode of a removed file is distinguished from it by its time of creation."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from virtinstall.guest_record import CreatedFile
from virtinstall.lifecycle.deletion_facts import _is_replaced
from virtinstall.rollback.birth_time import birth_time_ns, is_later_file
from virtinstall.rollback.entries import journal_files
from virtinstall.rollback.file_state import Identity
from virtinstall.rollback.journal import Journal, find_leftovers


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A file on a file system that stores times of creation."""
    path = tmp_path / "disk.qcow2"
    path.write_text("guest")
    if birth_time_ns(str(path)) is None:
        pytest.skip("NOT RUN: the file system stores no times of creation")
    return path


def test_writing_and_renaming_keep_the_time_of_creation(image: Path) -> None:
    """A new file at the same path was created later; a symbolic link is followed."""
    born = birth_time_ns(str(image))
    image.write_text("more")
    os.utime(image, (1, 1))
    moved = image.rename(image.with_name("b"))
    assert birth_time_ns(str(moved)) == born and not is_later_file(str(moved), born)
    time.sleep(0.02)
    image.write_text("the user's")
    assert is_later_file(str(image), born)
    link = image.with_name("link")
    link.symlink_to(moved)
    assert not is_later_file(str(link), born)


@pytest.mark.parametrize("path", ["/nowhere/at/all", "a\0b", ""])
def test_missing_file_has_no_time_of_creation(path: str) -> None:
    """Records of older versions have no time and are compared by inode only."""
    assert birth_time_ns(path) is None and not is_later_file(path, 5)
    assert not is_later_file("/", None)


@pytest.mark.parametrize(("difference", "replaced"), [(0, False), (1, True)])
def test_record_identifies_a_file_by_inode_and_time(image: Path, difference: int, replaced: bool) -> None:
    """A file with the same inode and another time was created by the user."""
    born = birth_time_ns(str(image))
    assert born is not None
    created = CreatedFile(kind="disk", path=str(image), inode=image.stat().st_ino, born=born + difference)
    assert _is_replaced(created, str(image)) is replaced


@pytest.mark.parametrize(("difference", "found"), [(0, 1), (1, 0)])
def test_journal_identifies_a_file_by_inode_and_time(image: Path, difference: int, found: int) -> None:
    """A killed deletion is not resumed for a file that the user has created since."""
    folder = image.parent / "journals"
    journal = Journal.begin("web", folder)
    with journal:
        journal.record("file", str(image), Identity.of_path(str(image)))
        journal.keep_for_next_run()
    (path,) = journal_files(folder)
    head, entry = Path(path).read_text().splitlines()
    values = json.loads(entry)
    values["born"] += difference
    Path(path).write_text(f"{head}\n{json.dumps(values)}\n")
    assert len(find_leftovers("web", folder)) == found
