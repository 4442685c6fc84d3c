"""Errors of file operations name the file that is at fault."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from virtinstall.errors import StorageError
from virtinstall.storage.files import creation_errors, storage_errors


def test_missing_file_is_named_once(tmp_path: Path) -> None:
    """The action is clear from the file."""
    path = tmp_path / "disk"
    with pytest.raises(StorageError, match=f"^no such file: '{path}'$"), storage_errors("cannot read", str(path)):
        path.read_bytes()


def test_missing_other_file_is_named(tmp_path: Path) -> None:
    """A copy whose source disappeared does not report its target as missing."""
    target, source = tmp_path / "target", tmp_path / "source"
    message = f"^cannot copy to '{target}': no such file: '{source}'$"
    with pytest.raises(StorageError, match=message), storage_errors("cannot copy to", str(target)):
        source.read_bytes()


@pytest.mark.parametrize(
    ("errors", "message"),
    [
        (creation_errors, "'{}' already exists"),
        (partial(storage_errors, "cannot copy to"), "cannot copy to '{}': the file already exists"),
    ],
    ids=["creation", "copy"],
)
def test_existing_file_is_named(
    tmp_path: Path, errors: Callable[[str], AbstractContextManager[None]], message: str
) -> None:
    """An action other than creation is named."""
    with pytest.raises(StorageError) as raised, errors(str(tmp_path)):
        tmp_path.mkdir()
    assert raised.value.message == message.format(tmp_path)


def test_missing_directory_of_a_new_file_can_be_created(tmp_path: Path) -> None:
    """The hint has the command; for other actions, the path may be wrong."""
    path = tmp_path / "none" / "disk"
    with pytest.raises(StorageError) as raised, creation_errors(str(path)):
        path.touch()
    assert raised.value.message == f"no such directory: '{path.parent}'"
    assert str(raised.value.hint).endswith(f"mkdir -p {path.parent}")
