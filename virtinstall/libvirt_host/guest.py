"""The implementation of the HostGuest protocol with libvirt.

Source: https://libvirt.org/html/libvirt-libvirt-domain.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import libvirt

from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.error_translation import UNSUPPORTED, error_text, none_if, translated
from virtinstall.libvirt_host.metadata import metadata, set_metadata
from virtinstall.libvirt_host.states import OFF
from virtinstall.libvirt_host.undefine import undefine

_STATES = {
    libvirt.VIR_DOMAIN_RUNNING: "running",
    libvirt.VIR_DOMAIN_BLOCKED: "running",
    libvirt.VIR_DOMAIN_PAUSED: "paused",
    libvirt.VIR_DOMAIN_SHUTDOWN: "shutdown",
    libvirt.VIR_DOMAIN_SHUTOFF: "shut off",
    libvirt.VIR_DOMAIN_CRASHED: "crashed",
    libvirt.VIR_DOMAIN_PMSUSPENDED: "suspended",
}
_GONE = (libvirt.VIR_ERR_NO_DOMAIN,)

# a guest saved with `virsh save` is off for another reason
_ENDED = [
    (libvirt.VIR_DOMAIN_SHUTOFF, reason)
    for reason in (
        libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN,
        libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED,
        libvirt.VIR_DOMAIN_SHUTOFF_CRASHED,
    )
]


def start_paused_or_not(start: Callable[[int], Any], *, paused: bool) -> Any:
    """Call `start` with VIR_DOMAIN_START_PAUSED if `paused` is true, otherwise with 0; return the result.

    If the driver rejects the flag, `start` is called again with 0.

    Raises: libvirt.libvirtError.
    """
    if paused:
        with none_if(libvirt.VIR_ERR_INVALID_ARG, libvirt.VIR_ERR_NO_SUPPORT):
            return start(libvirt.VIR_DOMAIN_START_PAUSED)
    return start(0)


def _state_name(found: tuple[int, int] | None) -> str:
    if found is None:
        return "gone"
    if found == (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED):
        return "crashed"
    return _STATES.get(found[0], "unknown")


class LibvirtGuest:
    """A guest, accessed through `domain`, a domain object from libvirt."""

    def __init__(self, domain: Any) -> None:
        self.domain = domain

    @property
    def name(self) -> str:
        """The guest's name."""
        return str(self.domain.name())

    @property
    def uuid(self) -> str:
        """The guest's UUID."""
        return str(self.domain.UUIDString())

    def xml(self, *, inactive: bool = False) -> str:
        """Return the guest's XML, including secrets; with `inactive`, the XML for the guest's next start."""
        flags = libvirt.VIR_DOMAIN_XML_SECURE | (libvirt.VIR_DOMAIN_XML_INACTIVE if inactive else 0)
        with translated(f"cannot read the XML of the guest '{self.name}'"):
            return str(self.domain.XMLDesc(flags))

    def is_active(self) -> bool:
        """Return whether the guest is running, paused, suspended or shutting down."""
        return self.state() not in OFF

    def is_persistent(self) -> bool:
        """Return whether the guest is defined; a transient guest is not."""
        with translated(f"cannot query the state of the guest '{self.name}'"):
            return bool(self.domain.isPersistent())

    def state(self) -> str:
        """Return the guest's state; `gone` if the guest no longer exists.

        The other states are `running`, `paused`, `shutdown` (the guest is shutting down), `shut off`, `crashed`,
        `suspended` and `unknown`.
        """
        return _state_name(self._state())

    def end(self) -> str:
        """Return `destroyed` if the guest was powered off, as by `virsh destroy`, otherwise the same as `state`."""
        found = self._state()
        if found == (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED):
            return "destroyed"
        return _state_name(found)

    def may_be_restored(self) -> bool:
        """Return whether the contents of the guest's memory may still exist, in an active guest or in a saved state.

        Return False only if libvirt has no managed save and reports that the guest has shut down, was powered off or
        crashed.
        """
        with translated(f"cannot query the state of the guest '{self.name}'"):
            return bool(self.domain.hasManagedSaveImage()) or self._state() not in _ENDED

    def _state(self) -> tuple[int, int] | None:
        """Return the state and the reason; None if the guest no longer exists."""
        try:
            state, reason = self.domain.state()
            return state, reason
        except libvirt.libvirtError as error:
            if error.get_error_code() in _GONE:
                return None
            raise HypervisorError(f"cannot query the state of the guest '{self.name}': {error_text(error)}") from error

    def addresses(self) -> list[str]:
        """Return the guest's IP addresses, IPv4 first; an empty list if no address is known."""
        from virtinstall.libvirt_host.guest_agent import addresses

        return addresses(self.domain)

    def agent_answer(self, command: str, **arguments: object) -> Any:
        """Return the guest agent's result for `command` with `arguments`; None if the agent returns no result."""
        from virtinstall.libvirt_host.guest_agent import agent_answer

        return agent_answer(self.domain, command, **arguments)

    def agent_command(self, command: str, **arguments: object) -> Any:
        """Return the guest agent's result for `command` with `arguments`, decoded from JSON.

        Raises: HypervisorError, if the agent does not answer or reports an error.
        """
        from virtinstall.libvirt_host.guest_agent import agent_command

        with translated(f"the guest agent command {command} failed in the guest '{self.name}'"):
            return agent_command(self.domain, command, **arguments)

    def start(self, *, paused: bool = False) -> None:
        """Start the guest; if `paused` is true and the driver supports it, the guest stays paused after the start.

        Raises: HypervisorError.
        """
        with translated(f"cannot start the guest '{self.name}'"):
            start_paused_or_not(self.domain.createWithFlags, paused=paused)

    def resume_if_paused(self) -> None:
        """Resume the guest if it is paused.

        Raises: HypervisorError.
        """
        if self.state() != "paused":
            return
        with translated(f"cannot resume the guest '{self.name}'"):
            try:
                self.domain.resume()
            except libvirt.libvirtError:
                # another thread or program resumed it, or it was paused only while it started
                if self._state() is not None and self.state() == "paused":
                    raise

    def open_console(self, stream: Any) -> None:
        """Connect the guest's first text console to `stream`, a stream object from libvirt.

        Raises: libvirt.libvirtError.
        """
        self.domain.openConsole(None, stream, 0)

    def shutdown(self) -> None:
        """Request a shutdown of the guest and return immediately; the guest may ignore the request.

        Raises: HypervisorError.
        """
        with translated(f"cannot shut down the guest '{self.name}'"):
            self.domain.shutdown()

    def reboot(self) -> None:
        """Request a reboot of the guest and return immediately; the guest may ignore the request.

        Raises: HypervisorError.
        """
        with translated(f"cannot reboot the guest '{self.name}'"):
            self.domain.reboot(0)

    def destroy(self) -> None:
        """Power off the guest.

        Raises: HypervisorError.
        """
        with translated(f"cannot power off the guest '{self.name}'"):
            try:
                self.domain.destroy()
            except libvirt.libvirtError:
                # the embedded driver may receive QEMU's end before its call returns, and reports that as an error
                if self.domain.isActive():
                    raise

    def undefine(self, *, remove_nvram: bool = False, remove_tpm: bool = False, remove_saved: bool = False) -> None:
        """Remove the guest's definition and, if requested, the guest's other state.

        `remove_nvram` removes the UEFI variables, `remove_tpm` the TPM state, and `remove_saved` the managed save and
        the metadata for snapshots and checkpoints.

        Raises: HypervisorError.
        """
        with translated(f"cannot undefine the guest '{self.name}'"):
            undefine(self.domain, remove_nvram=remove_nvram, remove_tpm=remove_tpm, remove_saved=remove_saved)

    def has_managed_save(self) -> bool:
        """Return whether libvirt has a managed save of the guest, which the guest's next start restores."""
        with translated(f"cannot query the saved state of the guest '{self.name}'"), none_if(*UNSUPPORTED):
            return bool(self.domain.hasManagedSaveImage())
        return False

    def metadata(self, namespace: str) -> str | None:
        """Return the XML of the element with the XML namespace `namespace` in the guest's <metadata>.

        Return None if there is no such element or the driver does not support metadata.
        """
        with translated(f"cannot read the metadata of the guest '{self.name}'"):
            return metadata(self.domain, namespace)

    def set_metadata(self, namespace: str, prefix: str, xml: str) -> bool:
        """Store the XML element `xml` in the <metadata> of the guest's definition and of the active guest.

        `namespace` is the element's XML namespace, and `prefix` the prefix for this namespace. Return False if the
        driver does not support metadata, otherwise True.

        Raises: HypervisorError.
        """
        with translated(f"cannot store metadata for the guest '{self.name}'"):
            return set_metadata(self.domain, namespace, prefix, xml)

    def snapshots(self) -> list[str]:
        """Return the XML of each snapshot of the guest; an empty list if the driver does not support snapshots.

        Raises: HypervisorError.
        """
        with translated(f"cannot list the snapshots of the guest '{self.name}'"), none_if(*UNSUPPORTED):
            return [str(each.getXMLDesc(0)) for each in self.domain.listAllSnapshots(0)]
        return []

    def checkpoints(self) -> list[str]:
        """Return the names of the guest's checkpoints; an empty list if the driver does not support checkpoints.

        Raises: HypervisorError.
        """
        with translated(f"cannot list the checkpoints of the guest '{self.name}'"), none_if(*UNSUPPORTED):
            return [str(each.getName()) for each in self.domain.listAllCheckpoints(0)]
        return []

    def forget_snapshots(self) -> None:
        """Remove libvirt's metadata for all snapshots and checkpoints of the guest; no image is changed.

        Raises: HypervisorError.
        """
        with translated(f"cannot remove the snapshots of the guest '{self.name}'"), none_if(*UNSUPPORTED):
            for snapshot in self.domain.listAllSnapshots(0):
                snapshot.delete(libvirt.VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY)
        with translated(f"cannot remove the checkpoints of the guest '{self.name}'"), none_if(*UNSUPPORTED):
            for checkpoint in self.domain.listAllCheckpoints(0):
                checkpoint.delete(libvirt.VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY)

    def addresses_from(self, source: str) -> list[str]:
        """Return the guest's IP addresses from `source`: `lease`, `agent` or `arp`; an empty list if it has none."""
        from virtinstall.libvirt_host.guest_agent import addresses

        return addresses(self.domain, source)

    def discard_managed_save(self) -> None:
        """Delete the guest's managed save, if there is one.

        Raises: HypervisorError.
        """
        if self.has_managed_save():
            with translated(f"cannot discard the saved state of the guest '{self.name}'"):
                self.domain.managedSaveRemove(0)

    def rename(self, name: str) -> None:
        """Rename the guest to `name`; the guest must be shut off.

        Raises: HypervisorError.
        """
        with translated(f"cannot rename the guest '{self.name}' to '{name}'"):
            self.domain.rename(name, 0)

    def attach_device(self, xml: str) -> None:
        """Hot-plug the device that `xml` describes into the running guest; the guest's definition is not changed.

        Raises: HypervisorError.
        """
        with translated(f"cannot attach the device to the running guest '{self.name}'"):
            self.domain.attachDeviceFlags(xml, libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def detach_device(self, xml: str) -> None:
        """Hot-unplug the device that `xml` describes from the running guest; the guest's definition is not changed.

        Raises: HypervisorError.
        """
        with translated(f"cannot detach the device from the running guest '{self.name}'"):
            self.domain.detachDeviceFlags(xml, libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def update_device(self, xml: str) -> None:
        """Change a device of the running guest as `xml` describes; the guest's definition is not changed.

        Raises: HypervisorError.
        """
        with translated(f"cannot update the device in the running guest '{self.name}'"):
            self.domain.updateDeviceFlags(xml, libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def is_autostarted(self) -> bool:
        """Return whether libvirt starts the guest when the host boots."""
        with translated(f"cannot query the autostart setting of the guest '{self.name}'"), none_if(*UNSUPPORTED):
            return bool(self.domain.autostart())
        return False

    def set_autostart(self, enabled: bool = True) -> None:
        """Set whether libvirt starts the guest when the host boots.

        Raises: HypervisorError.
        """
        with translated(f"cannot change the autostart setting of the guest '{self.name}'"):
            self.domain.setAutostart(int(enabled))

    def set_memory(self, kib: int) -> bool:
        """Set the memory size of the running guest to `kib` KiB, and return True.

        Return False, and change nothing, if `kib` exceeds the guest's current maximum memory size.

        Raises: HypervisorError.
        """
        with translated(f"cannot set the memory size of the guest '{self.name}'"):
            if kib > self.domain.maxMemory():
                return False
            self.domain.setMemoryFlags(kib, libvirt.VIR_DOMAIN_AFFECT_LIVE)
        return True

    def set_vcpus(self, count: int) -> bool:
        """Set the number of vCPUs of the running guest to `count`, and return True.

        Return False, and change nothing, if `count` exceeds the guest's current maximum number of vCPUs.

        Raises: HypervisorError.
        """
        with translated(f"cannot set the number of vCPUs of the guest '{self.name}'"):
            if count > self.domain.maxVcpus():
                return False
            self.domain.setVcpusFlags(count, libvirt.VIR_DOMAIN_AFFECT_LIVE)
        return True

    def set_texts(self, *, title: str | None, description: str | None) -> None:
        """Set the title and the description of the running guest; None removes the respective text.

        Raises: HypervisorError.
        """
        kinds = ((libvirt.VIR_DOMAIN_METADATA_TITLE, title), (libvirt.VIR_DOMAIN_METADATA_DESCRIPTION, description))
        with translated(f"cannot set the title and description of the guest '{self.name}'"):
            for kind, text in kinds:
                self.domain.setMetadata(kind, text, None, None, libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def disk_capacity(self, target: str) -> int | None:
        """Return the size in bytes of the guest's disk `target`, such as `vda`; None if the size is unknown."""
        try:
            return int(self.domain.blockInfo(target)[0]) or None
        except libvirt.libvirtError:
            # an empty drive, a file that is gone, a driver without this call
            return None

    def set_throttling(self, target: str, limits: Mapping[str, int]) -> None:
        """Set the I/O limits of the running guest's disk `target`, such as `vda`.

        The keys of `limits` are names of <iotune> elements, such as `total_iops_sec`. Limits that are not in `limits`
        are removed.

        Raises: HypervisorError.
        """
        with translated(f"cannot change the I/O limits of the disk '{target}' in the running guest '{self.name}'"):
            present = self.domain.blockIoTune(target, libvirt.VIR_DOMAIN_AFFECT_LIVE)
            known = {
                name: 0 for name, value in present.items() if isinstance(value, int) and not name.endswith("_length")
            }
            self.domain.setBlockIoTune(target, {**known, **limits}, libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def resize_disk(self, target: str, size_bytes: int) -> None:
        """Enlarge the running guest's disk `target`, such as `vda`, to `size_bytes`.

        Raises: HypervisorError.
        """
        with translated(f"cannot resize the disk '{target}' in the guest '{self.name}'"):
            self.domain.blockResize(target, size_bytes, libvirt.VIR_DOMAIN_BLOCK_RESIZE_BYTES)
