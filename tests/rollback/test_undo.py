"""A failed run rolls back everything it created; a successful one removes only temporary things."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtinstall.rollback.journal import Journal
from virtinstall.rollback.undo import Undo


def fail() -> None:
    """A step that cannot be rolled back."""
    raise PermissionError("not yours")


def test_newest_first_on_failure() -> None:
    """All steps in reverse order; the error is raised again."""
    taken: list[str] = []
    with pytest.raises(RuntimeError), Undo() as undo:
        undo.push("disk", lambda: taken.append("disk"))
        undo.push("kernel", lambda: taken.append("kernel"), temporary=True)
        raise RuntimeError
    assert taken == ["kernel", "disk"]


def test_only_the_temporary_on_success() -> None:
    """Steps are rolled back once, without those added later."""
    taken: list[str] = []
    with Undo() as undo:
        undo.push("disk", lambda: taken.append("disk"))
        undo.push("kernel", lambda: taken.append("kernel"), temporary=True)
        assert undo.commit() == []
    assert taken == ["kernel"]


def test_a_temporary_thing_that_stays_costs_nothing_else(tmp_path: Path) -> None:
    """It is named, and the journal keeps it for the next run; the rest is as if all had gone well."""
    taken: list[str] = []
    with Journal.begin("web", tmp_path) as journal, Undo(journal) as undo:
        undo.push("seed", lambda: taken.append("seed"), temporary=True)
        undo.push("kernel", fail, temporary=True)
        undo.push("guest", lambda: taken.append("guest"))
        assert undo.commit() == ["kernel could not be removed: not yours"]
    assert taken == ["seed"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_guest_that_stays_keeps_what_it_may_use(tmp_path: Path) -> None:
    """Its disk was created before it, so it stays and is named; what came after the guest is removed."""
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


def test_another_failure_keeps_nothing_else() -> None:
    """A file that cannot be removed is no reason to leave an older one."""
    taken: list[str] = []
    with pytest.raises(RuntimeError), Undo() as undo:
        undo.push("first", lambda: taken.append("first"))
        undo.push("second", fail)
        raise RuntimeError
    assert taken == ["first"]
