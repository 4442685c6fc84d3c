"""The connection of a command, whose errors and warnings name options."""

from __future__ import annotations

from virtinstall.hypervisor import Hypervisor
from virtinstall.libvirt_host.open import open_host


def connect(uri: str | None) -> Hypervisor:
    """Connect to `uri`. Raises: as `virtinstall.connect`."""
    return Hypervisor(open_host(uri), for_commands=True)
