"""QEMU's command line as libvirt builds it from a guest's XML: what it names although it does not exist."""

from __future__ import annotations

import os
import re

from virtinstall.errors import HypervisorError

_FIRMWARE = re.compile(r'"filename":"([^"]+)","node-name":"libvirt-pflash0-storage"')


def require_firmware(arguments: str) -> None:
    """Check that the UEFI image that libvirt chose is installed: descriptions of images that are not there exist.

    Raises: HypervisorError.
    """
    found = _FIRMWARE.search(arguments)
    if found is not None and not os.path.exists(found[1]):
        raise HypervisorError(
            f"the firmware that libvirt chose does not exist: {found[1]}",
            hint="install it, or exclude it: --boot uefi,firmware.secure-boot=no,firmware.enrolled-keys=no",
        )
