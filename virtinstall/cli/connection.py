"""Connection of a command; errors and warnings name options."""

from __future__ import annotations

from virtinstall.hypervisor import Hypervisor
from virtinstall.libvirt_host.open import open_host


def connect(uri: str | None, *, events: bool = True) -> Hypervisor:
    """Connect to `uri`; None denotes libvirt's default.

    `events` is true if the command waits for guest events; without events, some connections open faster.

    Raises: the errors of `virtinstall.connect`.
    """
    return Hypervisor(open_host(uri, events=events), for_commands=True)
