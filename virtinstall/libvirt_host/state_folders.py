"""Directories of this host in which libvirt stores the state of guests by name or UUID.

Source: libvirt's layout of the system, session and embedded QEMU drivers.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from virtinstall.libvirt_host.embed import root_of

NVRAM = "qemu/nvram"
TPM = "swtpm"


def state_folder(uri: str, kind: str) -> str | None:
    """Return the directory in which the libvirt driver at `uri` stores one kind of guest state.

    `kind` is the constant `NVRAM` or `TPM` in this module. Return None for a remote host or an unknown driver.
    """
    root = root_of(uri)
    if root is not None:
        return os.path.join(root, "lib", kind)
    parts = urlsplit(uri)
    if parts.scheme != "qemu" or parts.netloc or parts.query:
        return None
    if parts.path == "/session":
        config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        return os.path.join(config, "libvirt/qemu", os.path.basename(kind))
    return f"/var/lib/libvirt/{kind}" if parts.path == "/system" else None
