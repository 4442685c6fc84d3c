"""The image with the answers: its content, its mode, its removal."""

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
    """One file of an ISO, by its `rr_path` or `joliet_path`."""
    from pycdlib import PyCdlib

    image, found = PyCdlib(), BytesIO()
    image.open(str(path))
    image.get_file_from_iso_fp(found, **name)
    image.close()
    return found.getvalue()


def test_each_file_has_its_name_for_linux_and_for_windows(tmp_path: Path) -> None:
    """Rock Ridge and Joliet name the same content."""
    path = tmp_path / "seed.iso"
    write_seed_image(path, "cidata", FILES, Undo())
    for name, expected in FILES.items():
        assert content(path, rr_path=f"/{name}") == expected
        assert content(path, joliet_path=f"/{name}") == expected


@pytest.mark.skipif(shutil.which("blkid") is None, reason="needs util-linux")
def test_the_label_is_what_cloud_init_looks_for(tmp_path: Path) -> None:
    """blkid, the program with which cloud-init finds its seed, finds the label."""
    path = tmp_path / "seed.iso"
    write_seed_image(path, "cidata", FILES, Undo())
    messages = subprocess.run(
        ["blkid", "-p", "-o", "export", str(path)], capture_output=True, text=True, check=True, timeout=20
    )
    assert {"LABEL=cidata", "TYPE=iso9660"} <= set(messages.stdout.split())


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    """It contains passwords: its mode is 0600 from its creation on."""
    path = tmp_path / "seed.iso"
    write_seed_image(path, "cidata", FILES, Undo())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_undo_removes_it(tmp_path: Path) -> None:
    """A run that fails later leaves no file."""
    path, undo = tmp_path / "seed.iso", Undo()
    write_seed_image(path, "cidata", FILES, undo)
    undo.roll_back()
    assert not path.exists()


def test_an_existing_file_is_not_changed(tmp_path: Path) -> None:
    """It is neither written nor removed by the undo."""
    path, undo = tmp_path / "seed.iso", Undo()
    path.write_bytes(b"mine")
    with pytest.raises(StorageError, match="File exists"):
        write_seed_image(path, "cidata", FILES, undo)
    undo.roll_back()
    assert path.read_bytes() == b"mine"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A link at the path does not redirect the passwords."""
    path = tmp_path / "seed.iso"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        write_seed_image(path, "cidata", FILES, Undo())
    assert not (tmp_path / "elsewhere").exists()


def test_names_with_slashes_are_refused(tmp_path: Path) -> None:
    """A seed has no folders."""
    with pytest.raises(StorageError, match="invalid file name"):
        write_seed_image(tmp_path / "seed.iso", "cidata", {"../x": b""}, Undo())
