"""The Guest protocol, answered through libvirt.

Source: https://libvirt.org/html/libvirt-libvirt-domain.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libvirt

from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.error_translation import UNSUPPORTED, error_text, none_if, translated
from virtinstall.libvirt_host.metadata import metadata, set_metadata
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


# a guest that was saved with `virsh save` is off for another reason
_ENDED = [
    (libvirt.VIR_DOMAIN_SHUTOFF, reason)
    for reason in (
        libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN,
        libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED,
        libvirt.VIR_DOMAIN_SHUTOFF_CRASHED,
    )
]


def start_paused_or_not(start: Callable[[int], Any], *, paused: bool) -> Any:
    """Call `start` with the flag for a paused start; without it where the driver does not know the flag.

    Raises: libvirt.libvirtError.
    """
    if paused:
        with none_if(libvirt.VIR_ERR_INVALID_ARG, libvirt.VIR_ERR_NO_SUPPORT):
            return start(libvirt.VIR_DOMAIN_START_PAUSED)
    return start(0)


class LibvirtGuest:
    """A guest that libvirt holds."""

    def __init__(self, domain: Any) -> None:
        self.domain = domain

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.domain.name())

    @property
    def uuid(self) -> str:
        """Its uuid."""
        return str(self.domain.UUIDString())

    def xml(self, *, inactive: bool = False) -> str:
        """Its XML, secrets included; `inactive`: as it will be at the next start."""
        flags = libvirt.VIR_DOMAIN_XML_SECURE | (libvirt.VIR_DOMAIN_XML_INACTIVE if inactive else 0)
        with translated(f"can't read the XML of '{self.name}'"):
            return str(self.domain.XMLDesc(flags))

    def is_active(self) -> bool:
        """Whether it runs (or is paused)."""
        return self.state() not in ("shut off", "crashed", "gone")

    def is_persistent(self) -> bool:
        """Whether it is defined, and not only running."""
        with translated(f"can't ask for the state of '{self.name}'"):
            return bool(self.domain.isPersistent())

    def state(self) -> str:
        """`running`, `paused`, `shutdown`, `shut off`, `crashed`, `suspended`; `gone` when libvirt has it no more."""
        found = self._state()
        if found is None:
            return "gone"
        state, reason = found
        if state == libvirt.VIR_DOMAIN_SHUTOFF and reason == libvirt.VIR_DOMAIN_SHUTOFF_CRASHED:
            return "crashed"
        return _STATES.get(state, "unknown")

    def was_destroyed(self) -> bool:
        """Whether it is off because somebody powered it off from outside, not by itself."""
        return self._state() == (libvirt.VIR_DOMAIN_SHUTOFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED)

    def may_be_restored(self) -> bool:
        """Whether its memory is saved, or libvirt does not know why the guest is off; true while it runs."""
        with translated(f"can't ask for the state of '{self.name}'"):
            return bool(self.domain.hasManagedSaveImage()) or self._state() not in _ENDED

    def _state(self) -> tuple[int, int] | None:
        """State and reason, None when libvirt has it no more."""
        try:
            state, reason = self.domain.state()
            return state, reason
        except libvirt.libvirtError as error:
            if error.get_error_code() in _GONE:
                return None
            raise HypervisorError(f"can't ask for the state of '{self.name}': {error_text(error)}") from error

    def addresses(self) -> list[str]:
        """Its IP addresses, IPv4 first; empty while none is known."""
        from virtinstall.libvirt_host.guest_agent import addresses

        return addresses(self.domain)

    def agent_answer(self, command: str, **arguments: object) -> Any:
        """What its agent returns for a command; None while it doesn't answer."""
        from virtinstall.libvirt_host.guest_agent import agent_answer

        return agent_answer(self.domain, command, **arguments)

    def start(self, *, paused: bool = False) -> None:
        """Start it; `paused`: it waits for `resume_if_paused`. Raises: HypervisorError."""
        with translated(f"the guest '{self.name}' does not start"):
            start_paused_or_not(self.domain.createWithFlags, paused=paused)

    def resume_if_paused(self) -> None:
        """Let it run on after a paused start. Raises: HypervisorError."""
        if self.state() == "paused":
            with translated(f"the guest '{self.name}' does not resume"):
                self.domain.resume()

    def shutdown(self) -> None:
        """Ask the guest to power off; it may take its time, or refuse. Raises: HypervisorError."""
        with translated(f"cannot shut down the guest '{self.name}'"):
            self.domain.shutdown()

    def reboot(self) -> None:
        """Ask the guest to reboot. Raises: HypervisorError."""
        with translated(f"cannot reboot the guest '{self.name}'"):
            self.domain.reboot(0)

    def destroy(self) -> None:
        """Power it off. Raises: HypervisorError."""
        with translated(f"the guest '{self.name}' can't be powered off"):
            try:
                self.domain.destroy()
            except libvirt.libvirtError:
                # the embedded driver may hear of QEMU's end before its own call returns, and calls that an error
                if self.domain.isActive():
                    raise

    def undefine(self, *, remove_nvram: bool = False, remove_tpm: bool = False, remove_saved: bool = False) -> None:
        """Remove the definition; state files stay unless named. Raises: HypervisorError."""
        with translated(f"the guest '{self.name}' can't be undefined"):
            undefine(self.domain, remove_nvram=remove_nvram, remove_tpm=remove_tpm, remove_saved=remove_saved)

    def has_managed_save(self) -> bool:
        """Whether libvirt holds a saved state, which the next start restores."""
        with translated(f"can't ask for the saved state of '{self.name}'"), none_if(*UNSUPPORTED):
            return bool(self.domain.hasManagedSaveImage())
        return False

    def metadata(self, namespace: str) -> str | None:
        """The element of that namespace in its <metadata>; None where there is none, or the driver keeps none."""
        return metadata(self.domain, namespace)

    def set_metadata(self, namespace: str, prefix: str, xml: str) -> bool:
        """Store an element in its <metadata>, in the definition and in the running guest; False if not supported.

        Raises: HypervisorError.
        """
        with translated(f"cannot store metadata of the guest '{self.name}'"):
            return set_metadata(self.domain, namespace, prefix, xml)

    def snapshots(self) -> list[str]:
        """XML of its snapshots; empty where the driver has none. Raises: HypervisorError."""
        with translated(f"cannot list the snapshots of '{self.name}'"), none_if(*UNSUPPORTED):
            return [str(each.getXMLDesc(0)) for each in self.domain.listAllSnapshots(0)]
        return []

    def checkpoints(self) -> list[str]:
        """Names of its checkpoints; empty where the driver has none. Raises: HypervisorError."""
        with translated(f"cannot list the checkpoints of '{self.name}'"), none_if(*UNSUPPORTED):
            return [str(each.getName()) for each in self.domain.listAllCheckpoints(0)]
        return []

    def addresses_from(self, source: str) -> list[str]:
        """Its addresses from one source (`lease`, `agent`, `arp`); empty while it knows none."""
        from virtinstall.libvirt_host.guest_agent import addresses

        return addresses(self.domain, source)

    def rename(self, name: str) -> None:
        """Give it another name; it must not run. Raises: HypervisorError."""
        with translated(f"the guest '{self.name}' can't be renamed to '{name}'"):
            self.domain.rename(name, 0)

    def attach_device(self, xml: str) -> None:
        """Plug a device into the running guest; its definition stays. Raises: HypervisorError."""
        with translated("the device can't be plugged in"):
            self.domain.attachDeviceFlags(xml, libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def detach_device(self, xml: str) -> None:
        """Unplug a device from the running guest; its definition stays. Raises: HypervisorError."""
        with translated("the device can't be unplugged"):
            self.domain.detachDeviceFlags(xml, libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def update_device(self, xml: str) -> None:
        """Change a device of the running guest; its definition stays. Raises: HypervisorError."""
        with translated("the device can't be changed while the guest runs"):
            self.domain.updateDeviceFlags(xml, libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def is_autostarted(self) -> bool:
        """Whether it is started with the host."""
        with translated(f"can't ask for the autostart of '{self.name}'"), none_if(*UNSUPPORTED):
            return bool(self.domain.autostart())
        return False

    def set_autostart(self) -> None:
        """Have it started with the host. Raises: HypervisorError."""
        with translated(f"the guest '{self.name}' can't be marked for autostart"):
            self.domain.setAutostart(1)

    def set_memory(self, kib: int) -> bool:
        """Set the memory of the running guest; return False if it needs a reboot for that. Raises: HypervisorError."""
        with translated(f"cannot set the memory of the guest '{self.name}'"):
            if kib > self.domain.maxMemory():
                return False
            self.domain.setMemoryFlags(kib, libvirt.VIR_DOMAIN_AFFECT_LIVE)
        return True

    def set_vcpus(self, count: int) -> bool:
        """Set the vCPUs of the running guest; return False if it needs a reboot for that. Raises: HypervisorError."""
        with translated(f"cannot set the vCPUs of the guest '{self.name}'"):
            if count > self.domain.maxVcpus():
                return False
            self.domain.setVcpusFlags(count, libvirt.VIR_DOMAIN_AFFECT_LIVE)
        return True
