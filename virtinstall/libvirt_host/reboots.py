"""Reboots of a guest, which libvirt reports only as events.

Source: https://libvirt.org/html/libvirt-libvirt-domain.html#VIR_DOMAIN_EVENT_ID_REBOOT
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import libvirt

if TYPE_CHECKING:
    from virtinstall.libvirt_host.connection import LibvirtHost


@contextmanager
def watch_reboots(host: LibvirtHost, uuid: str) -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether the guest `uuid` has rebooted since the `with` block was entered.

    The function always returns False if the driver does not report reboots.
    """
    rebooted: set[str] = set()

    def remember(connection: Any, domain: Any, opaque: Any) -> None:
        rebooted.add(domain.UUIDString())

    with host.events(libvirt.VIR_DOMAIN_EVENT_ID_REBOOT, remember):
        yield lambda: uuid in rebooted
