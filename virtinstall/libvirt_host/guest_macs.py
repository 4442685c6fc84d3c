"""MAC addresses of guests, for `--check mac_in_use` and for choosing free ones.

libvirt cannot look a guest up by its address, so each guest's XML is read, once per state (running or not). Each call
queries only the ids of running guests and the names of the others: on a host with a thousand guests, a list of all
guests as objects takes as long as the rest of a plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import libvirt
from lxml import etree

from virtinstall.libvirt_host.error_translation import none_if
from virtinstall.named import NamedTuple


class _Seen(NamedTuple):
    name: str
    uuid: str
    macs: tuple[str, ...]


class GuestMacs:
    """The MAC addresses of the guests on one connection.

    The duration of a query depends on how many guests were added, removed, started or stopped since the last query.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seen: dict[int | str, _Seen] = {}
        self._holders: dict[str, tuple[_Seen, ...]] = {}
        self._owner: dict[str, str] = {}

    def owners(self, *, fresh: bool = True) -> Mapping[str, str]:
        """Return the guests' names by MAC address; the addresses are in lowercase.

        If `fresh` is false, return the result of the last query, if there is one.

        Raises: libvirtError.
        """
        if fresh or not self._seen:
            self._look()
        return MappingProxyType(dict(self._owner))

    def shared(self, uuid: str, macs: Collection[str]) -> list[str]:
        """Return the MAC addresses in `macs`, all lowercase, that a guest with a UUID other than `uuid` uses.

        Raises: libvirtError.
        """
        self._look()
        return [mac for mac in macs if any(guest.uuid != uuid for guest in self._holders.get(mac, ()))]

    def _look(self) -> None:
        present: set[int | str] = {*self._connection.listDomainsID(), *self._connection.listDefinedDomains()}
        for key in self._seen.keys() - present:
            gone = self._seen.pop(key)
            for mac in set(gone.macs):
                self._hold(mac, tuple(guest for guest in self._holders[mac] if guest is not gone))
        for key in present - self._seen.keys():
            with none_if(libvirt.VIR_ERR_NO_DOMAIN):
                guest = self._seen[key] = self._read(key)
                for mac in guest.macs:
                    self._hold(mac, (*self._holders.get(mac, ()), guest))

    def _hold(self, mac: str, holders: tuple[_Seen, ...]) -> None:
        if holders:
            self._holders[mac], self._owner[mac] = holders, holders[0].name
        else:
            del self._holders[mac], self._owner[mac]

    def _read(self, key: int | str) -> _Seen:
        look_up = self._connection.lookupByID if isinstance(key, int) else self._connection.lookupByName
        domain = look_up(key)
        root = etree.fromstring(domain.XMLDesc(0).encode())
        macs = tuple(mac.get("address", "").lower() for mac in root.iterfind("devices/interface/mac"))
        return _Seen(domain.name(), domain.UUIDString(), macs)
