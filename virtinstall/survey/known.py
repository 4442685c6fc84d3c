"""Facts about one host that several plans share, so that each fact is read once for all guests of a run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.etree import _Element

    from virtinstall.capabilities import DomainCapabilities
    from virtinstall.facts import HostFacts, NetworkFacts, Platform
    from virtinstall.libvirt_host.host import Host
    from virtinstall.osinfo.catalog import Catalog
    from virtinstall.storage.in_use import FilesInUse
    from virtinstall.survey.host import Environment

# other programs create guests too: all guests are read again as soon as that costs less than a tenth of the time
_FRESH_SECONDS, _COST_RATIO = 2.0, 10.0
_MAC = "devices/interface/mac"


class Known:
    """The facts about a host that the plans for its guests share during one run; threads can share an object.

    If `fresh` is true, the MAC addresses in use are not taken from the list that the connection read last. `clock`
    returns a monotonic time in seconds.
    """

    def __init__(self, host: Host, *, fresh: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._host = host
        self._fresh = fresh
        self._clock = clock
        self._lock = threading.RLock()
        self._found: dict[tuple[Any, ...], Any] = {}
        self._in_use: FilesInUse | None = None
        self._stale_at = 0.0
        self._macs: dict[str, str] = {}
        self._macs_of: dict[str, tuple[str, ...]] = {}
        self._macs_stale_at = 0.0

    def _once(self, key: tuple[Any, ...], read: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._found:
                self._found[key] = read()
            return self._found[key]

    def host_facts(self, environment: Environment) -> HostFacts:
        """Return the facts about the host and the connection."""
        from virtinstall.survey.host import survey_host

        found: HostFacts = self._once(("host",), lambda: survey_host(self._host, environment))
        return found

    def catalog(self, environ: Mapping[str, str]) -> Catalog:
        """Return the OS database; `environ` contains the environment variables that locate it."""
        from virtinstall.osinfo.catalog import Catalog

        found: Catalog = self._once(("catalog",), lambda: Catalog(environ))
        return found

    def domain_capabilities(self, platform: Platform) -> DomainCapabilities | None:
        """Return the domain capabilities for a platform; None if the driver does not report them."""
        from virtinstall.capabilities import DomainCapabilities

        names = (platform.emulator, platform.arch, platform.machine, platform.virt_type)

        def read() -> DomainCapabilities | None:
            text = self._host.domain_capabilities_xml(*names)
            return None if text is None else DomainCapabilities(text)

        found: DomainCapabilities | None = self._once(("domain", *names), read)
        return found

    def cpu_model_features(self, arch: str, model: str) -> frozenset[str]:
        """Return the names of the features of a CPU model."""
        found: frozenset[str] = self._once(("cpu", arch, model), lambda: self._host.cpu_model_features(arch, model))
        return found

    def network(self, name: str) -> NetworkFacts | None:
        """Return the virtual network with that name; None if there is none."""
        found: NetworkFacts | None = self._once(("network", name), lambda: self._host.network(name))
        return found

    def files_in_use(self) -> FilesInUse:
        """Return the files that guests use; the result may be a few seconds old.

        Raises: HostError, if the XML of the guests cannot be read.
        """
        from virtinstall.storage.in_use import files_in_use

        with self._lock:
            started = self._clock()
            if self._in_use is None or started >= self._stale_at:
                self._in_use = files_in_use(self._host)
                self._stale_at = self._fresh_until(started)
            return self._in_use

    def guest_macs(self, *, fresh: bool) -> Mapping[str, str]:
        """Return a mapping of each MAC address in use to the name of the guest that has it.

        The result may be a few seconds old. If `fresh` is False, it may also be the older list that the connection read
        last.

        Raises: HostError, if the XML of the guests cannot be read.
        """
        with self._lock:
            started = self._clock()
            if started >= self._macs_stale_at:
                self._macs = dict(self._host.guest_macs(fresh=fresh or self._fresh or self._macs_stale_at > 0))
                self._macs_stale_at = self._fresh_until(started)
            return MappingProxyType(self._macs)

    def _fresh_until(self, started: float) -> float:
        now = self._clock()
        return now + max(_FRESH_SECONDS, (now - started) * _COST_RATIO)

    def guest_changed(self, name: str, documents: Sequence[_Element]) -> None:
        """Replace the facts about the guest `name` with those in `documents`.

        `documents` are the current <domain> elements of the guest, or an empty sequence if the guest no longer exists.
        """
        with self._lock:
            if self._in_use is not None:
                self._in_use.put(name, documents)
            former = self._macs_of.pop(name, None)
            for mac in list(self._macs) if former is None and not documents else former or ():
                if self._macs.get(mac) == name:
                    del self._macs[mac]
            macs = [node.get("address", "").lower() for each in documents for node in each.iterfind(_MAC)]
            self._macs_of[name] = tuple(macs)
            self._macs.update(dict.fromkeys(macs, name))
