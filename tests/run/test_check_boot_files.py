"""Boot files are checked before anything is created, also in a dry run."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError
from virtinstall.plan import BootFile, Plan
from virtinstall.run.boot_files import check_boot_files


class _Qemu:
    """QEMU on this machine."""

    def driver(self) -> str:
        return "qemu"

    def is_local(self) -> bool:
        return True


def check(plan: Plan) -> None:
    """Check the boot files, as for QEMU on this machine."""
    check_boot_files(plan, _Qemu())  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["kernel", "initrd"])
def test_missing_kernel_is_an_error(tmp_path: Path, what: str) -> None:
    """The error names the option and the path; the same applies to an initrd."""
    domain = Domain()
    setattr(domain.os, what, str(tmp_path / "none"))
    with pytest.raises(RequestError, match=f"--boot {what}={tmp_path}/none: no such file"):
        check(Plan(name="x", final=domain, install=None))
    (tmp_path / "none").write_bytes(b"")
    check(Plan(name="x", final=domain, install=None))


def test_missing_file_to_inject_is_an_error(tmp_path: Path) -> None:
    """It is reported before kernel and initrd are downloaded."""
    initrd = BootFile(
        source="initrd", path="/boot/initrd", location="/tree", inject=(str(tmp_path / "nope.ks"),), what="initrd"
    )
    with pytest.raises(RequestError, match=r"--initrd-inject .*/nope.ks: no such file"):
        check(Plan(name="x", final=Domain(), install=None, boot_files=(initrd,)))


def test_files_to_inject_are_checked_with_the_test_driver(tmp_path: Path) -> None:
    """The driver boots nothing, but the file must exist on this machine."""
    initrd = BootFile(
        source="initrd", path="/boot/initrd", location="/tree", inject=(str(tmp_path / "nope.ks"),), what="initrd"
    )
    with pytest.raises(RequestError, match="no such file"):
        check_boot_files(Plan(name="x", final=Domain(), install=None, boot_files=(initrd,)), _Test())  # type: ignore[arg-type]


class _Test(_Qemu):
    """libvirt's test driver."""

    def driver(self) -> str:
        return "test"
