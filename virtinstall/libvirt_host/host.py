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

        An argument that is None stands for libvirt's default. Return None if the driver does not provide the document
        or rejects the machine type.
        """

    def cpu_model_features(self, arch: str, model: str) -> frozenset[str]:
        """Return the features of one of libvirt's CPU models; empty if the driver cannot provide them.

        `arch` is the model's architecture, such as `x86_64`.
        """

    def free_memory_bytes(self) -> int:
        """Return the host's free memory in bytes; 0 if the driver does not report it."""

    def guest_names(self) -> frozenset[str]:
        """Return the names of all guests, active or not."""

    def guest_macs(self, *, fresh: bool = True) -> Mapping[str, str]:
        """Return the guests' names by MAC address; the addresses are in lowercase.

        If `fresh` is false, return the result of the last query, if there is one.
        """

    def shared_macs(self, uuid: str, macs: Collection[str]) -> list[str]:
        """Return the MAC addresses in `macs`, all lowercase, that a guest with a UUID other than `uuid` uses."""

    def guest_xmls(self) -> list[tuple[str, str]]:
        """Return all XML documents of all guests, each as a pair of the guest's name and the XML.

        These are the current XML of each guest, the XML for the next start of each running guest, and the XML of each
        snapshot.
        """

    def find_guest(self, name: str) -> HostGuest | None:
        """Return the guest with that name, UUID or, while it is running, numeric ID; None if there is none."""

    def guest_named(self, name: str) -> HostGuest | None:
        """Return the guest whose name (not UUID or numeric ID) is `name`; None if there is none."""

    def guest_by_uuid(self, uuid: str) -> HostGuest | None:
        """Return the guest with that UUID; None if there is none."""

    def guests(self) -> Sequence[HostGuest]:
        """Return all guests, active or not."""

    def network(self, name: str) -> NetworkFacts | None:
        """Return the virtual network with that name; None if there is none."""

    def pool(self, name: str) -> PoolFacts | None:
        """Return the storage pool with that name; None if there is none."""

    def pools(self) -> list[PoolFacts]:
        """Return all storage pools; empty if the driver has none."""

    def volume_names(self, pool: str) -> frozenset[str]:
        """Return the names of the volumes in a pool; empty if the pool is inactive or does not exist.

        Volumes whose files no longer exist are omitted.
        """

    def volume(self, pool: str, name: str) -> VolumeFacts | None:
        """Return the volume with that name in a pool; None if the volume or the pool does not exist."""

    def volume_by_path(self, path: str) -> VolumeFacts | None:
        """Return the volume with that path, in any pool; None if there is none."""

    def node_devices(self, capability: str | None = None) -> list[str]:
        """Return the XML of each host device of the type `capability`, such as `pci`, or of all types if it is None."""

    def check_guest_xml(self, xml: str) -> bool:
        """Have the driver parse a guest's XML and build QEMU's command line; change nothing.

        Return False if the driver does not support this or the user may not request it, otherwise True.

        Raises: HypervisorError, if the driver rejects the XML.
        """

    def start_guest(self, xml: str, *, paused: bool = False) -> HostGuest:
        """Start a transient guest from `xml`, without defining it; return the guest.

        With `paused`, the guest stays paused until `resume_if_paused` is called, if the driver supports this.

        Raises: HypervisorError.
        """

    def define_guest(self, xml: str) -> HostGuest:
        """Define a guest, or redefine the guest with the same UUID; return it.

        Raises: HypervisorError.
        """

    def start_pool(self, name: str) -> None:
        """Start a pool, unless it is already active.

        Raises: StorageError.
        """

    def create_temporary_pool(self, name: str, directory: str) -> None:
        """Create a transient pool for a directory; the pool exists until `destroy_pool` is called.

        Raises: StorageError.
        """

    def destroy_pool(self, name: str) -> None:
        """Stop a pool, which removes it if it is transient; its volumes are kept.

        Raises: StorageError.
        """

    def refresh_pool(self, name: str) -> None:
        """Have libvirt update its list of the volumes in a pool.

        Raises: StorageError.
        """

    def create_volume(self, pool: str, xml: str, *, preallocate: bool = False) -> VolumeFacts:
        """Create the volume that `xml` describes in a pool; return it.

        With `preallocate`, the metadata of a qcow2 image is preallocated.

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
        """Return the reserved and leased addresses in a virtual network; empty if the network does not exist.

        Each address is a tuple of the MAC address in lowercase, the IP address, and the kind: `reservation` or `lease`.
        The MAC address is empty if a reservation names a host instead, as in IPv6.
        """

    def add_reservation(self, network: str, mac: str, address: str, name: str | None) -> None:
        """Add a DHCP reservation to a virtual network: to its definition, and to the network itself if it is active.

        `name` is the guest's DNS name, or None. In IPv6, the reservation contains only the name, not `mac`.

        Raises: HypervisorError.
        """

    def reserved_for(self, network: str, address: str) -> tuple[str, ...]:
        """Return the MAC addresses (in IPv6, the host names) for which an address in a virtual network is reserved.

        The tuple is empty if the address is not reserved or the network does not exist.
        """

    def remove_reservation(self, network: str, mac: str, address: str) -> None:
        """Remove the DHCP reservation of `address` for `mac` from a virtual network.

        If `address` is now reserved for another MAC address, nothing is removed.

        Raises: HypervisorError.
        """

    def resize_volume(self, pool: str, name: str, capacity_bytes: int) -> None:
        """Enlarge a volume to `capacity_bytes`.

        Raises: StorageError.
        """

    def upload(self, pool: str, name: str, path: str, progress: Progress) -> None:
        """Upload the local file `path`, without its holes, to a volume; `progress` is updated with the number of bytes.

        Raises: StorageError.
        """

    def wait_until(self, done: Callable[[], bool], timeout_seconds: float | None) -> bool:
        """Wait until `done` returns True, then return True; return False if `timeout_seconds` have passed first.

        `done` is called after each guest event, and also every few seconds. `timeout_seconds` is None for no limit.

        Raises: HypervisorError, if libvirt no longer answers.
        """

    def close(self) -> None:
        """Close the connection."""


def has_real_storage(host: Host) -> bool:
    """Return whether disks and files really exist, which libvirt's test driver only simulates."""
    return not is_simulated(host.driver())
