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
    """The addresses of one connection's guests; what a call costs is what has changed since the last."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seen: dict[int | str, _Seen] = {}
        self._owner: dict[str, str] = {}

    def owners(self, besides: str | None) -> dict[str, str]:
        """Address (lower case) -> name of its guest, without the guest of the uuid `besides`. Raises: libvirtError."""
        present: set[int | str] = {*self._connection.listDomainsID(), *self._connection.listDefinedDomains()}
        gone = self._seen.keys() - present
        for key in gone:
            del self._seen[key]
        if gone:
            self._owner = {mac: guest.name for guest in self._seen.values() for mac in guest.macs}
        for key in present - self._seen.keys():
            with vanishing(libvirt.VIR_ERR_NO_DOMAIN):
                guest = self._seen[key] = self._read(key)
                self._owner.update(dict.fromkeys(guest.macs, guest.name))
        return dict(self._owner) if besides is None else self._others(besides)

    def _others(self, uuid: str) -> dict[str, str]:
        owner = dict(self._owner)
        own = {mac for guest in self._seen.values() if guest.uuid == uuid for mac in guest.macs}
        for mac in own:
            del owner[mac]
        shared = [guest for guest in self._seen.values() if guest.uuid != uuid and not own.isdisjoint(guest.macs)]
        owner.update((mac, guest.name) for guest in shared for mac in guest.macs)
        return owner

    def _read(self, key: int | str) -> _Seen:
        look_up = self._connection.lookupByID if isinstance(key, int) else self._connection.lookupByName
        domain = look_up(key)
        root = etree.fromstring(domain.XMLDesc(0).encode())
        macs = tuple(mac.get("address", "").lower() for mac in root.iterfind("devices/interface/mac"))
        return _Seen(domain.name(), domain.UUIDString(), macs)
