"""The protocol for all queries of libvirt and of the machine that it runs on.

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
        """The guest's name."""

    @property
    def uuid(self) -> str:
        """The guest's UUID."""

    def xml(self, *, inactive: bool = False) -> str:
        """Return the guest's XML with secrets; `inactive`: the XML for its next start."""

    def is_active(self) -> bool:
        """Return whether the guest runs or is paused."""

    def is_persistent(self) -> bool:
        """Return whether the guest is defined, not only running."""

    def state(self) -> str:
        """Return the state: `running`, `paused`, `shutdown`, `shut off`, `crashed`, `suspended` or `gone`."""

    def end(self) -> str:
        """Return `crashed` or `destroyed` (powered off from outside) if the guest is off for that reason.

        In all other cases, return the state of the guest.
        """

    def may_be_restored(self) -> bool:
        """Return whether the guest runs, its memory is saved, or libvirt does not know why the guest is off."""

    def open_console(self, stream: Any) -> None:
        """Connect the guest's first text console to one of libvirt's streams.

        Raises: libvirt.libvirtError.
        """

    def addresses(self) -> list[str]:
        """Return the guest's IP addresses, IPv4 first; empty if none is known."""

    def agent_answer(self, command: str, **arguments: object) -> Any:
        """Return the guest agent's reply to a command; None if the agent does not answer."""

    def agent_command(self, command: str, **arguments: object) -> Any:
        """Return the guest agent's reply to a command.

        Raises: HypervisorError, if the agent does not answer or refuses the command.
        """

    def start(self, *, paused: bool = False) -> None:
        """Start the guest; if `paused`, it waits for `resume_if_paused`.

        Raises: HypervisorError.
        """

    def resume_if_paused(self) -> None:
        """Resume the guest after a paused start.

        Raises: HypervisorError.
        """

    def shutdown(self) -> None:
        """Ask the guest to power off.

        Raises: HypervisorError.
        """

    def reboot(self) -> None:
        """Ask the guest to reboot.

        Raises: HypervisorError.
        """

    def destroy(self) -> None:
        """Power the guest off.

        Raises: HypervisorError.
        """

    def undefine(self, *, remove_nvram: bool = False, remove_tpm: bool = False, remove_saved: bool = False) -> None:
        """Remove the definition; UEFI variables, TPM state, managed save and snapshot metadata are kept by default.

        Raises: HypervisorError.
        """

    def has_managed_save(self) -> bool:
        """Return whether libvirt has a saved state, which the next start restores."""

    def metadata(self, namespace: str) -> str | None:
        """Return the <metadata> element of that namespace; None if there is none or it is not supported."""

    def set_metadata(self, namespace: str, prefix: str, xml: str) -> bool:
        """Store an element in the <metadata> of the definition and of the running guest; return False if not supported.

        Raises: HypervisorError.
        """

    def snapshots(self) -> list[str]:
        """Return the XML of the guest's snapshots; empty if the driver does not support snapshots.

        Raises: HypervisorError.
        """

    def checkpoints(self) -> list[str]:
        """Return the names of the guest's checkpoints; empty if the driver does not support checkpoints.

        Raises: HypervisorError.
        """

    def forget_snapshots(self) -> None:
        """Remove libvirt's metadata of all snapshots and checkpoints; no file is changed.

        Raises: HypervisorError.
        """

    def addresses_from(self, source: str) -> list[str]:
        """Return the IP addresses that one source (`lease`, `agent`, `arp`) knows; empty if there are none."""

    def discard_managed_save(self) -> None:
        """Discard the saved state that the next start would restore, if there is one.

        Raises: HypervisorError.
        """

    def rename(self, name: str) -> None:
        """Rename the guest, which must not run.

        Raises: HypervisorError.
        """

    def attach_device(self, xml: str) -> None:
        """Plug a device into the running guest; the definition is not changed.

        Raises: HypervisorError.
        """

    def detach_device(self, xml: str) -> None:
        """Unplug a device from the running guest; the definition is not changed.

        Raises: HypervisorError.
        """

    def update_device(self, xml: str) -> None:
        """Change a device of the running guest; the definition is not changed.

        Raises: HypervisorError.
        """

    def is_autostarted(self) -> bool:
        """Return whether the guest is started when the host boots."""

    def set_autostart(self, enabled: bool = True) -> None:
        """Set whether the guest is started when the host boots.

        Raises: HypervisorError.
        """

    def set_memory(self, kib: int) -> bool:
        """Set the memory of the running guest; return False if the change requires a reboot.

        Raises: HypervisorError.
        """

    def set_vcpus(self, count: int) -> bool:
        """Set the number of vCPUs of the running guest; return False if the change requires a reboot.

        Raises: HypervisorError.
        """

    def set_texts(self, *, title: str | None, description: str | None) -> None:
        """Set the title and the description of the running guest; None removes them.

        Raises: HypervisorError.
        """

    def disk_capacity(self, target: str) -> int | None:
        """Return the size of a disk in bytes, as the guest sees it; None if it is unknown."""

    def set_throttling(self, target: str, limits: Mapping[str, int]) -> None:
        """Set the limits of a disk's <iotune> while the guest runs; limits that are not named are removed.

        Raises: HypervisorError.
        """

    def resize_disk(self, target: str, size_bytes: int) -> None:
        """Make a disk of the running guest larger.

        Raises: HypervisorError.
        """


class Host(Protocol):
    """A connection to libvirt. Methods that read never change anything."""

    @property
    def uri(self) -> str:
        """The connection's URI as libvirt reports it."""

    def driver(self) -> str:
        """Return libvirt's name of the driver, in lower case: `qemu`, `test`, `lxc`, `xen`, `vz`, `bhyve`."""

    def version(self) -> int:
        """Return the hypervisor's version: 7002000 is 7.2.0."""

    def libvirt_version(self) -> int:
        """Return the version of libvirt on the host: 9000000 is 9.0.0."""

    def is_alive(self) -> bool:
        """Return whether the connection is alive."""

    def is_local(self) -> bool:
        """Return whether the hypervisor runs on this machine."""

    def capabilities_xml(self) -> str:
        """Return the <capabilities> document."""

    def domain_capabilities_xml(
        self, emulator: str | None, arch: str | None, machine: str | None, virt_type: str | None
    ) -> str | None:
        """Return the <domainCapabilities> document; None if the driver does not provide it or rejects the machine."""

    def cpu_model_features(self, arch: str, model: str) -> frozenset[str]:
        """Return the features of one of libvirt's CPU models; empty if the driver cannot provide them."""

    def free_memory_bytes(self) -> int:
        """Return the host's free memory in bytes; 0 if the driver does not report it."""

    def guest_names(self) -> frozenset[str]:
        """Return the names of all guests, active or not."""

    def guest_macs(self, *, fresh: bool = True) -> Mapping[str, str]:
        """Return the guests' names by MAC address, in lower case.

        If `fresh` is false, return them as they were last queried.
        """

    def shared_macs(self, uuid: str, macs: Collection[str]) -> list[str]:
        """Return the addresses in `macs` that a guest other than the one with the UUID uses."""

    def guest_xmls(self) -> list[tuple[str, str]]:
        """Return pairs of the name and the XML of each guest: of its current run, its next start, and its snapshots."""

    def find_guest(self, name: str) -> HostGuest | None:
        """Return the guest with that name (or UUID, or number while it runs); None if there is none."""

    def guest_named(self, name: str) -> HostGuest | None:
        """Return the guest whose name (not UUID or number) is `name`; None if there is none."""

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
        """Return the names of the volumes in an active pool."""

    def volume(self, pool: str, name: str) -> VolumeFacts | None:
        """Return the volume with that name; None if there is none."""

    def volume_by_path(self, path: str) -> VolumeFacts | None:
        """Return the volume with that path; None if there is none."""

    def node_devices(self, capability: str | None = None) -> list[str]:
        """Return the XML of the host's devices; `capability` selects one kind, None all."""

    def check_guest_xml(self, xml: str) -> bool:
        """Let the driver parse a guest's XML and build QEMU's command line; change nothing.

        Return False if the driver does not support this.

        Raises: HypervisorError, if the driver rejects the XML.
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
        """Create a transient pool for a directory; the pool exists until `destroy_pool`.

        Raises: StorageError.
        """

    def destroy_pool(self, name: str) -> None:
        """Stop a pool, and remove it if it is transient; the files are kept.

        Raises: StorageError.
        """

    def refresh_pool(self, name: str) -> None:
        """Let libvirt read the pool's files again.

        Raises: StorageError.
        """

    def create_volume(self, pool: str, xml: str, *, preallocate: bool = False) -> VolumeFacts:
        """Create a volume.

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
        """Return the MAC address, IP address and kind (`reservation`, `lease`) of each address in a virtual network."""

    def add_reservation(self, network: str, mac: str, address: str, name: str | None) -> None:
        """Add a DHCP reservation to a virtual network, in its definition and while it runs.

        `name` is the guest's DNS name, or None.

        Raises: HypervisorError.
        """

    def reserved_for(self, network: str, address: str) -> tuple[str, ...]:
        """Return the MAC addresses (IPv6: the names) for which an address of a virtual network is reserved."""

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
        """Wait until `done` is true; return False after a timeout (None: no timeout).

        `done` is called at each event of a guest, and also at regular intervals.
        """

    def close(self) -> None:
        """Close the connection."""


def has_real_storage(host: Host) -> bool:
    """Return whether disks and files are real: libvirt's test driver only imitates them."""
    return not is_simulated(host.driver())
