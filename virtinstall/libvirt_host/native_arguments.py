"""Check for missing files in the QEMU command line that libvirt builds from a guest's XML."""

from __future__ import annotations

import os
import re

from virtinstall.errors import HypervisorError

_FIRMWARE = re.compile(r'"filename":"([^"]+)","node-name":"libvirt-pflash0-storage"')


def require_firmware(arguments: str) -> None:
    """Check that the UEFI image in `arguments`, QEMU's command line, exists on this host.

    libvirt reads only the firmware descriptors, so it may select an image that does not exist.

    Raises: HypervisorError, if the image does not exist.
    """
    found = _FIRMWARE.search(arguments)
    if found is not None and not os.path.exists(found[1]):
        raise HypervisorError(
            f"the firmware that libvirt selected does not exist: '{found[1]}'",
            hint="install the package that contains this file, or select other firmware, for example: "
            "--boot uefi,firmware.secure-boot=no,firmware.enrolled-keys=no",
        )
