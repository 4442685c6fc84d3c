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
    """A tree with a kernel and an initrd."""
    (tmp_path / "tree" / "images").mkdir(parents=True)
    (tmp_path / "tree" / "images" / "vmlinuz").write_bytes(b"kernel")
    (tmp_path / "tree" / "images" / "initrd.img").write_bytes(b"initrd")
    return tmp_path / "tree"


def fetch(source: Path, folder: Path, undo: Undo, inject: tuple[Path, ...] = ()) -> tuple[Path, Path]:
    """The tree's kernel and initrd, downloaded to `folder` with files to inject."""
    kernel, initrd = folder / "virtinst-abcd1234-vmlinuz", folder / "virtinst-abcd1234-initrd.img"
    fetcher = open_location(str(source))
    fetch_file(fetcher, "images/vmlinuz", kernel, undo, Silent())
    fetch_file(fetcher, "images/initrd.img", initrd, undo, Silent(), check_injections(inject))
    return kernel, initrd


def test_files_are_readable_and_are_removed(source: Path, tmp_path: Path) -> None:
    """Both files are at the planned paths, readable by any user, and are removed with the folders created for them."""
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


def test_a_failure_leaves_nothing(source: Path, tmp_path: Path) -> None:
    """If the initrd cannot be downloaded, the kernel and the folders created for it are removed."""
    (source / "images" / "initrd.img").unlink()
    with pytest.raises(FetchError, match=r"no such file in .*: images/initrd\.img"), Undo() as undo:
        fetch(source, tmp_path / "boot" / "here", undo)
    assert not (tmp_path / "boot").exists()


def test_existing_files_are_never_changed(source: Path, tmp_path: Path) -> None:
    """An existing file or link with the name is an error and is kept."""
    link = tmp_path / "virtinst-abcd1234-vmlinuz"
    link.symlink_to(tmp_path / "victim")
    with pytest.raises(FetchError, match="cannot create"), Undo() as undo:
        fetch(source, tmp_path, undo)
    assert link.is_symlink()
    assert not (tmp_path / "victim").exists()


def test_injections_end_up_in_the_initrd(source: Path, tmp_path: Path) -> None:
    """Files to inject are appended to the downloaded initrd."""
    (tmp_path / "ks.cfg").write_text("kickstart")
    _, initrd = fetch(source, tmp_path, Undo(), (tmp_path / "ks.cfg",))
    assert initrd.read_bytes().startswith(b"initrd\x00\x00" + b"070701")
    assert b"kickstart" in initrd.read_bytes()
    assert (source / "images" / "initrd.img").read_bytes() == b"initrd"


@pytest.mark.parametrize(("mode", "ours"), [(0o644, 0o644), (0o600, 0o600), (0o640, 0o600)])
def test_an_initrd_with_private_files_is_private(source: Path, tmp_path: Path, mode: int, ours: int) -> None:
    """Any user can read its path in QEMU's command line, but not the passwords of a private kickstart."""
    (tmp_path / "ks.cfg").write_text("rootpw x")
    (tmp_path / "ks.cfg").chmod(mode)
    kernel, initrd = fetch(source, tmp_path, Undo(), (tmp_path / "ks.cfg",))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kernel, initrd)] == [0o644, ours]


def test_an_initrd_with_answers_is_private(source: Path, tmp_path: Path) -> None:
    """The answers of --unattended contain hashes of passwords."""
    answers = check_injections([], [("preseed.cfg", b"d-i passwd/root-password-crypted password $6$x")])
    path = tmp_path / "initrd"
    fetch_file(open_location(str(source)), "images/initrd.img", path, Undo(), Silent(), answers)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_kernel_is_refused(source: Path, tmp_path: Path) -> None:
    """A kernel of 0 bytes is an incomplete tree."""
    (source / "images" / "vmlinuz").write_bytes(b"")
    with pytest.raises(FetchError, match="is empty"), Undo() as undo:
        fetch(source, tmp_path, undo)


def test_where_boot_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """System connections use libvirt's folder if it is writable, others the user's cache."""
    monkeypatch.setattr(boot_place, "SYSTEM_DIRECTORY", str(tmp_path))
    cache = {"XDG_CACHE_HOME": "/c", "HOME": "/h"}
    assert boot_directory(system=True, environment=cache) == str(tmp_path)
    assert boot_directory(system=False, environment=cache) == "/c/virtinstall/boot"
    assert boot_directory(system=False, environment={"HOME": "/h"}) == "/h/.cache/virtinstall/boot"
    assert boot_directory(system=False, environment={}, root="/r") == "/r/boot"
    monkeypatch.setattr(boot_place, "SYSTEM_DIRECTORY", str(tmp_path / "none"))
    assert boot_directory(system=True, environment=cache) == "/c/virtinstall/boot"
