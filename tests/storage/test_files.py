"""Errors of file operations name the file that is at fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtinstall.errors import StorageError
from virtinstall.storage.files import storage_errors


def test_missing_file_is_named_once(tmp_path: Path) -> None:
    """The action is clear from the file."""
    path = tmp_path / "disk"
    with pytest.raises(StorageError, match=f"^no such file: {path}$"), storage_errors("cannot read", str(path)):
        path.read_bytes()


def test_missing_other_file_is_named(tmp_path: Path) -> None:
    """A copy whose source disappeared does not report its target as missing."""
    target, source = tmp_path / "target", tmp_path / "source"
    message = f"^cannot copy to '{target}': no such file: {source}$"
    with pytest.raises(StorageError, match=message), storage_errors("cannot copy to", str(target)):
        source.read_bytes()


@pytest.mark.parametrize(
    ("doing", "message"),
    [("cannot create", "'{}' already exists"), ("cannot copy to", "cannot copy to '{}': it already exists")],
)
def test_existing_file_is_named(tmp_path: Path, doing: str, message: str) -> None:
    """An action other than creation is named."""
    with pytest.raises(StorageError) as raised, storage_errors(doing, str(tmp_path)):
        tmp_path.mkdir()
    assert raised.value.message == message.format(tmp_path)
