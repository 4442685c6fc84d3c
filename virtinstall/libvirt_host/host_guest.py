"""The protocol for the queries and changes of one guest.

`guest.py` implements it with libvirt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class HostGuest(Protocol):
    """A guest that libvirt manages."""

    @property
    def name(self) -> str:
        """The guest's name."""

    @property
    def uuid(self) -> str:
        """The guest's UUID."""

    def xml(self, *, inactive: bool = False) -> str:
        """Return the guest's XML, including secrets; with `inactive`, the XML for the guest's next start."""

    def is_active(self) -> bool:
        """Return whether the guest is running, paused, suspended or shutting down."""

    def is_persistent(self) -> bool:
        """Return whether the guest is defined; a transient guest is not."""

    def state(self) -> str:
        """Return the guest's state, as virsh names it; `gone` if the guest no longer exists.

        The other states are `running`, `paused`, `shutdown` (the guest is shutting down), `shut off`, `crashed`,
        `suspended` and `unknown`.
        """

    def end(self) -> str:
        """Return `destroyed` if the guest was powered off, for example by `virsh destroy`, otherwise the state."""

    def may_be_restored(self) -> bool:
        """Return whether the guest is running or its memory may have been saved.

        Return False only if libvirt has no managed save, and reports that the guest shut down, was powered off or
        crashed.
        """

    def open_console(self, stream: Any) -> None:
        """Connect the guest's first text console to `stream`, a stream object from libvirt.

        Raises: libvirt.libvirtError.
        """

    def addresses(self) -> list[str]:
        """Return the guest's IP addresses, IPv4 first; empty if no address is known."""

    def agent_answer(self, command: str, **arguments: object) -> Any:
        """Return the guest agent's result for a command; None if the agent does not answer or reports an error."""

    def agent_command(self, command: str, **arguments: object) -> Any:
        """Return the guest agent's result for a command, decoded from JSON.

        Raises: HypervisorError, if the agent does not answer or reports an error.
        """

    def start(self, *, paused: bool = False) -> None:
        """Start the guest; with `paused`, it is paused until `resume_if_paused` is called, if the driver supports this.

        Raises: HypervisorError.
        """

    def resume_if_paused(self) -> None:
        """Resume the guest if it is paused.

        Raises: HypervisorError.
        """

    def shutdown(self) -> None:
        """Request a shutdown of the guest, which may take a while; the guest may also ignore the request.

        Raises: HypervisorError.
        """

    def reboot(self) -> None:
        """Request a reboot of the guest.

        Raises: HypervisorError.
        """

    def destroy(self) -> None:
        """Power off the guest.

        Raises: HypervisorError.
        """

    def undefine(self, *, remove_nvram: bool = False, remove_tpm: bool = False, remove_saved: bool = False) -> None:
        """Remove the guest's definition, and the state that the arguments select.

        The state is the UEFI variables, the TPM state, and the managed save with the metadata for snapshots and
        checkpoints.

        Raises: HypervisorError.
        """

    def has_managed_save(self) -> bool:
        """Return whether libvirt has a managed save of the guest, which the guest's next start restores."""

    def metadata(self, namespace: str) -> str | None:
        """Return, as XML, the element in the XML namespace `namespace` in the guest's <metadata>.

        Return None if there is no such element or the driver does not support metadata.
        """

    def set_metadata(self, namespace: str, prefix: str, xml: str) -> bool:
        """Store an XML element in the <metadata> of the guest's definition and, if it is running, of the live guest.

        `prefix` is the prefix for the namespace. Return False if the driver does not support metadata, otherwise True.

        Raises: HypervisorError.
        """

    def snapshots(self) -> list[str]:
        """Return the XML of each of the guest's snapshots; empty if the driver does not support snapshots.

        Raises: HypervisorError.
        """

    def checkpoints(self) -> list[str]:
        """Return the names of the guest's checkpoints; empty if the driver does not support checkpoints.

        Raises: HypervisorError.
        """

    def forget_snapshots(self) -> None:
        """Remove libvirt's metadata for all snapshots and checkpoints of the guest; no image is changed.

        Raises: HypervisorError.
        """

    def addresses_from(self, source: str) -> list[str]:
        """Return the guest's IP addresses from one source: `lease`, `agent` or `arp`; empty if the source has none."""

    def discard_managed_save(self) -> None:
        """Delete the guest's managed save, if there is one.

        Raises: HypervisorError.
        """

    def rename(self, name: str) -> None:
        """Rename the guest, which must be off.

        Raises: HypervisorError.
        """

    def attach_device(self, xml: str) -> None:
        """Hot-plug the device `xml` into the running guest; the guest's definition is not changed.

        Raises: HypervisorError.
        """

    def detach_device(self, xml: str) -> None:
        """Hot-unplug the device `xml` from the running guest; the guest's definition is not changed.

        Raises: HypervisorError.
        """

    def update_device(self, xml: str) -> None:
        """Change a device of the running guest to `xml`; the guest's definition is not changed.

        Raises: HypervisorError.
        """

    def is_autostarted(self) -> bool:
        """Return whether libvirt starts the guest when the host boots."""

    def set_autostart(self, enabled: bool = True) -> None:
        """Set whether libvirt starts the guest when the host boots.

        Raises: HypervisorError.
        """

    def set_memory(self, kib: int) -> bool:
        """Set the memory size of the running guest in KiB, and return True.

        Return False, and change nothing, if `kib` exceeds the guest's current maximum.

        Raises: HypervisorError.
        """

    def set_vcpus(self, count: int) -> bool:
        """Set the number of vCPUs of the running guest, and return True.

        Return False, and change nothing, if `count` exceeds the guest's current maximum.

        Raises: HypervisorError.
        """

    def set_texts(self, *, title: str | None, description: str | None) -> None:
        """Set the title and description of the running guest; None removes the title or description.

        Raises: HypervisorError.
        """

    def disk_capacity(self, target: str) -> int | None:
        """Return the size in bytes of the guest's disk `target`, such as `vda`; None if the size is unknown."""

    def set_throttling(self, target: str, limits: Mapping[str, int]) -> None:
        """Set the I/O limits of the running guest's disk `target`, such as `vda`.

        The keys of `limits` are names of <iotune> elements, such as `total_iops_sec`. Limits that are not in `limits`
        are removed.

        Raises: HypervisorError.
        """

    def resize_disk(self, target: str, size_bytes: int) -> None:
        """Enlarge the running guest's disk `target`, such as `vda`, to `size_bytes`.

        Raises: HypervisorError.
        """
