"""Copies of images: equal and sparse, and never over an existing file."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from virtinstall.errors import StorageError
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage import copy_image as module
from virtinstall.storage.copy_image import copy_image

MIB = 1 << 20


class CountingProgress:
    """Progress that counts bytes."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.done = 0
        self.finished = False

    def start(self, what: str, total_bytes: int | None) -> None:
        """Record the total."""
        self.total = total_bytes

    def advance(self, count_bytes: int) -> None:
        """Add the bytes."""
        self.done += count_bytes

    def finish(self) -> None:
        """Record the end."""
        self.finished = True


def patchy_file(path: Path, seed: int) -> None:
    """Create a file with scattered data and a hole at its end."""
    dice = random.Random(seed)
    with path.open("wb") as file:
        file.truncate(40 * MIB + dice.randrange(4096))
        for _ in range(8):
            file.seek(dice.randrange(38 * MIB))
            file.write(dice.randbytes(dice.randrange(1, 200_000)))


@pytest.mark.parametrize("in_kernel", [True, False])
@pytest.mark.parametrize("keep_sparse", [True, False])
def test_copy_is_equal_and_sparse_on_request(
    keep_sparse: bool, in_kernel: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `keep_sparse`, everything is allocated; progress ends at its total."""
    if not in_kernel:  # like old kernels between file systems
        monkeypatch.setattr(module, "_copy_in_kernel", lambda *_: 0)
    source, target = tmp_path / "source", tmp_path / "target"
    for seed in range(5):
        patchy_file(source, seed)
        progress = CountingProgress()
        undo = Undo()
        copy_image(str(source), str(target), undo, progress, keep_sparse=keep_sparse, reflink="never")
        assert target.read_bytes() == source.read_bytes()
        used = target.stat().st_blocks * 512
        assert used <= source.stat().st_blocks * 512 + 65536 if keep_sparse else used >= 40 * MIB
        assert progress.done == progress.total
        assert progress.finished
        undo.roll_back()
        assert not target.exists()


def test_source_without_data_is_copied(tmp_path: Path) -> None:
    """The file has 0 bytes, or consists of a hole."""
    source, target = tmp_path / "source", tmp_path / "target"
    for size in (0, 5 * MIB):
        source.write_bytes(b"")
        os.truncate(source, size)
        undo = Undo()
        copy_image(str(source), str(target), undo, Silent())
        assert target.stat().st_size == size
        undo.roll_back()


def test_reflink_always_is_an_error_if_unsupported(tmp_path: Path) -> None:
    """No file is left; `auto` copies in any case."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"x" * 10000)
    try:
        with Undo() as undo:
            copy_image(str(source), str(target), undo, Silent(), reflink="always")
            undo.keep_everything()
    except StorageError as error:
        assert error.hint
        assert not target.exists()
        copy_image(str(source), str(target), Undo(), Silent())
    assert target.read_bytes() == source.read_bytes()


def test_existing_target_and_invalid_source_are_errors(tmp_path: Path) -> None:
    """A missing file, a directory and a FIFO cannot be copied."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"x")
    target.write_bytes(b"precious")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(StorageError, match="already exists"):
        copy_image(str(source), str(target), Undo(), Silent())
    assert target.read_bytes() == b"precious"
    for wrong in (tmp_path / "missing", tmp_path, tmp_path / "fifo"):
        with pytest.raises(StorageError):
            copy_image(str(wrong), str(tmp_path / "new"), Undo(), Silent())
    assert not (tmp_path / "new").exists()
