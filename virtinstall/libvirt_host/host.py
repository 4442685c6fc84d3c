"""Protocol for all queries of libvirt and of the machine it runs on.

`connection.py` implements it with libvirt; tests implement it with files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from virtinstall.facts import NetworkFacts, PoolFacts, VolumeFacts, is_simulated
from virtinstall.progress import Progress


class HostGuest(Protocol):
    """A guest of libvirt."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def uuid(self) -> str:
        """The UUID."""

    def xml(self, *, inactive: bool = False) -> str:
        """The XML including secrets; `inactive`: for the next start."""

    def is_active(self) -> bool:
        """Whether it runs (or is paused)."""

    def is_persistent(self) -> bool:
        """Whether it is defined, not only running."""

    def state(self) -> str:
        """`running`, `paused`, `shutdown`, `shut off`, `crashed`, ...; `gone` when libvirt no longer has it."""

    def end(self) -> str:
        """Reason that it is off: `crashed`, `destroyed` (powered off from outside the guest), or else the state."""

    def may_be_restored(self) -> bool:
        """Whether its memory is saved, or libvirt does not know why the guest is off; true while it runs."""

    def open_console(self, stream: Any) -> None:
        """Connect the first text console to a stream of libvirt. Raises: libvirt.libvirtError."""

    def addresses(self) -> list[str]:
        """The IP addresses, IPv4 first; empty if none is known."""

    def agent_answer(self, command: str, **arguments: object) -> Any:
        """The agent's reply to a command; None if it does not answer."""

    def agent_command(self, command: str, **arguments: object) -> Any:
        """Return the agent's answer to a command. Raises: HypervisorError, when it does not answer or refuses."""

    def start(self, *, paused: bool = False) -> None:
        """Start the guest; `paused`: it waits for `resume_if_paused`.

        Raises: HypervisorError.
        """

    def resume_if_paused(self) -> None:
        """Resume the guest after a paused start.

        Raises: HypervisorError.
        """

    def shutdown(self) -> None:
        """Ask the guest to power off. Raises: HypervisorError."""

    def reboot(self) -> None:
        """Ask the guest to reboot. Raises: HypervisorError."""

    def destroy(self) -> None:
        """Power the guest off.

        Raises: HypervisorError.
        """

    def undefine(self, *, remove_nvram: bool = False, remove_tpm: bool = False, remove_saved: bool = False) -> None:
        """Remove the definition; UEFI variables, TPM state, managed save and snapshot metadata are kept unless named.

        Raises: HypervisorError.
        """

    def has_managed_save(self) -> bool:
        """Whether libvirt has a saved state, which the next start restores."""

    def metadata(self, namespace: str) -> str | None:
        """The element of that namespace in its <metadata>; None if there is none, or the driver does not support it."""

    def set_metadata(self, namespace: str, prefix: str, xml: str) -> bool:
        """Store an element in its <metadata>, in the definition and in the running guest; False if not supported.

        Raises: HypervisorError.
        """

    def snapshots(self) -> list[str]:
        """XML of its snapshots; empty if the driver does not support them.

        Raises: HypervisorError.
        """

    def checkpoints(self) -> list[str]:
        """Names of its checkpoints; empty if the driver does not support them.

        Raises: HypervisorError.
        """

    def forget_snapshots(self) -> None:
        """Remove libvirt's metadata of all snapshots and checkpoints; no file is changed. Raises: HypervisorError."""

    def addresses_from(self, source: str) -> list[str]:
        """The addresses from one source (`lease`, `agent`, `arp`); empty if it has none."""

    def discard_managed_save(self) -> None:
        """Discard the saved state that the next start would restore, if there is one. Raises: HypervisorError."""

    def rename(self, name: str) -> None:
        """Rename the guest, which must not run.

        Raises: HypervisorError.
        """

    def attach_device(self, xml: str) -> None:
        """Plug a device into the running guest; its definition is not changed.

        Raises: HypervisorError.
        """

    def detach_device(self, xml: str) -> None:
        """Unplug a device from the running guest; its definition is not changed.

        Raises: HypervisorError.
        """

    def update_device(self, xml: str) -> None:
        """Change a device of the running guest; its definition is not changed.

        Raises: HypervisorError.
        """

    def is_autostarted(self) -> bool:
        """Whether it is started when the host boots."""

    def set_autostart(self, enabled: bool = True) -> None:
        """Start the guest when the host boots, or do not.

        Raises: HypervisorError.
        """

    def set_memory(self, kib: int) -> bool:
        """Set the memory of the running guest; return False if it needs a reboot for that. Raises: HypervisorError."""

    def set_vcpus(self, count: int) -> bool:
        """Set the vCPUs of the running guest; return False if it needs a reboot for that. Raises: HypervisorError."""

    def set_texts(self, *, title: str | None, description: str | None) -> None:
        """Set title and description of the running guest; None removes them. Raises: HypervisorError."""

    def disk_capacity(self, target: str) -> int | None:
        """The size in bytes that the guest sees of a disk; None if that is not known."""

    def set_throttling(self, target: str, limits: Mapping[str, int]) -> None:
        """Set the limits of a disk's <iotune> while the guest runs; those that are not named are removed.

        Raises: HypervisorError.
        """

    def resize_disk(self, target: str, size_bytes: int) -> None:
        """Make a disk of the running guest larger. Raises: HypervisorError."""


class Host(Protocol):
    """A connection to libvirt. Methods that read never change anything."""

    @property
    def uri(self) -> str:
        """The connection's URI as libvirt reports it."""

    def driver(self) -> str:
        """libvirt's name of the driver, in lower case: `qemu`, `test`, `lxc`, `xen`, `vz`, `bhyve`."""

    def version(self) -> int:
        """The hypervisor's version: 7002000 is 7.2.0."""

    def libvirt_version(self) -> int:
        """The version of libvirt on the host: 9000000 is 9.0.0."""

    def is_alive(self) -> bool:
        """Whether the connection is alive."""

    def is_local(self) -> bool:
        """Whether the hypervisor runs on this machine."""

    def capabilities_xml(self) -> str:
        """The <capabilities> document."""

    def domain_capabilities_xml(
        self, emulator: str | None, arch: str | None, machine: str | None, virt_type: str | None
    ) -> str | None:
        """The <domainCapabilities> document, or None if the driver does not provide it or rejects the machine."""

    def cpu_model_features(self, arch: str, model: str) -> frozenset[str]:
        """The features of a CPU model of libvirt; empty if the driver cannot provide them."""

    def free_memory_bytes(self) -> int:
        """Free memory of the host; 0 if the driver does not report it."""

    def guest_names(self) -> frozenset[str]:
        """Names of all guests, active or not."""

    def guest_macs(self, *, fresh: bool = True) -> Mapping[str, str]:
        """MAC address (lower case) -> name of the guest that uses it; unless `fresh`, the last known state."""

    def shared_macs(self, uuid: str, macs: Collection[str]) -> list[str]:
        """The addresses in `macs` that a guest other than that with the UUID uses."""

    def guest_xmls(self) -> list[tuple[str, str]]:
        """(name, XML) of all guests: as they run, as they start next, and their snapshots (<domainsnapshot>)."""

    def find_guest(self, name: str) -> HostGuest | None:
        """The guest with that name (or UUID, or number while it runs), or None."""

    def guest_named(self, name: str) -> HostGuest | None:
        """The guest with that name, or None; a UUID or number finds nothing."""

    def guest_by_uuid(self, uuid: str) -> HostGuest | None:
        """The guest with that UUID, or None."""

    def guests(self) -> Sequence[HostGuest]:
        """All guests, active or not."""

    def network(self, name: str) -> NetworkFacts | None:
        """The virtual network with that name, or None."""

    def pool(self, name: str) -> PoolFacts | None:
        """The storage pool with that name, or None."""

    def pools(self) -> list[PoolFacts]:
        """All storage pools; empty if the driver has none."""

    def volume_names(self, pool: str) -> frozenset[str]:
        """Names of the volumes in an active pool."""

    def volume(self, pool: str, name: str) -> VolumeFacts | None:
        """A volume, or None."""

    def volume_by_path(self, path: str) -> VolumeFacts | None:
        """The volume with that path, or None."""

    def node_devices(self, capability: str | None = None) -> list[str]:
        """XML of the host's devices."""

    def check_guest_xml(self, xml: str) -> bool:
        """Let the driver parse a guest's XML and build QEMU's command line; change nothing.

        Return False if the driver cannot do that. Raises: HypervisorError, if it rejects the XML.
        """

    def start_guest(self, xml: str, *, paused: bool = False) -> HostGuest:
        """Create and start a guest that is not defined.

        Raises: HypervisorError.
        """

    def define_guest(self, xml: str) -> HostGuest:
        """Define a guest, or redefine one with the same UUID.

        Raises: HypervisorError.
        """

    def start_pool(self, name: str) -> None:
        """Start a pool, which may already be active.

        Raises: StorageError.
        """

    def create_temporary_pool(self, name: str, directory: str) -> None:
        """Create a transient pool for a directory, which exists until `destroy_pool`. Raises: StorageError."""

    def destroy_pool(self, name: str) -> None:
        """Stop a pool, which removes a transient one; its files are kept. Raises: StorageError."""

    def refresh_pool(self, name: str) -> None:
        """Let libvirt read the pool's files again.

        Raises: StorageError.
        """

    def create_volume(self, pool: str, xml: str, *, preallocate: bool = False) -> VolumeFacts:
        """Create a volume.

        Raises: StorageError.
        """

    def delete_volume(self, pool: str, name: str) -> None:
        """Delete a volume. Raises: StorageError."""

    def wipe_volume(self, pool: str, name: str) -> None:
        """Overwrite a volume with zeros. Raises: StorageError."""

    def network_addresses(self, network: str) -> list[tuple[str, str, str]]:
        """(MAC address, IP address, `reservation` or `lease`) of a virtual network; empty where it has none."""

    def add_reservation(self, network: str, mac: str, address: str, name: str | None) -> None:
        """Add a DHCP reservation to a virtual network, in its definition and while it runs; `name` is its DNS name.

        Raises: HypervisorError.
        """

    def reserved_for(self, network: str, address: str) -> tuple[str, ...]:
        """The MAC addresses (IPv6: the names) for which an address of a virtual network is reserved."""

    def remove_reservation(self, network: str, mac: str, address: str) -> None:
        """Remove a DHCP reservation from a virtual network, if it is unchanged.

        Raises: HypervisorError.
        """

    def resize_volume(self, pool: str, name: str, capacity_bytes: int) -> None:
        """Enlarge a volume.

        Raises: StorageError.
        """

    def upload(self, pool: str, name: str, path: str, progress: Progress) -> None:
        """Upload the local file `path` to a volume.

        Raises: StorageError.
        """

    def wait_until(self, done: Callable[[], bool], timeout_seconds: float | None) -> bool:
        """Wait until `done` is true, checking at each of the guests' events; return False after a timeout."""

    def close(self) -> None:
        """Close the connection."""


def has_real_storage(host: Host) -> bool:
    """Whether disks and files are real: libvirt's test driver only imitates them."""
    return not is_simulated(host.driver())
