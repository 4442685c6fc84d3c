"""The directory for an installation's kernel and initrd, which this connection's QEMU must be able to read.

Source: libvirt's qemu.conf (user, group, security); the XDG base directory specification.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

SYSTEM_DIRECTORY = "/var/lib/libvirt/boot"


def boot_directory(*, system: bool, environment: Mapping[str, str], root: str | None = None) -> str:
    """Return the directory in which the kernel and initrd of an installation are stored; do not create it.

    `system` is true if QEMU is started by this host's system daemon. `environment` contains the environment variables
    that locate the user's cache. `root` is the embedded driver's root directory, or None for other drivers.
    """
    if root is not None:
        return f"{root}/boot"
    if system and os.access(SYSTEM_DIRECTORY, os.W_OK | os.X_OK):
        return SYSTEM_DIRECTORY
    home = environment.get("HOME") or os.path.expanduser("~")
    return f"{environment.get('XDG_CACHE_HOME') or home + '/.cache'}/virtinstall/boot"
