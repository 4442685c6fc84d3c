"""Known SELinux denials are reported in advance; a simulated selinuxfs contains the policy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from virtinstall.errors import StorageError
from virtinstall.storage.selinux import require_label


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """An enforcing SELinux policy that denies guests all network file systems."""
    folder = tmp_path / "selinux"
    (folder / "booleans").mkdir(parents=True)
    (folder / "enforce").write_text("1")
    for name in ("virt_use_nfs", "virt_use_samba", "virt_use_fusefs"):
        (folder / "booleans" / name).write_text("0 0")
    return folder


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A file."""
    path = tmp_path / "disk image"
    path.write_bytes(b"x")
    return path


def mounted(tmp_path: Path, kind: str) -> str:
    """Return a mountinfo in which `tmp_path` is a file system of this type."""
    path = tmp_path / "mountinfo"
    path.write_text(
        f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:40 / {tmp_path} rw shared:1 - {kind} server:/export rw\n"
    )
    return str(path)


@pytest.mark.parametrize(
    ("kind", "boolean"),
    [("nfs4", "virt_use_nfs"), ("cifs", "virt_use_samba"), ("fuse.sshfs", "virt_use_fusefs")],
)
def test_network_file_system_requires_a_boolean(
    policy: Path, image: Path, tmp_path: Path, kind: str, boolean: str
) -> None:
    """The hint contains the command that sets it; if it is on, there is no error."""
    mounts = mounted(tmp_path, kind)

    with pytest.raises(StorageError, match=kind) as caught:
        require_label(str(image), write=True, folder=str(policy), mounts=mounts)
    assert f"setsebool -P {boolean} on" in str(caught.value.hint)
    (policy / "booleans" / boolean).write_text("1 1")
    require_label(str(image), write=True, folder=str(policy), mounts=mounts)


def test_current_label_matters_only_if_libvirt_sets_none(policy: Path, image: Path, tmp_path: Path) -> None:
    """libvirt relabels the file at the start, unless this is disabled."""
    mounts = mounted(tmp_path, "xfs")
    require_label(str(image), write=True, folder=str(policy), mounts=mounts)

    with pytest.raises(StorageError, match="has no label") as caught:
        require_label(str(image), write=True, relabels=False, folder=str(policy), mounts=mounts)
    assert f"chcon -t svirt_image_t '{image}'" in str(caught.value.hint)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may label files")
def test_file_with_a_label_for_guests_is_accepted(policy: Path, image: Path, tmp_path: Path) -> None:
    """A file with the label of a home directory is an error."""
    mounts = mounted(tmp_path, "xfs")
    for kind, refused in (("user_home_t", True), ("virt_content_t", False)):
        os.setxattr(image, "security.selinux", f"system_u:object_r:{kind}:s0\0".encode())
        if refused:
            with pytest.raises(StorageError, match=kind):
                require_label(str(image), write=False, relabels=False, folder=str(policy), mounts=mounts)
        else:
            require_label(str(image), write=False, relabels=False, folder=str(policy), mounts=mounts)


def test_nothing_is_reported_if_selinux_is_off(image: Path, tmp_path: Path) -> None:
    """SELinux is disabled or permissive."""
    require_label(str(image), write=True, relabels=False, folder=str(tmp_path / "none"))
    (tmp_path / "enforce").write_text("0")
    require_label(str(image), write=True, relabels=False, folder=str(tmp_path))
