"""A failed run rolls back everything it created; a successful one removes only temporary things."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtinstall.rollback.journal import Journal
from virtinstall.rollback.undo import Undo


def fail() -> None:
    """Fail, like a step that cannot be rolled back."""
    raise PermissionError("not yours")


def test_failure_rolls_back_the_newest_step_first() -> None:
    """All steps are rolled back, and the error is raised again."""
    taken: list[str] = []
    with pytest.raises(RuntimeError), Undo() as undo:
        undo.push("disk", lambda: taken.append("disk"))
        undo.push("kernel", lambda: taken.append("kernel"), temporary=True)
        raise RuntimeError
    assert taken == ["kernel", "disk"]


def test_success_removes_only_temporary_things() -> None:
    """The other steps are not rolled back."""
    taken: list[str] = []
    with Undo() as undo:
        undo.push("disk", lambda: taken.append("disk"))
        undo.push("kernel", lambda: taken.append("kernel"), temporary=True)
        assert undo.commit() == []
    assert taken == ["kernel"]


def test_temporary_thing_that_cannot_be_removed_is_reported(tmp_path: Path) -> None:
    """The journal keeps it for the next run; nothing else is rolled back."""
    taken: list[str] = []
    with Journal.begin("web", tmp_path) as journal, Undo(journal) as undo:
        undo.push("seed", lambda: taken.append("seed"), temporary=True)
        undo.push("kernel", fail, temporary=True)
        undo.push("guest", lambda: taken.append("guest"))
        assert undo.commit() == ["kernel could not be removed: not yours"]
    assert taken == ["seed"]
    assert len(list(tmp_path.iterdir())) == 1


def test_guest_that_cannot_be_removed_keeps_its_disk(tmp_path: Path) -> None:
    """The disk was created before the guest and is reported; later steps are rolled back."""
    taken: list[str] = []
    with pytest.raises(RuntimeError) as caught, Journal.begin("web", tmp_path) as journal, Undo(journal) as undo:
        undo.push("file /disk", lambda: taken.append("disk"))
        undo.push("libvirt's list of the pool", lambda: taken.append("list"), is_thing=False)
        undo.push("guest web", fail, uses_older=True)
        undo.push("network", lambda: taken.append("network"))
        raise RuntimeError
    assert taken == ["network"]
    assert caught.value.__notes__ == [
        "guest web could not be removed: not yours",
        "file /disk is kept, because the guest may use it",
    ]
    assert len(list(tmp_path.iterdir())) == 1


def test_file_that_cannot_be_removed_does_not_keep_older_ones() -> None:
    """Only a guest may use older files."""
    taken: list[str] = []
    with pytest.raises(RuntimeError), Undo() as undo:
        undo.push("first", lambda: taken.append("first"))
        undo.push("second", fail)
        raise RuntimeError
    assert taken == ["first"]
