"""All that is asked of libvirt and of the machine it runs on, as a protocol.

`libvirt_host.py` answers through libvirt; tests answer from files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from virtinstall.facts import NetworkFacts, PoolFacts, VolumeFacts
from virtinstall.progress import Progress


class Guest(Protocol):
    """A guest that libvirt holds."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def uuid(self) -> str:
        """Its uuid."""

    def xml(self, *, inactive: bool = False) -> str:
        """Its XML, secrets included; `inactive`: as it will be at the next start."""

    def is_active(self) -> bool:
        """Whether it runs (or is paused)."""

    def is_persistent(self) -> bool:
        """Whether it is defined, and not only running."""

    def state(self) -> str:
        """`running`, `paused`, `shutdown`, `shut off`, `crashed`, ...; `gone` when libvirt no longer has it."""

    def was_destroyed(self) -> bool:
        """Whether it is off because somebody powered it off from outside, not by itself."""

    def may_be_restored(self) -> bool:
        """Whether its memory is saved, or libvirt does not know why the guest is off; true while it runs."""

    def addresses(self) -> list[str]:
        """Its IP addresses, IPv4 first; empty while none is known."""

    def agent_answer(self, command: str, **arguments: object) -> Any:
        """What its agent returns for a command; None while it doesn't answer."""

    def start(self, *, paused: bool = False) -> None:
        """Start it; `paused`: it waits for `resume_if_paused`. Raises: HypervisorError."""

    def resume_if_paused(self) -> None:
        """Let it run on after a paused start. Raises: HypervisorError."""

    def shutdown(self) -> None:
        """Ask the guest to power off. Raises: HypervisorError."""

    def reboot(self) -> None:
        """Ask the guest to reboot. Raises: HypervisorError."""

    def destroy(self) -> None:
        """Power it off. Raises: HypervisorError."""

    def undefine(self, *, remove_nvram: bool = False, remove_tpm: bool = False, remove_saved: bool = False) -> None:
        """Remove the definition; UEFI variables, TPM state, managed save and snapshot metadata stay unless named.

        Raises: HypervisorError.
        """

    def has_managed_save(self) -> bool:
        """Whether libvirt holds a saved state, which the next start restores."""

    def metadata(self, namespace: str) -> str | None:
        """The element of that namespace in its <metadata>; None where there is none, or the driver keeps none."""

    def set_metadata(self, namespace: str, prefix: str, xml: str) -> bool:
        """Store an element in its <metadata>, in the definition and in the running guest; False if not supported.

        Raises: HypervisorError.
        """

    def snapshots(self) -> list[str]:
        """XML of its snapshots; empty where the driver has none. Raises: HypervisorError."""

    def checkpoints(self) -> list[str]:
        """Names of its checkpoints; empty where the driver has none. Raises: HypervisorError."""

    def addresses_from(self, source: str) -> list[str]:
        """Its addresses from one source (`lease`, `agent`, `arp`); empty while it knows none."""

    def rename(self, name: str) -> None:
        """Give it another name; it must not run. Raises: HypervisorError."""

    def attach_device(self, xml: str) -> None:
        """Plug a device into the running guest; its definition stays. Raises: HypervisorError."""

    def detach_device(self, xml: str) -> None:
        """Unplug a device from the running guest; its definition stays. Raises: HypervisorError."""

    def update_device(self, xml: str) -> None:
        """Change a device of the running guest; its definition stays. Raises: HypervisorError."""

    def is_autostarted(self) -> bool:
        """Whether it is started with the host."""

    def set_autostart(self) -> None:
        """Have it started with the host. Raises: HypervisorError."""

    def set_memory(self, kib: int) -> bool:
        """Set the memory of the running guest; return False if it needs a reboot for that. Raises: HypervisorError."""

    def set_vcpus(self, count: int) -> bool:
        """Set the vCPUs of the running guest; return False if it needs a reboot for that. Raises: HypervisorError."""


class Host(Protocol):
    """A connection to libvirt. Reading methods never change anything."""

    @property
    def uri(self) -> str:
        """The connection's URI as libvirt gives it."""

    def driver(self) -> str:
        """libvirt's name of the driver, lower case: `qemu`, `test`, `lxc`, `xen`, `vz`, `bhyve`."""

    def version(self) -> int:
        """The hypervisor's version: 7002000 is 7.2.0."""

    def libvirt_version(self) -> int:
        """The version of the libvirt that answers: 9000000 is 9.0.0."""

    def is_alive(self) -> bool:
        """Whether the connection still stands."""

    def is_local(self) -> bool:
        """Whether the hypervisor runs on this machine."""

    def capabilities_xml(self) -> str:
        """<capabilities>."""

    def domain_capabilities_xml(
        self, emulator: str | None, arch: str | None, machine: str | None, virt_type: str | None
    ) -> str | None:
        """<domainCapabilities>, or None where the driver has no such call or refuses the machine."""

    def cpu_model_features(self, arch: str, model: str) -> frozenset[str]:
        """The features that a CPU model of libvirt's consists of; none where the driver can't tell."""

    def guest_names(self) -> frozenset[str]:
        """Names of all guests, active or not."""

    def guest_macs(self, *, fresh: bool = True) -> dict[str, str]:
        """MAC address (lower case) -> name of a guest that has it; unless `fresh`, as it was known last."""

    def shared_macs(self, uuid: str, macs: Collection[str]) -> list[str]:
        """Those of `macs` that another guest than that of the uuid has."""

    def guest_xmls(self) -> list[tuple[str, str]]:
        """(name, XML) of all guests: as they run, as they start next, and their snapshots (<domainsnapshot>)."""

    def find_guest(self, name: str) -> Guest | None:
        """The guest of that name (or uuid, or number while it runs), or None."""

    def guest_named(self, name: str) -> Guest | None:
        """The guest of that name, or None; a UUID or number finds nothing."""

    def guest_by_uuid(self, uuid: str) -> Guest | None:
        """The guest of that UUID, or None."""

    def guests(self) -> Sequence[Guest]:
        """All guests, active or not."""

    def network(self, name: str) -> NetworkFacts | None:
        """The virtual network of that name, or None."""

    def pool(self, name: str) -> PoolFacts | None:
        """The storage pool of that name, or None."""

    def pools(self) -> list[PoolFacts]:
        """All storage pools; empty where the driver has none."""

    def volume_names(self, pool: str) -> frozenset[str]:
        """Names of the volumes in a pool (that runs)."""

    def volume(self, pool: str, name: str) -> VolumeFacts | None:
        """A volume, or None."""

    def volume_by_path(self, path: str) -> VolumeFacts | None:
        """The volume that `path` is, or None."""

    def node_devices(self, capability: str | None = None) -> list[str]:
        """XML of the host's devices."""

    def node_device(self, name: str) -> str | None:
        """XML of one host device by libvirt's name of it, or None."""

    def check_guest_xml(self, xml: str) -> bool:
        """Have the driver read a guest's XML and build QEMU's command line; change nothing.

        Return False when the driver cannot do that. Raises: HypervisorError, when it rejects the XML.
        """

    def start_guest(self, xml: str, *, paused: bool = False) -> Guest:
        """Create and start a guest that isn't defined. Raises: HypervisorError."""

    def define_guest(self, xml: str) -> Guest:
        """Define a guest, or redefine one of the same uuid. Raises: HypervisorError."""

    def start_pool(self, name: str) -> None:
        """Start a pool that may run by now. Raises: StorageError."""

    def refresh_pool(self, name: str) -> None:
        """Have libvirt look at the pool's files again. Raises: StorageError."""

    def create_volume(self, pool: str, xml: str, *, preallocate: bool = False) -> VolumeFacts:
        """Make a volume. Raises: StorageError."""

    def delete_volume(self, pool: str, name: str) -> None:
        """Delete a volume. Raises: StorageError."""

    def wipe_volume(self, pool: str, name: str) -> None:
        """Overwrite a volume with zeros. Raises: StorageError."""

    def remove_reservation(self, network: str, mac: str, address: str) -> None:
        """Remove a DHCP reservation from a virtual network, if it is still as given. Raises: HypervisorError."""

    def resize_volume(self, pool: str, name: str, capacity_bytes: int) -> None:
        """Make a volume larger. Raises: StorageError."""

    def upload(self, pool: str, name: str, path: str, progress: Progress) -> None:
        """Send the local file `path` into a volume. Raises: StorageError."""

    def wait_until(self, done: Callable[[], bool], timeout_seconds: float | None) -> bool:
        """Wait until `done` says so, awake at each of the guests' events; False when time ran out."""

    def close(self) -> None:
        """Close the connection."""


def has_real_storage(host: Host) -> bool:
    """Whether disks and files are real: libvirt's test driver only imitates them."""
    return host.driver() != "test"
