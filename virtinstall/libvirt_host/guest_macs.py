"""MAC addresses of guests, for `--check mac_in_use` and for choosing free addresses.

libvirt cannot find a guest by its MAC address, so the XML of every guest is read, but only once while the guest is
active and once while it is not. Each query lists only the numeric IDs of active guests and the names of the other
guests: on a host with a thousand guests, listing all guests as objects takes as long as the rest of a plan.
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
    """The MAC addresses of all guests on one connection.

    A query reads the XML only of guests that have been added, started or stopped since the last query. Other changes to
    a guest are not detected.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seen: dict[int | str, _Seen] = {}
        self._holders: dict[str, tuple[_Seen, ...]] = {}
        self._owner: dict[str, str] = {}

    def owners(self, *, fresh: bool = True) -> Mapping[str, str]:
        """Return a mapping from each MAC address in lowercase to the name of a guest that uses it.

        If `fresh` is false, return the result of the last query, if there is one.

        Raises: libvirtError.
        """
        if fresh or not self._seen:
            self._look()
        return MappingProxyType(dict(self._owner))

    def shared(self, uuid: str, macs: Collection[str]) -> list[str]:
        """Return the addresses in `macs`, all in lowercase, that are used by a guest with a UUID other than `uuid`.

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
