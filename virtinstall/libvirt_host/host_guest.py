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
        """Return the guest's state; `gone` if the guest no longer exists.

        The other states are `running`, `paused`, `shutdown` (the guest is shutting down), `shut off`, `crashed`,
        `suspended` and `unknown`.
        """

    def end(self) -> str:
        """Return `destroyed` if the guest was powered off, as by `virsh destroy`, otherwise the same as `state`."""

    def may_be_restored(self) -> bool:
        """Return whether the contents of the guest's memory may still exist, in an active guest or in a saved state.

        Return False only if libvirt has no managed save and reports that the guest has shut down, was powered off or
        crashed.
        """

    def open_console(self, stream: Any) -> None:
        """Connect the guest's first text console to `stream`, a stream object from libvirt.

        Raises: libvirt.libvirtError.
        """

    def addresses(self) -> list[str]:
        """Return the guest's IP addresses, IPv4 first; an empty list if no address is known."""

    def agent_answer(self, command: str, **arguments: object) -> Any:
        """Return the guest agent's result for `command` with `arguments`; None if the agent returns no result."""

    def agent_command(self, command: str, **arguments: object) -> Any:
        """Return the guest agent's result for `command` with `arguments`, decoded from JSON.

        Raises: HypervisorError, if the agent does not answer or reports an error.
        """

    def start(self, *, paused: bool = False) -> None:
        """Start the guest; if `paused` is true and the driver supports it, the guest stays paused after the start.

        Raises: HypervisorError.
        """

    def resume_if_paused(self) -> None:
        """Resume the guest if it is paused.

        Raises: HypervisorError.
        """

    def shutdown(self) -> None:
        """Request a shutdown of the guest and return immediately; the guest may ignore the request.

        Raises: HypervisorError.
        """

    def reboot(self) -> None:
        """Request a reboot of the guest and return immediately; the guest may ignore the request.

        Raises: HypervisorError.
        """

    def destroy(self) -> None:
        """Power off the guest.

        Raises: HypervisorError.
        """

    def undefine(self, *, remove_nvram: bool = False, remove_tpm: bool = False, remove_saved: bool = False) -> None:
        """Remove the guest's definition and, if requested, the guest's other state.

        `remove_nvram` removes the UEFI variables, `remove_tpm` the TPM state, and `remove_saved` the managed save and
        the metadata for snapshots and checkpoints.

        Raises: HypervisorError.
        """

    def has_managed_save(self) -> bool:
        """Return whether libvirt has a managed save of the guest, which the guest's next start restores."""

    def metadata(self, namespace: str) -> str | None:
        """Return the XML of the element with the XML namespace `namespace` in the guest's <metadata>.

        Return None if there is no such element or the driver does not support metadata.
        """

    def set_metadata(self, namespace: str, prefix: str, xml: str) -> bool:
        """Store the XML element `xml` in the <metadata> of the guest's definition and of the active guest.

        `namespace` is the element's XML namespace, and `prefix` the prefix for this namespace. Return False if the
        driver does not support metadata, otherwise True.

        Raises: HypervisorError.
        """

    def snapshots(self) -> list[str]:
        """Return the XML of each snapshot of the guest; an empty list if the driver does not support snapshots.

        Raises: HypervisorError.
        """

    def checkpoints(self) -> list[str]:
        """Return the names of the guest's checkpoints; an empty list if the driver does not support checkpoints.

        Raises: HypervisorError.
        """

    def forget_snapshots(self) -> None:
        """Remove libvirt's metadata for all snapshots and checkpoints of the guest; no image is changed.

        Raises: HypervisorError.
        """

    def addresses_from(self, source: str) -> list[str]:
        """Return the guest's IP addresses from `source`: `lease`, `agent` or `arp`; an empty list if it has none."""

    def discard_managed_save(self) -> None:
        """Delete the guest's managed save, if there is one.

        Raises: HypervisorError.
        """

    def rename(self, name: str) -> None:
        """Rename the guest to `name`; the guest must be shut off.

        Raises: HypervisorError.
        """

    def attach_device(self, xml: str) -> None:
        """Hot-plug the device that `xml` describes into the running guest; the guest's definition is not changed.

        Raises: HypervisorError.
        """

    def detach_device(self, xml: str) -> None:
        """Hot-unplug the device that `xml` describes from the running guest; the guest's definition is not changed.

        Raises: HypervisorError.
        """

    def update_device(self, xml: str) -> None:
        """Change a device of the running guest as `xml` describes; the guest's definition is not changed.

        Raises: HypervisorError.
        """

    def is_autostarted(self) -> bool:
        """Return whether libvirt starts the guest when the host boots."""

    def set_autostart(self, enabled: bool = True) -> None:
        """Set whether libvirt starts the guest when the host boots.

        Raises: HypervisorError.
        """

    def set_memory(self, kib: int) -> bool:
        """Set the memory size of the running guest to `kib` KiB, and return True.

        Return False, and change nothing, if `kib` exceeds the guest's current maximum memory size.

        Raises: HypervisorError.
        """

    def set_vcpus(self, count: int) -> bool:
        """Set the number of vCPUs of the running guest to `count`, and return True.

        Return False, and change nothing, if `count` exceeds the guest's current maximum number of vCPUs.

        Raises: HypervisorError.
        """

    def set_texts(self, *, title: str | None, description: str | None) -> None:
        """Set the title and the description of the running guest; None removes the respective text.

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
