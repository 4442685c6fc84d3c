"""The protocol for all queries of libvirt and of the machine that it runs on.

`connection.py` implements it with libvirt; tests implement it with files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from virtinstall.facts import NetworkFacts, PoolFacts, VolumeFacts, is_simulated
from virtinstall.libvirt_host.host_guest import HostGuest
from virtinstall.progress import Progress

__all__ = ["Host", "HostGuest", "has_real_storage"]


class Host(Protocol):
    """A connection to libvirt."""

    @property
    def uri(self) -> str:
        """The connection's URI, as libvirt reports it."""

    def driver(self) -> str:
        """Return libvirt's name for the driver, in lowercase, such as `qemu`, `test` or `lxc`."""

    def version(self) -> int:
        """Return the hypervisor's version as a number, such as 7002000 for 7.2.0; 0 if it is not known."""

    def libvirt_version(self) -> int:
        """Return the version of libvirt on the host as a number, such as 9000000 for 9.0.0."""

    def is_alive(self) -> bool:
        """Return whether the connection is alive."""

    def is_local(self) -> bool:
        """Return whether the hypervisor runs on this machine."""

    def capabilities_xml(self) -> str:
        """Return the host's <capabilities> document."""

    def domain_capabilities_xml(
        self, emulator: str | None, arch: str | None, machine: str | None, virt_type: str | None
    ) -> str | None:
        """Return the <domainCapabilities> document for an emulator, architecture, machine type and virtualization type.

        An argument of None selects libvirt's default. Return None if the driver does not provide the document or
        rejects the arguments.
        """

    def cpu_model_features(self, arch: str, model: str) -> frozenset[str]:
        """Return the names of the features of libvirt's CPU model `model`; an empty set if they are not known.

        `arch` is the model's architecture, such as `x86_64`.
        """

    def free_memory_bytes(self) -> int:
        """Return the host's free memory in bytes; 0 if the driver does not report it."""

    def guest_names(self) -> frozenset[str]:
        """Return the names of all guests, active or not."""

    def guest_macs(self, *, fresh: bool = True) -> Mapping[str, str]:
        """Return a mapping from each MAC address in lowercase to the name of a guest that uses it.

        If `fresh` is false, return the result of the last query, if there is one.
        """

    def shared_macs(self, uuid: str, macs: Collection[str]) -> list[str]:
        """Return the addresses in `macs`, all in lowercase, that are used by a guest with a UUID other than `uuid`."""

    def guest_xmls(self) -> list[tuple[str, str]]:
        """Return the XML documents of all guests, each as a tuple of the guest's name and the XML.

        The documents are the current XML of each guest, the XML for the next start of each active guest, and the XML of
        each snapshot.
        """

    def find_guest(self, name: str) -> HostGuest | None:
        """Return the guest whose name, UUID or, for an active guest, numeric ID is `name`; None if there is none."""

    def guest_named(self, name: str) -> HostGuest | None:
        """Return the guest whose name (not UUID or numeric ID) is `name`; None if there is none."""

    def guest_by_uuid(self, uuid: str) -> HostGuest | None:
        """Return the guest with that UUID; None if there is none."""

    def guests(self) -> Sequence[HostGuest]:
        """Return all guests, active or not."""

    def network(self, name: str) -> NetworkFacts | None:
        """Return the properties of the virtual network `name`; None if the network does not exist."""

    def pool(self, name: str) -> PoolFacts | None:
        """Return the properties of the storage pool `name`; None if the pool does not exist."""

    def pools(self) -> list[PoolFacts]:
        """Return the properties of all storage pools; an empty list if the driver does not support storage pools."""

    def volume_names(self, pool: str) -> frozenset[str]:
        """Return the names of the volumes in a pool; an empty set if the pool is inactive or does not exist.

        Volumes whose files no longer exist are omitted.
        """

    def volume(self, pool: str, name: str) -> VolumeFacts | None:
        """Return the properties of the volume `name` in `pool`; None if the volume or the pool does not exist."""

    def volume_by_path(self, path: str) -> VolumeFacts | None:
        """Return the properties of the volume with the path `path` in any pool; None if there is none."""

    def node_devices(self, capability: str | None = None) -> list[str]:
        """Return the XML of each host device of the type `capability`, such as `pci`; None selects all types."""

    def check_guest_xml(self, xml: str) -> bool:
        """Check a guest's XML by having libvirt convert it to a QEMU command line; change nothing.

        Return False if the driver does not support the conversion or the user may not request it, otherwise True.

        Raises: HypervisorError, if libvirt rejects the XML or selects UEFI firmware that does not exist on this host.
        """

    def start_guest(self, xml: str, *, paused: bool = False) -> HostGuest:
        """Start a transient guest from `xml`, without defining it; return the guest.

        If `paused` is true and the driver supports a paused start, the guest is paused until `resume_if_paused` is
        called.

        Raises: HypervisorError.
        """

    def define_guest(self, xml: str) -> HostGuest:
        """Define a guest from `xml`, or redefine the guest with the same UUID; return the guest.

        Raises: HypervisorError.
        """

    def start_pool(self, name: str) -> None:
        """Start a pool, unless it is already active.

        Raises: StorageError.
        """

    def create_temporary_pool(self, name: str, directory: str) -> None:
        """Create the transient pool `name` for a directory; the pool exists only until it is stopped.

        Raises: StorageError.
        """

    def destroy_pool(self, name: str) -> None:
        """Stop a pool without deleting its volumes; if the pool is transient, it is removed.

        Raises: StorageError.
        """

    def refresh_pool(self, name: str) -> None:
        """Have libvirt update its list of the volumes in a pool.

        Raises: StorageError.
        """

    def create_volume(self, pool: str, xml: str, *, preallocate: bool = False) -> VolumeFacts:
        """Create the volume that `xml` describes in a pool; return the properties of the volume.

        If `preallocate` is true, the metadata of a qcow2 image is preallocated.

        Raises: StorageError.
        """

    def delete_volume(self, pool: str, name: str) -> None:
        """Delete a volume.

        Raises: StorageError.
        """

    def wipe_volume(self, pool: str, name: str) -> None:
        """Overwrite a volume with zeros.

        Raises: StorageError.
        """

    def network_addresses(self, network: str) -> list[tuple[str, str, str]]:
        """Return the reserved and leased addresses in a virtual network; an empty list if the network does not exist.

        Each tuple contains a MAC address in lowercase, an IP address, and `reservation` or `lease`. The MAC address may
        be an empty string, for example in an IPv6 reservation, which contains a host name instead.
        """

    def add_reservation(self, network: str, mac: str, address: str, name: str | None) -> None:
        """Add a DHCP reservation of `address` to a virtual network; an active network is also changed immediately.

        `name` is the guest's DNS name, or None. An IPv4 reservation contains `mac` and the name; an IPv6 reservation
        contains only the name.

        Raises: HypervisorError.
        """

    def reserved_for(self, network: str, address: str) -> tuple[str, ...]:
        """Return the MAC addresses (in IPv6, the host names) for which `address` is reserved in a virtual network.

        The results are in lowercase. The tuple is empty if the address is not reserved or the network does not exist.
        """

    def remove_reservation(self, network: str, mac: str, address: str) -> None:
        """Remove the DHCP reservation of `address` for `mac` from a virtual network.

        A reservation of `address` for a different MAC address is kept. In IPv6, `mac` is ignored.

        Raises: HypervisorError.
        """

    def resize_volume(self, pool: str, name: str, capacity_bytes: int) -> None:
        """Enlarge a volume to `capacity_bytes`.

        Raises: StorageError.
        """

    def upload(self, pool: str, name: str, path: str, progress: Progress) -> None:
        """Upload the local file `path` to the volume `name` in `pool`; holes in the file are not transferred.

        `progress` is updated with the number of processed bytes, including holes.

        Raises: StorageError.
        """

    def wait_until(self, done: Callable[[], bool], timeout_seconds: float | None) -> bool:
        """Wait until `done` returns True, then return True; return False if `timeout_seconds` have passed first.

        `done` is called immediately, after guest events, and every few seconds. `timeout_seconds` is None for no limit.

        Raises: HypervisorError, if libvirt no longer answers.
        """

    def close(self) -> None:
        """Close the connection."""


def has_real_storage(host: Host) -> bool:
    """Return whether disks on `host` really exist; libvirt's test driver only simulates disks."""
    return not is_simulated(host.driver())
