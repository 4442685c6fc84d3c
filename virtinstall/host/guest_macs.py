"""MAC addresses that guests have, for `--check mac_in_use` and for choosing free ones.

libvirt can't look a guest up by its address, so each guest's XML is read, once for as long as it
runs or doesn't. What is asked each time is only the ids of running guests and the names of the
others: a list of all guests as objects costs a thousand-guest host as much as the rest of a plan.
"""

from __future__ import annotations

from typing import Any

import libvirt
from lxml import etree

from virtinstall.host.translate import vanishing
from virtinstall.named import NamedTuple


class _Seen(NamedTuple):
    name: str
    uuid: str
    macs: tuple[str, ...]


class GuestMacs:
    """The addresses of one connection's guests."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seen: dict[int | str, _Seen] = {}

    def owners(self, besides: str | None) -> dict[str, str]:
        """Address (lower case) -> name of its guest, without the guest of the uuid `besides`. Raises: libvirtError."""
        present: set[int | str] = {*self._connection.listDomainsID(), *self._connection.listDefinedDomains()}
        for gone in self._seen.keys() - present:
            del self._seen[gone]
        for key in present - self._seen.keys():
            with vanishing(libvirt.VIR_ERR_NO_DOMAIN):
                self._seen[key] = self._read(key)
        return {mac: guest.name for guest in self._seen.values() if guest.uuid != besides for mac in guest.macs}

    def _read(self, key: int | str) -> _Seen:
        look_up = self._connection.lookupByID if isinstance(key, int) else self._connection.lookupByName
        domain = look_up(key)
        root = etree.fromstring(domain.XMLDesc(0).encode())
        macs = tuple(mac.get("address", "").lower() for mac in root.iterfind("devices/interface/mac"))
        return _Seen(domain.name(), domain.UUIDString(), macs)
