"""The seed image: its content, its mode and its removal."""

from __future__ import annotations

import shutil
import stat
import subprocess
from io import BytesIO
from pathlib import Path

import pytest

from virtinstall.errors import StorageError
from virtinstall.rollback.undo import Undo
from virtinstall.seed.image import write_seed_image

FILES = {"user-data": b"#cloud-config\n{}\n", "meta-data": b"instance-id: x\n", "ANSWERS.XML": b""}


def content(path: Path, **name: str) -> bytes:
    """Return a file of an ISO, by its `rr_path` or `joliet_path`."""
    from pycdlib import PyCdlib

    image, found = PyCdlib(), BytesIO()
    image.open(str(path))
    image.get_file_from_iso_fp(found, **name)
    image.close()
    return found.getvalue()


def test_files_have_rock_ridge_and_joliet_names(tmp_path: Path) -> None:
    """The first are for Linux, the second for Windows."""
    path = tmp_path / "seed.iso"
    write_seed_image(path, "cidata", FILES, Undo())
    for name, expected in FILES.items():
        assert content(path, rr_path=f"/{name}") == expected
        assert content(path, joliet_path=f"/{name}") == expected


@pytest.mark.skipif(shutil.which("blkid") is None, reason="needs util-linux")
def test_label_is_found_by_blkid(tmp_path: Path) -> None:
    """cloud-init uses blkid to find its seed."""
    path = tmp_path / "seed.iso"
    write_seed_image(path, "cidata", FILES, Undo())
    messages = subprocess.run(
        ["blkid", "-p", "-o", "export", str(path)], capture_output=True, text=True, check=True, timeout=20
    )
    assert {"LABEL=cidata", "TYPE=iso9660"} <= set(messages.stdout.split())


def test_only_the_owner_can_read_the_image(tmp_path: Path) -> None:
    """It contains passwords."""
    path = tmp_path / "seed.iso"
    write_seed_image(path, "cidata", FILES, Undo())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_undo_removes_the_image(tmp_path: Path) -> None:
    """A run that fails later leaves no file."""
    path, undo = tmp_path / "seed.iso", Undo()
    write_seed_image(path, "cidata", FILES, undo)
    undo.roll_back()
    assert not path.exists()


def test_an_existing_file_is_not_changed(tmp_path: Path) -> None:
    """The undo does not remove it either."""
    path, undo = tmp_path / "seed.iso", Undo()
    path.write_bytes(b"mine")
    with pytest.raises(StorageError, match="already exists"):
        write_seed_image(path, "cidata", FILES, undo)
    undo.roll_back()
    assert path.read_bytes() == b"mine"


def test_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    """It could redirect the passwords to another file."""
    path = tmp_path / "seed.iso"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        write_seed_image(path, "cidata", FILES, Undo())
    assert not (tmp_path / "elsewhere").exists()


def test_names_with_slashes_are_errors(tmp_path: Path) -> None:
    """The image has no directories."""
    with pytest.raises(StorageError, match="invalid name"):
        write_seed_image(tmp_path / "seed.iso", "cidata", {"../x": b""}, Undo())
