"""Boot files: their place, their download, and their removal."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from virtinstall.errors import FetchError
from virtinstall.media import boot_place
from virtinstall.media.boot_place import boot_directory
from virtinstall.media.initrd import check_injections
from virtinstall.media.kernel import fetch_file
from virtinstall.media.location import open_location
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Create a tree with a kernel and an initrd."""
    (tmp_path / "tree" / "images").mkdir(parents=True)
    (tmp_path / "tree" / "images" / "vmlinuz").write_bytes(b"kernel")
    (tmp_path / "tree" / "images" / "initrd.img").write_bytes(b"initrd")
    return tmp_path / "tree"


def fetch(source: Path, folder: Path, undo: Undo, inject: tuple[Path, ...] = ()) -> tuple[Path, Path]:
    """Download the tree's kernel and its initrd with the files to inject to `folder`; return their paths."""
    kernel, initrd = folder / "virtinst-abcd1234-vmlinuz", folder / "virtinst-abcd1234-initrd.img"
    fetcher = open_location(str(source))
    fetch_file(fetcher, "images/vmlinuz", kernel, undo, Silent())
    fetch_file(fetcher, "images/initrd.img", initrd, undo, Silent(), check_injections(inject))
    return kernel, initrd


def test_boot_files_are_readable_and_removed_by_a_rollback(source: Path, tmp_path: Path) -> None:
    """Any user can read them; the folders created for them are also removed."""
    undo = Undo()
    old = os.umask(0o077)
    try:
        kernel, initrd = fetch(source, tmp_path / "boot" / "here", undo)
    finally:
        os.umask(old)
    assert kernel.read_bytes() == b"kernel"
    assert initrd.read_bytes() == b"initrd"
    assert stat.S_IMODE(kernel.stat().st_mode) == 0o644
    undo.roll_back()
    assert not (tmp_path / "boot").exists() and not undo.failed


def test_missing_initrd_removes_the_kernel(source: Path, tmp_path: Path) -> None:
    """The folders created for it are also removed."""
    (source / "images" / "initrd.img").unlink()
    with pytest.raises(FetchError, match=r"no such file: .*/images/initrd\.img"), Undo() as undo:
        fetch(source, tmp_path / "boot" / "here", undo)
    assert not (tmp_path / "boot").exists()


def test_existing_link_is_an_error_and_is_kept(source: Path, tmp_path: Path) -> None:
    """Its target is not created."""
    link = tmp_path / "virtinst-abcd1234-vmlinuz"
    link.symlink_to(tmp_path / "victim")
    with pytest.raises(FetchError, match="already exists"), Undo() as undo:
        fetch(source, tmp_path, undo)
    assert link.is_symlink()
    assert not (tmp_path / "victim").exists()


def test_files_to_inject_are_appended_to_the_initrd(source: Path, tmp_path: Path) -> None:
    """The tree's initrd does not change."""
    (tmp_path / "ks.cfg").write_text("kickstart")
    _, initrd = fetch(source, tmp_path, Undo(), (tmp_path / "ks.cfg",))
    assert initrd.read_bytes().startswith(b"initrd\x00\x00" + b"070701")
    assert b"kickstart" in initrd.read_bytes()
    assert (source / "images" / "initrd.img").read_bytes() == b"initrd"


@pytest.mark.parametrize(("mode", "initrd_mode"), [(0o644, 0o644), (0o600, 0o600), (0o640, 0o600)])
def test_initrd_with_private_files_is_private(source: Path, tmp_path: Path, mode: int, initrd_mode: int) -> None:
    """Any user can read its path in QEMU's command line; a private kickstart contains passwords."""
    (tmp_path / "ks.cfg").write_text("rootpw x")
    (tmp_path / "ks.cfg").chmod(mode)
    kernel, initrd = fetch(source, tmp_path, Undo(), (tmp_path / "ks.cfg",))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kernel, initrd)] == [0o644, initrd_mode]


def test_initrd_with_answers_is_private(source: Path, tmp_path: Path) -> None:
    """The answers of --unattended contain hashes of passwords."""
    answers = check_injections([], [("preseed.cfg", b"d-i passwd/root-password-crypted password $6$x")])
    path = tmp_path / "initrd"
    fetch_file(open_location(str(source)), "images/initrd.img", path, Undo(), Silent(), answers)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_empty_kernel_is_an_error(source: Path, tmp_path: Path) -> None:
    """The tree is incomplete."""
    (source / "images" / "vmlinuz").write_bytes(b"")
    with pytest.raises(FetchError, match="is empty"), Undo() as undo:
        fetch(source, tmp_path, undo)


def test_folder_of_boot_files_depends_on_the_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """System connections use libvirt's folder if it is writable; others use the user's cache."""
    monkeypatch.setattr(boot_place, "SYSTEM_DIRECTORY", str(tmp_path))
    cache = {"XDG_CACHE_HOME": "/c", "HOME": "/h"}
    assert boot_directory(system=True, environment=cache) == str(tmp_path)
    assert boot_directory(system=False, environment=cache) == "/c/virtinstall/boot"
    assert boot_directory(system=False, environment={"HOME": "/h"}) == "/h/.cache/virtinstall/boot"
    assert boot_directory(system=False, environment={}, root="/r") == "/r/boot"
    monkeypatch.setattr(boot_place, "SYSTEM_DIRECTORY", str(tmp_path / "none"))
    assert boot_directory(system=True, environment=cache) == "/c/virtinstall/boot"
