"""Boot files: where they go, how they get there, and that they go away."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from virtinstall.errors import FetchError
from virtinstall.media import boot_place
from virtinstall.media.boot_place import boot_directory
from virtinstall.media.initrd import check_injections
from virtinstall.media.kernel import fetch_boot_files, leftovers, place_boot_files
from virtinstall.media.location import open_location
from virtinstall.media.tree import Tree
from virtinstall.progress import Silent
from virtinstall.undo import Undo

TREE = Tree("test", "images/vmlinuz", "images/initrd.img")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree with a kernel and an initrd."""
    (tmp_path / "tree" / "images").mkdir(parents=True)
    (tmp_path / "tree" / "images" / "vmlinuz").write_bytes(b"kernel")
    (tmp_path / "tree" / "images" / "initrd.img").write_bytes(b"initrd")
    return tmp_path / "tree"


def test_files_arrive_readable_and_go_away(source: Path, tmp_path: Path) -> None:
    """Both files are where the plan said, readable by any user, and `remove` takes them away."""
    files = place_boot_files(tmp_path / "boot" / "here", "abcd1234", TREE)
    assert files.kernel == tmp_path / "boot" / "here" / "virtinst-abcd1234-vmlinuz"
    assert files.initrd.name == "virtinst-abcd1234-initrd.img"
    assert not files.kernel.parent.exists()
    old = os.umask(0o077)
    try:
        fetch_boot_files(open_location(str(source)), TREE, files, Undo(), Silent())
    finally:
        os.umask(old)
    assert files.kernel.read_bytes() == b"kernel"
    assert files.initrd.read_bytes() == b"initrd"
    assert stat.S_IMODE(files.kernel.stat().st_mode) == 0o644
    files.remove()
    files.remove()
    assert not list(files.kernel.parent.iterdir())


def test_a_failure_leaves_nothing(source: Path, tmp_path: Path) -> None:
    """When the initrd can't be fetched, the kernel and the folders made for it are taken back."""
    (source / "images" / "initrd.img").unlink()
    files = place_boot_files(tmp_path / "boot" / "here", "abcd1234", TREE)
    with pytest.raises(FetchError, match=r"no file .images/initrd\.img"), Undo() as undo:
        fetch_boot_files(open_location(str(source)), TREE, files, undo, Silent())
    assert not (tmp_path / "boot").exists()


def test_what_is_there_is_never_touched(source: Path, tmp_path: Path) -> None:
    """A file or link that has the name already is an error, and stays."""
    files = place_boot_files(tmp_path, "abcd1234", TREE)
    files.kernel.symlink_to(tmp_path / "victim")
    with pytest.raises(FetchError, match="could not make"), Undo() as undo:
        fetch_boot_files(open_location(str(source)), TREE, files, undo, Silent())
    assert files.kernel.is_symlink()
    assert not (tmp_path / "victim").exists()


def test_injections_end_up_in_the_initrd(source: Path, tmp_path: Path) -> None:
    """Files to inject are appended to the fetched initrd."""
    (tmp_path / "ks.cfg").write_text("kickstart")
    files = place_boot_files(tmp_path, "abcd1234", TREE)
    wanted = check_injections([tmp_path / "ks.cfg"])
    fetch_boot_files(open_location(str(source)), TREE, files, Undo(), Silent(), wanted)
    assert files.initrd.read_bytes().startswith(b"initrd\x00\x00" + b"070701")
    assert b"kickstart" in files.initrd.read_bytes()
    assert (source / "images" / "initrd.img").read_bytes() == b"initrd"


def test_an_empty_kernel_is_refused(source: Path, tmp_path: Path) -> None:
    """A kernel of 0 bytes is an incomplete tree."""
    (source / "images" / "vmlinuz").write_bytes(b"")
    files = place_boot_files(tmp_path, "abcd1234", TREE)
    with pytest.raises(FetchError, match="is empty"), Undo() as undo:
        fetch_boot_files(open_location(str(source)), TREE, files, undo, Silent())


@pytest.mark.parametrize(
    ("kernel_path", "initrd_path", "names"),
    [
        ("a/linux", "a/initrd.gz", ("linux", "initrd.gz")),
        ("a/k<&'\n", "b/.x", ("k____", "x")),
        ("a/boot", "b/boot", ("boot", "initrd-boot")),
    ],
)
def test_names_are_harmless(kernel_path: str, initrd_path: str, names: tuple[str, str]) -> None:
    """A tree can't put odd characters into paths, and the two never collide."""
    files = place_boot_files(Path("/b"), "abcd1234", Tree("t", kernel_path, initrd_path))
    assert (files.kernel.name, files.initrd.name) == tuple(f"virtinst-abcd1234-{name}" for name in names)


def test_where_boot_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """System connections use libvirt's folder where it may be written, others the user's cache."""
    monkeypatch.setattr(boot_place, "SYSTEM_DIRECTORY", str(tmp_path))
    cache = {"XDG_CACHE_HOME": "/c", "HOME": "/h"}
    assert boot_directory(system=True, environment=cache) == str(tmp_path)
    assert boot_directory(system=False, environment=cache) == "/c/virtinstall/boot"
    assert boot_directory(system=False, environment={"HOME": "/h"}) == "/h/.cache/virtinstall/boot"
    assert boot_directory(system=False, environment={}, root="/r") == "/r/boot"
    monkeypatch.setattr(boot_place, "SYSTEM_DIRECTORY", str(tmp_path / "none"))
    assert boot_directory(system=True, environment=cache) == "/c/virtinstall/boot"


def test_leftovers_of_a_killed_run_are_found(tmp_path: Path) -> None:
    """Only old boot files of ours are named."""
    for name in ("virtinst-abcd1234-vmlinuz", "virtinst-young123-vmlinuz", "other"):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (1000, 1000))
    os.utime(tmp_path / "virtinst-young123-vmlinuz", (9000, 9000))
    assert leftovers(tmp_path, older_than=5000) == [tmp_path / "virtinst-abcd1234-vmlinuz"]
    assert leftovers(tmp_path / "none", older_than=5000) == []
