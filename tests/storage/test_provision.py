"""Creating images: never over an existing file, never incompletely, and never without enough space."""

from __future__ import annotations

import errno
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from virtinstall.errors import NoSpaceError, RequestError, StorageError
from virtinstall.progress import Silent
from virtinstall.rollback import new_file
from virtinstall.rollback.journal import Journal
from virtinstall.rollback.undo import Undo
from virtinstall.storage.provision import NewImage, provision_image, survey_image

MIB = 1 << 20


def make(image: NewImage) -> None:
    """Create an image and keep it."""
    provision_image(image, Undo(), Silent())


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
@pytest.mark.parametrize("sparse", [True, False], ids=["sparse", "preallocated"])
def test_sparse_image_needs_little_space(image_format: str, sparse: bool, tmp_path: Path) -> None:
    """A preallocated image needs all of its size."""
    path = tmp_path / "disk"
    make(NewImage(path=str(path), format=image_format, capacity_bytes=8 * MIB, sparse=sparse))
    used = path.stat().st_blocks * 512
    assert used < MIB if sparse else used >= 8 * MIB


def test_image_is_private(tmp_path: Path) -> None:
    """Only the owner can read a new disk."""
    make(NewImage(path=str(tmp_path / "disk"), format="qcow2", capacity_bytes=MIB))
    assert (tmp_path / "disk").stat().st_mode & 0o777 == 0o600


def test_raw_size_is_rounded_up_to_a_sector(tmp_path: Path) -> None:
    """The size of 513 bytes becomes 1024."""
    make(NewImage(path=str(tmp_path / "disk"), format="raw", capacity_bytes=513))
    assert (tmp_path / "disk").stat().st_size == 1024


def test_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    """A dangling symbolic link is kept as well."""
    path, link = tmp_path / "disk", tmp_path / "link"
    path.write_text("precious")
    link.symlink_to("nowhere")
    for taken in (path, link):
        with Undo() as undo, pytest.raises(StorageError, match="already exists"):
            provision_image(NewImage(path=str(taken), format="raw", capacity_bytes=MIB), undo, Silent())
    assert path.read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["disk", "link"]


def test_one_of_sixteen_concurrent_runs_succeeds(tmp_path: Path) -> None:
    """They create the same file; the others fail and leave no files."""
    image = NewImage(path=str(tmp_path / "disk"), format="qcow2", capacity_bytes=MIB)

    def attempt(_: int) -> bool:
        try:
            with Undo() as undo:
                provision_image(image, undo, Silent())
                undo.keep_everything()
        except StorageError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(16))) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["disk"]


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_allocation_without_enough_space_is_an_error(image_format: str, tmp_path: Path) -> None:
    """The error contains the free space, and nothing is written."""
    image = NewImage(path=str(tmp_path / "disk"), format=image_format, capacity_bytes=1 << 50, sparse=False)
    with pytest.raises(StorageError, match="is free") as caught:
        make(image)
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_survey_rejects_overcommit(tmp_path: Path) -> None:
    """A sparse image is larger than the free space; --check disk_size=on is the default."""
    huge = NewImage(path=str(tmp_path / "disk"), format="qcow2", capacity_bytes=1 << 50)
    small = NewImage(path=str(tmp_path / "disk"), format="qcow2", capacity_bytes=MIB)
    with pytest.raises(NoSpaceError, match="may grow to"):
        survey_image(huge)
    survey_image(small)
    assert list(tmp_path.iterdir()) == []


def test_undo_removes_only_files_of_this_run(tmp_path: Path) -> None:
    """A file that replaced one of the images is kept."""
    first, second = tmp_path / "first", tmp_path / "second"
    undo = Undo()
    for path in (first, second):
        provision_image(NewImage(path=str(path), format="raw", capacity_bytes=MIB), undo, Silent())
    other = tmp_path / "other"
    other.write_text("someone's")
    other.rename(second)
    undo.roll_back()
    assert not first.exists()
    assert second.read_text() == "someone's"


@pytest.mark.parametrize("named", [False, True], ids=["unnamed", "hidden-name"])
@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_ctrl_c_at_any_line_leaves_nothing(
    image_format: str, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is interrupted at each line of the storage code in turn."""
    if named:  # like a file system without O_TMPFILE
        monkeypatch.setattr(new_file, "_open_unnamed", lambda path, mode: None)
    disks, runs = tmp_path / "disks", tmp_path / "runs"
    disks.mkdir()
    image = NewImage(path=str(disks / "disk"), format=image_format, capacity_bytes=3 * MIB, sparse=False)
    line = 1
    while not finishes_before_line(line, image, runs):
        assert list(disks.iterdir()) == [], f"interrupted at line {line}"
        line += 1
    assert line > 50
    assert [p.name for p in disks.iterdir()] == ["disk"]


def finishes_before_line(number: int, image: NewImage, runs: Path) -> bool:
    """Create the image, with Ctrl-C at the `number`th executed line; return whether it was complete before."""
    left = number

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        if "virtinstall/storage" not in frame.f_code.co_filename:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    with Journal.begin("guest", runs) as journal:
        try:
            with Undo() as undo:
                sys.settrace(trace)
                try:
                    provision_image(image, undo, Silent(), journal)
                finally:
                    sys.settrace(None)
                if left <= 0:
                    raise KeyboardInterrupt  # a traced clean-up function caught the exception
                undo.keep_everything()
        except KeyboardInterrupt:
            return False
    return True


class OtherProcess(Silent):
    """Progress during which another process creates the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def advance(self, count_bytes: int) -> None:
        """Create the file."""
        self.path.write_text("theirs")


@pytest.mark.parametrize("file_system", ["ordinary", "no O_TMPFILE", "no hard links"])
def test_file_created_by_another_process_is_not_overwritten(
    file_system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our image is removed, on any kind of file system."""
    if file_system != "ordinary":
        monkeypatch.setattr(new_file, "_open_unnamed", lambda path, mode: None)
    if file_system == "no hard links":
        monkeypatch.setattr(os, "link", refuse_to_link)
    image = NewImage(path=str(tmp_path / "disk"), format="raw", capacity_bytes=MIB, sparse=False)
    with pytest.raises(StorageError, match="already exists"), Undo() as undo:
        provision_image(image, undo, OtherProcess(tmp_path / "disk"))
    assert [p.read_text() for p in tmp_path.iterdir()] == ["theirs"]
    (tmp_path / "disk").unlink()
    make(image)
    assert [p.stat().st_size for p in tmp_path.iterdir()] == [MIB]


def refuse_to_link(*_: object, **__: object) -> None:
    """Fail like vfat, which has no hard links."""
    raise PermissionError(errno.EPERM, "Operation not permitted")


def test_default_size_of_an_overlay_is_that_of_its_backing_file(tmp_path: Path) -> None:
    """This works for an overlay on an overlay, too."""
    make(NewImage(path=str(tmp_path / "base"), format="qcow2", capacity_bytes=5 * MIB))
    overlay = NewImage(
        path=str(tmp_path / "top"), format="qcow2", capacity_bytes=None, backing_path="base", backing_format="qcow2"
    )
    make(overlay)
    again = NewImage(
        path=str(tmp_path / "third"), format="qcow2", capacity_bytes=None, backing_path="top", backing_format="qcow2"
    )
    make(again)
    assert int.from_bytes((tmp_path / "third").read_bytes()[24:32], "big") == 5 * MIB


def test_missing_backing_file_or_directory_is_an_error(tmp_path: Path) -> None:
    """The error contains the path."""
    overlay = NewImage(
        path=str(tmp_path / "top"), format="qcow2", capacity_bytes=MIB, backing_path="/no/base", backing_format="raw"
    )
    with pytest.raises(StorageError, match="/no/base"):
        make(overlay)
    with pytest.raises(StorageError, match="no such directory") as caught:
        make(NewImage(path=str(tmp_path / "no" / "disk"), format="raw", capacity_bytes=MIB))
    assert caught.value.hint == f"use another directory, or create it with: mkdir -p {tmp_path / 'no'}"
    with pytest.raises(StorageError, match="no such directory"):
        survey_image(NewImage(path=str(tmp_path / "no" / "disk"), format="raw", capacity_bytes=MIB))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_survey_reports_missing_write_permission(tmp_path: Path) -> None:
    """The directory of the image is not writable."""
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="no permission"):
        survey_image(NewImage(path=str(tmp_path / "disk"), format="raw", capacity_bytes=MIB))


WRONG: list[dict[str, Any]] = [
    {"format": "cloop"},
    {"format": "raw", "backing_path": "base"},
    {"capacity_bytes": -1},
    {"capacity_bytes": 1 << 63},
    {"capacity_bytes": 1 << 60},
    {"backing_path": "base", "backing_format": "raw", "sparse": False},
    {"backing_path": "base"},
    {"capacity_bytes": None},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_impossible_images_are_errors(wrong: dict[str, Any], tmp_path: Path) -> None:
    """Each error has a hint, and nothing is created."""
    (tmp_path / "base").write_bytes(bytes(512))
    fields = {"path": str(tmp_path / "disk"), "format": "qcow2", "capacity_bytes": MIB, **wrong}
    with pytest.raises(RequestError) as caught:
        make(NewImage(**fields))
    assert caught.value.hint
    assert os.listdir(tmp_path) == ["base"]
