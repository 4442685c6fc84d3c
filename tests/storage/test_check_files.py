"""All files that QEMU opens are checked before anything is created: they must exist and be accessible."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from virtinstall.errors import StorageError
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.check_files import check_files
from virtinstall.storage.file_uses import FileUse, Role
from virtinstall.storage.provision import NewImage, provision_image
from virtinstall.storage.qemu_account import Account

QEMU = Account("libvirt-qemu", 64055, 64055, frozenset([64055]))
FILES = [Role.KERNEL, Role.INITRD, Role.DTB, Role.ACPI, Role.FIRMWARE, Role.TEMPLATE, Role.BACKING]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A directory that every user can search, unlike that of pytest."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def check(role: Role, path: Path | str, *, session: bool = False, device: str = "", form: str | None = None) -> None:
    """Check one file of a guest."""
    use = FileUse("g", role, str(path), device, image_format=form)
    check_files([use], QEMU, created=(), session=session)


@pytest.mark.parametrize("role", FILES)
def test_missing_file_or_directory_in_its_place_is_an_error(open_folder: Path, role: Role) -> None:
    """The hint depends on the kind of file."""
    with pytest.raises(StorageError, match="no such file") as caught:
        check(role, open_folder / "missing")
    is_firmware = role in (Role.FIRMWARE, Role.TEMPLATE)
    assert caught.value.hint == (
        "check the path, or use this host's firmware with: --boot uefi" if is_firmware else "check the path"
    )
    with pytest.raises(StorageError, match="not a file"):
        check(role, open_folder)
    (open_folder / "there").touch(0o644)
    check(role, open_folder / "there")


@pytest.mark.parametrize("role", [*FILES, Role.DISK, Role.CDROM, Role.NVRAM, Role.DIRECTORY])
def test_file_in_a_private_directory_is_an_error(open_folder: Path, role: Role) -> None:
    """QEMU's user cannot access it; the NVRAM template is read by libvirt instead."""
    private = open_folder / "private"
    private.mkdir(0o700)
    path = private / "x"
    if role is Role.DIRECTORY:
        path.mkdir()
    else:
        path.touch(0o644)
    if role is Role.TEMPLATE:
        check(role, path)
        with pytest.raises(StorageError, match="no search permission"):
            check(role, path, session=True)
        return
    with pytest.raises(StorageError, match="no search permission"):
        check(role, path)


def test_directories_of_logs_and_uefi_variables_must_exist(open_folder: Path) -> None:
    """The files are created when the guest starts."""
    for role in (Role.LOG, Role.NVRAM):
        check(role, open_folder / "new")
        with pytest.raises(StorageError, match="no such directory"):
            check(role, open_folder / "missing" / "new")


def test_shared_directory_must_be_accessible(open_folder: Path) -> None:
    """QEMU serves 9p; virtiofs is served by a daemon that runs as root."""
    with pytest.raises(StorageError, match="no such directory"):
        check(Role.DIRECTORY, open_folder / "missing")
    shared = open_folder / "shared"
    shared.mkdir(0o700)
    check(Role.DIRECTORY, shared, device="virtiofs")
    with pytest.raises(StorageError, match="permission on"):
        check(Role.DIRECTORY, shared)
    shared.chmod(0o755)
    check(Role.DIRECTORY, shared)


def test_whole_backing_chain_is_checked(open_folder: Path) -> None:
    """The last image is missing or not accessible."""
    private = open_folder / "private"
    private.mkdir(0o755)
    for name, backing in (("private/base", None), ("middle", "private/base"), ("top", "middle")):
        image = NewImage(
            path=str(open_folder / name),
            format="qcow2",
            capacity_bytes=None if backing else 1 << 20,
            backing_path=backing,
            backing_format="qcow2" if backing else None,
        )
        provision_image(image, Undo(), Silent())
    check(Role.DISK, open_folder / "top", form="qcow2")
    check(Role.BACKING, open_folder / "middle", form="qcow2")
    private.chmod(0o700)
    for role in (Role.DISK, Role.BACKING):
        with pytest.raises(StorageError, match="private"):
            check(role, open_folder / ("top" if role is Role.DISK else "middle"), form="qcow2")
    private.chmod(0o755)
    (private / "base").unlink()
    with pytest.raises(StorageError, match="base"):
        check(Role.DISK, open_folder / "top", form="qcow2")
