"""The implementation of the Host protocol with libvirt.

Source: https://libvirt.org/html/libvirt-libvirt-host.html and related pages.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import libvirt

from virtinstall.errors import EndedError, HypervisorError
from virtinstall.libvirt_host import embed
from virtinstall.libvirt_host.error_translation import (
    UNCHECKED,
    UNSUPPORTED,
    error_text,
    none_if,
    translate_errors,
    translated,
)
from virtinstall.libvirt_host.event_loop import Flag, run_event_loop, silence_error_handler
from virtinstall.libvirt_host.guest import LibvirtGuest, start_paused_or_not
from virtinstall.libvirt_host.volumes import StorageHost

if TYPE_CHECKING:
    from virtinstall.facts import NetworkFacts
    from virtinstall.libvirt_host.guest_macs import GuestMacs

_UUID_DIGITS = 32
_LOOKS = 20
_LOOK_SECONDS = 0.1
_ALIVE_SECONDS, _ALIVE_COUNT = 5, 5


def connect(uri: str | None, *, events: bool = True) -> LibvirtHost:
    """Connect to `uri`; None denotes libvirt's default.

    If `events` is true, guest events are received. Without them, a connection to a local daemon does not start the
    thread for libvirt's event loop.

    Raises: HypervisorError, if the connection fails.
    """
    silence_error_handler()
    if events or not _is_plain(uri or os.environ.get("LIBVIRT_DEFAULT_URI") or ""):
        run_event_loop()
    try:
        connection = libvirt.open(uri)
    except libvirt.libvirtError as error:
        from virtinstall.libvirt_host.connect_errors import cannot_connect

        raise cannot_connect(uri, embed.root_of(uri) if uri else None, error) from error
    host = LibvirtHost(connection)
    if not host.is_local():
        # detect a host that disappears within half a minute
        with none_if(*UNSUPPORTED):
            connection.setKeepAlive(_ALIVE_SECONDS, _ALIVE_COUNT)
    return host


def _is_plain(uri: str) -> bool:
    """Return whether the connection needs no event loop in this process: a local daemon or the test driver."""
    scheme, _, rest = uri.partition("://")
    return "+" not in scheme and (not rest or rest.startswith("/")) and "/embed" not in rest


class LibvirtHost(StorageHost):
    """A connection to libvirt."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._known_macs: GuestMacs | None = None
        self._driver: str | None = None
        self.interrupted = Flag()
        """The flag that another thread sets to make `wait_until` raise EndedError."""

    @translate_errors("the connection's driver")
    def driver(self) -> str:
        """Return libvirt's name for the driver, in lowercase, such as `qemu`, `test` or `lxc`."""
        # it never changes, and each step of a creation reads it
        if self._driver is None:
            self._driver = str(self.connection.getType()).lower()
        return self._driver

    @translate_errors("the hypervisor version")
    def version(self) -> int:
        """Return the hypervisor's version as a number, such as 7002000 for 7.2.0; 0 if it is not known."""
        try:
            return int(self.connection.getVersion())
        except libvirt.libvirtError as error:
            if error.get_error_code() in UNSUPPORTED:
                return 0
            raise

    @translate_errors("the libvirt version")
    def libvirt_version(self) -> int:
        """Return the version of libvirt on the host as a number, such as 9000000 for 9.0.0."""
        return int(self.connection.getLibVersion())

    def is_alive(self) -> bool:
        """Return whether the connection is alive."""
        try:
            return bool(self.connection.isAlive())
        except libvirt.libvirtError:
            return False

    @translate_errors("the host's capabilities")
    def capabilities_xml(self) -> str:
        """Return the host's <capabilities> document."""
        return str(self.connection.getCapabilities())

    def domain_capabilities_xml(
        self, emulator: str | None, arch: str | None, machine: str | None, virt_type: str | None
    ) -> str | None:
        """Return the <domainCapabilities> document for an emulator, architecture, machine type and virtualization type.

        An argument of None selects libvirt's default. Return None if the driver does not provide the document or
        rejects the arguments.
        """
        try:
            return str(self.connection.getDomainCapabilities(emulator, arch, machine, virt_type, 0))
        except libvirt.libvirtError as error:
            if error.get_error_code() in (*UNSUPPORTED, libvirt.VIR_ERR_INTERNAL_ERROR):
                return None
            raise HypervisorError(f"cannot query the domain capabilities from libvirt: {error_text(error)}") from error

    @translate_errors("the features of the CPU model '{1}'")
    def cpu_model_features(self, arch: str, model: str) -> frozenset[str]:
        """Return the names of the features of libvirt's CPU model `model`; an empty set if they are not known.

        `arch` is the model's architecture, such as `x86_64`.
        """
        from lxml import etree

        cpu = etree.Element("cpu")
        etree.SubElement(cpu, "arch").text = arch
        etree.SubElement(cpu, "model").text = model
        with none_if(libvirt.VIR_ERR_INTERNAL_ERROR, *UNSUPPORTED):
            expanded = self.connection.baselineCPU(
                [etree.tostring(cpu, encoding="unicode")], libvirt.VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES
            )
            return frozenset(feature.get("name", "") for feature in etree.fromstring(expanded).iterfind("feature"))
        return frozenset()

    @translate_errors("the host's free memory")
    def free_memory_bytes(self) -> int:
        """Return the host's free memory in bytes; 0 if the driver does not report it."""
        with none_if(*UNSUPPORTED):
            return int(self.connection.getFreeMemory())
        return 0

    @translate_errors("the guests' names")
    def guest_names(self) -> frozenset[str]:
        """Return the names of all guests, active or not."""
        return frozenset(domain.name() for domain in self.connection.listAllDomains(0))

    @translate_errors("the guests' MAC addresses")
    def guest_macs(self, *, fresh: bool = True) -> Mapping[str, str]:
        """Return a mapping from each MAC address in lowercase to the name of a guest that uses it.

        If `fresh` is false, return the result of the last query, if there is one. A new query reads the XML only of
        guests that have been added, started or stopped since the last query.
        """
        return self._macs().owners(fresh=fresh)

    @translate_errors("the guests' MAC addresses")
    def shared_macs(self, uuid: str, macs: Collection[str]) -> list[str]:
        """Return the addresses in `macs`, all in lowercase, that are used by a guest with a UUID other than `uuid`."""
        return self._macs().shared(uuid, macs)

    def _macs(self) -> GuestMacs:
        if self._known_macs is None:
            from virtinstall.libvirt_host.guest_macs import GuestMacs

            self._known_macs = GuestMacs(self.connection)
        return self._known_macs

    @translate_errors("the guests' XML")
    def guest_xmls(self) -> list[tuple[str, str]]:
        """Return the XML documents of all guests, each as a tuple of the guest's name and the XML.

        The documents are the current XML of each guest, the XML for the next start of each active guest, and the XML of
        each snapshot.
        """
        found = []
        for domain in self.connection.listAllDomains(0):
            with none_if(libvirt.VIR_ERR_NO_DOMAIN):
                found.append((domain.name(), domain.XMLDesc(0)))
                if domain.ID() != -1:
                    found.append((domain.name(), domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)))
        with none_if(*UNSUPPORTED):
            for domain in self.connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT):
                with none_if(libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_NO_DOMAIN_SNAPSHOT):
                    found += [(domain.name(), snapshot.getXMLDesc(0)) for snapshot in domain.listAllSnapshots(0)]
        return found

    @translate_errors("the guest '{0}'")
    def find_guest(self, name: str) -> LibvirtGuest | None:
        """Return the guest whose name, UUID or, for an active guest, numeric ID is `name`; None if there is none."""
        with none_if(libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_INVALID_ARG):
            return LibvirtGuest(self.connection.lookupByName(name))
        if len(name.replace("-", "")) == _UUID_DIGITS:
            with none_if(libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_INVALID_ARG):
                return LibvirtGuest(self.connection.lookupByUUIDString(name))
        if name.isdecimal():
            with none_if(libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_INVALID_ARG):
                return LibvirtGuest(self.connection.lookupByID(int(name)))
        return None

    @translate_errors("the guest '{0}'")
    def guest_named(self, name: str) -> LibvirtGuest | None:
        """Return the guest whose name (not UUID or numeric ID) is `name`; None if there is none."""
        with none_if(libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_INVALID_ARG):
            return LibvirtGuest(self.connection.lookupByName(name))
        return None

    @translate_errors("the guest with the UUID {0}")
    def guest_by_uuid(self, uuid: str) -> LibvirtGuest | None:
        """Return the guest with that UUID; None if there is none."""
        with none_if(libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_INVALID_ARG):
            return LibvirtGuest(self.connection.lookupByUUIDString(uuid))
        return None

    @translate_errors("the guests")
    def guests(self) -> list[LibvirtGuest]:
        """Return all guests, active or not."""
        return [LibvirtGuest(domain) for domain in self.connection.listAllDomains(0)]

    @translate_errors("the virtual network '{0}'")
    def network(self, name: str) -> NetworkFacts | None:
        """Return the properties of the virtual network `name`; None if the network does not exist."""
        from lxml import etree

        from virtinstall.facts import NetworkFacts
        from virtinstall.libvirt_host.reservations import subnets

        with none_if(libvirt.VIR_ERR_NO_NETWORK, *UNSUPPORTED):
            found = self.connection.networkLookupByName(name)
            root = etree.fromstring(found.XMLDesc(0).encode())
            forward = root.find("forward")
            return NetworkFacts(
                name=name,
                active=bool(found.isActive()),
                forward=None if forward is None else forward.get("mode", "nat"),
                pxe=forward is not None or root.find("ip/dhcp/bootp") is not None,
                subnets=subnets(root),
                bridge=next((bridge.get("name") for bridge in root.iterfind("bridge")), None),
            )
        return None

    @translate_errors("the addresses in the virtual network '{0}'")
    def network_addresses(self, network: str) -> list[tuple[str, str, str]]:
        """Return the reserved and leased addresses in a virtual network; an empty list if the network does not exist.

        Each tuple contains a MAC address in lowercase, an IP address, and `reservation` or `lease`. The MAC address may
        be an empty string, for example in an IPv6 reservation, which contains a host name instead.
        """
        from virtinstall.libvirt_host.network_addresses import leases, reservations

        known = [(mac, address, "reservation") for mac, address in reservations(self.connection, network)]
        return known + [(mac, address, "lease") for mac, address in leases(self.connection, network)]

    def add_reservation(self, network: str, mac: str, address: str, name: str | None) -> None:
        """Add a DHCP reservation of `address` to a virtual network; an active network is also changed immediately.

        `name` is the guest's DNS name, or None. An IPv4 reservation contains `mac` and the name; an IPv6 reservation
        contains only the name.

        Raises: HypervisorError.
        """
        from virtinstall.libvirt_host.reservations import add_reservation

        with translated(f"cannot reserve the address {address} for {mac} in the network '{network}'"):
            add_reservation(self.connection, network, mac, address, name)

    @translate_errors("the DHCP reservations in the virtual network '{0}'")
    def reserved_for(self, network: str, address: str) -> tuple[str, ...]:
        """Return the MAC addresses (in IPv6, the host names) for which `address` is reserved in a virtual network.

        The results are in lowercase. The tuple is empty if the address is not reserved or the network does not exist.
        """
        from virtinstall.libvirt_host.reservations import reserved_for

        return reserved_for(self.connection, network, address)

    def remove_reservation(self, network: str, mac: str, address: str) -> None:
        """Remove the DHCP reservation of `address` for `mac` from a virtual network.

        A reservation of `address` for a different MAC address is kept. In IPv6, `mac` is ignored.

        Raises: HypervisorError.
        """
        from virtinstall.libvirt_host.reservations import remove_reservation

        with translated(f"cannot remove the DHCP reservation for {mac} from the network '{network}'"):
            remove_reservation(self.connection, network, mac, address)

    @translate_errors("the host devices")
    def node_devices(self, capability: str | None = None) -> list[str]:
        """Return the XML of each host device of the type `capability`, such as `pci`; None selects all types."""
        with none_if(*UNSUPPORTED):
            return [
                self.connection.nodeDeviceLookupByName(name).XMLDesc(0)
                for name in self.connection.listDevices(capability, 0)
            ]
        return []

    def check_guest_xml(self, xml: str) -> bool:
        """Check a guest's XML by having libvirt convert it to a QEMU command line; change nothing.

        Return False if the driver does not support the conversion or the user may not request it, otherwise True.

        Raises: HypervisorError, if libvirt rejects the XML or selects UEFI firmware that does not exist on this host.
        """
        if self.driver() != "qemu":
            return False
        with translated("libvirt rejects the guest's XML"), none_if(*UNCHECKED):
            arguments = self.connection.domainXMLToNative("qemu-argv", xml, 0)
            if self.is_local():
                from virtinstall.libvirt_host.native_arguments import require_firmware

                require_firmware(arguments)
            return True
        return False

    def start_guest(self, xml: str, *, paused: bool = False) -> LibvirtGuest:
        """Start a transient guest from `xml`, without defining it; return the guest.

        If `paused` is true and the driver supports a paused start, the guest is paused until `resume_if_paused` is
        called.

        Raises: HypervisorError.
        """
        with translated("cannot start the guest"):
            return LibvirtGuest(start_paused_or_not(partial(self.connection.createXML, xml), paused=paused))

    def define_guest(self, xml: str) -> LibvirtGuest:
        """Define a guest from `xml`, or redefine the guest with the same UUID; return the guest.

        Raises: HypervisorError.
        """
        with translated("libvirt rejects the guest's definition"):
            return LibvirtGuest(self.connection.defineXML(xml))

    def wait_until(self, done: Callable[[], bool], timeout_seconds: float | None) -> bool:
        """Wait until `done` returns True, then return True; return False if `timeout_seconds` have passed first.

        `done` is called immediately, after guest events, and every few seconds. `timeout_seconds` is None for no limit.

        Raises: HypervisorError, if libvirt no longer answers; EndedError, if another thread sets the flag `interrupted`
        of this connection.
        """
        with translated("lost the connection to libvirt; the guest was not changed"):
            return self._wait_until(done, timeout_seconds)

    def _wait_until(self, done: Callable[[], bool], timeout_seconds: float | None) -> bool:
        import threading
        import time

        woken = threading.Event()
        end = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        with self.events(libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, lambda *ignored: woken.set()):
            while not done():
                if self.interrupted.is_set():
                    raise EndedError("interrupted")
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    return False
                # the daemon may have no events, or lose one: check every two seconds in any case
                for _ in range(_LOOKS):
                    if woken.is_set() or self.interrupted.is_set():
                        break
                    time.sleep(_LOOK_SECONDS if left is None else min(_LOOK_SECONDS, left))
                woken.clear()
            return True

    @contextmanager
    def events(self, event: int, callback: Callable[..., None]) -> Iterator[None]:
        """Within the `with` block, call `callback` for each guest event of the kind `event`.

        `event` is one of libvirt's VIR_DOMAIN_EVENT_ID constants, which also determines the arguments of `callback`. If
        the driver does not report such events, `callback` is never called.
        """
        handle = None
        with none_if(*UNSUPPORTED):
            handle = self.connection.domainEventRegisterAny(None, event, callback, None)
        try:
            yield
        finally:
            if handle is not None:
                self.connection.domainEventDeregisterAny(handle)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
