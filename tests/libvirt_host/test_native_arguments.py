"""Files in the QEMU command line that libvirt generates must exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.native_arguments import require_firmware

ARGUMENTS = (
    """-blockdev '{"driver":"file","filename":"%s","node-name":"libvirt-pflash0-storage","auto-read-only":true}'"""
)


def test_missing_firmware_is_an_error(tmp_path: Path) -> None:
    """libvirt chooses firmware by its descriptions, without checking that the image exists."""
    with pytest.raises(HypervisorError, match=r"does not exist: .*/CODE\.fd") as caught:
        require_firmware(ARGUMENTS % (tmp_path / "CODE.fd"))
    assert "firmware.secure-boot=no" in (caught.value.hint or "")


def test_installed_firmware_is_accepted(tmp_path: Path) -> None:
    """A BIOS guest has no firmware image."""
    (tmp_path / "CODE.fd").touch()
    require_firmware(ARGUMENTS % (tmp_path / "CODE.fd"))
    require_firmware("-machine pc")
