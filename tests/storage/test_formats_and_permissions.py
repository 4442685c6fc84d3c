"""New images in formats other than raw and qcow2, and their mode, owner and group."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

import virtinstall
from virtinstall.cli.main import main
from virtinstall.errors import RequestError, StorageError
from virtinstall.new_image import EXTERNAL_FORMATS, NewImage, Permissions
from virtinstall.options.command import parse_request
from virtinstall.progress import Silent
from virtinstall.rollback.undo import Undo
from virtinstall.storage.provision import check_image, provision_image, survey_image

needs_qemu_img = pytest.mark.skipif(shutil.which("qemu-img") is None, reason="NOT RUN: qemu-img is missing")


def make(image: NewImage) -> None:
    """Create an image and keep it."""
    with Undo() as undo:
        provision_image(image, undo, Silent())
        undo.keep_everything()


@needs_qemu_img
@pytest.mark.parametrize("image_format", EXTERNAL_FORMATS)
def test_image_has_the_requested_format_and_size(tmp_path: Path, image_format: str) -> None:
    """It is verified with `qemu-img info`; only the owner can read the file."""
    path = tmp_path / f"disk.{image_format}"
    make(NewImage(path=str(path), format=image_format, capacity_bytes=3 << 20))
    args = ["qemu-img", "info", "--output=json", "-f", image_format, str(path)]
    info = json.loads(subprocess.run(args, check=True, capture_output=True, text=True).stdout)
    assert info["virtual-size"] == 3 << 20
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@needs_qemu_img
def test_vmdk_contains_its_name(tmp_path: Path) -> None:
    """VMware finds the data by this name."""
    make(NewImage(path=str(tmp_path / "disk.vmdk"), format="vmdk", capacity_bytes=1 << 20))
    assert b'SPARSE "disk.vmdk"' in (tmp_path / "disk.vmdk").read_bytes()


@pytest.mark.parametrize("options", [{"sparse": False}, {"backing_path": "/base.qcow2"}])
def test_unsupported_options_of_a_format_are_errors(tmp_path: Path, options: dict[str, object]) -> None:
    """A vmdk image can be neither preallocated nor an overlay."""
    image = NewImage(path=str(tmp_path / "d"), format="vmdk", capacity_bytes=1, **options)  # type: ignore[arg-type]
    with pytest.raises(RequestError, match=r"a (new )?vmdk image"):
        check_image(image)


def test_missing_qemu_img_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint names the package; the survey reports it before anything is created."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StorageError, match="qemu-img is not installed") as caught:
        survey_image(NewImage(path=str(tmp_path / "d.vdi"), format="vdi", capacity_bytes=1))
    assert "apt install qemu-utils" in str(caught.value.hint)


@pytest.mark.parametrize("image_format", ["raw", "qcow2"])
def test_mode_does_not_depend_on_the_umask(tmp_path: Path, image_format: str) -> None:
    """The group can read and write the image."""
    path = tmp_path / "disk"
    old = os.umask(0o077)
    try:
        permissions = Permissions(mode=0o664, group=str(os.getegid()))
        make(NewImage(path=str(path), format=image_format, capacity_bytes=1 << 20, permissions=permissions))
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o664


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root can change the owner of files")
def test_owner_is_set_by_name_or_number(tmp_path: Path) -> None:
    """This includes a copy of another image."""
    make(NewImage(path=str(tmp_path / "a"), format="raw", capacity_bytes=512, permissions=Permissions(owner="daemon")))
    assert (tmp_path / "a").stat().st_uid == 1
    copy = NewImage(
        path=str(tmp_path / "b"),
        format="raw",
        capacity_bytes=512,
        copy_from=str(tmp_path / "a"),
        copy_format="raw",
        permissions=Permissions(owner="2", mode=0o640),
    )
    make(copy)
    assert (tmp_path / "b").stat().st_uid == 2
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o640


def test_unknown_owner_is_an_error(tmp_path: Path) -> None:
    """The survey reports it before anything is created."""
    image = NewImage(path=str(tmp_path / "a"), format="raw", capacity_bytes=1, permissions=Permissions(owner="nobody9"))
    with pytest.raises(StorageError, match=r"permissions\.owner=nobody9: no such user"):
        survey_image(image)


ARGS = ("--connect", "test:///default", "--name", "new", "--memory", "64", "--osinfo", "generic", "--import")


@pytest.mark.parametrize(
    ("disk", "driver"),
    [
        ("{}/a.vmdk,size=1,format=vmdk", "vmdk"),
        ("{}/a.vdi,size=1,format=vdi", "vdi"),
        ("{}/a.img,size=1,perms=sh", "raw"),
        ("{}/a.img,size=1,shareable=yes", "raw"),
        ("size=1,perms=sh", "raw"),
        ("pool=default-pool,size=1,shareable=on", "raw"),
        ("{}/a.img,size=1", "qcow2"),
        ("{}/a.img,size=1,shareable=on,format=qcow2", "qcow2"),
    ],
)
def test_default_format_of_a_shareable_disk_is_raw(tmp_path: Path, disk: str, driver: str) -> None:
    """A specified format is used; the default for other disks is qcow2."""
    request = parse_request([*ARGS[2:], "--disk", disk.format(tmp_path)])
    with virtinstall.connect("test:///default") as hypervisor:
        plan = hypervisor.plan(request)
    formats = [image.format for image in plan.images] + [volume.xml.split('"')[-2] for volume in plan.volumes]
    assert formats == [driver]


@pytest.mark.parametrize(
    ("disk", "message"),
    [
        ("{}/a,size=1,format=vhdx", "format=vhdx: libvirt does not support this format"),
        ("{}/a,size=1,format=nonsense", "format=nonsense: cannot create images in this format"),
        ("{}/a,size=1,permissions.mode=rw", "must be an octal file mode, such as 0640"),
        ("{}/a,size=1,permissions.mode=0999", "must be an octal file mode, such as 0640"),
        ("pool=default-pool,size=1,permissions.owner=anna", "permissions.owner=anna: must be a numeric user ID"),
    ],
)
def test_invalid_format_mode_and_owner_are_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], disk: str, message: str
) -> None:
    """The error contains the value or the expected form."""
    assert main([*ARGS, "--disk", disk.format(tmp_path), "--print-xml"]) != 0
    assert message in capsys.readouterr().err
