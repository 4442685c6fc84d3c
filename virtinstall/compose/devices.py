"""The steps that complete the devices of a new guest, and the devices that virt-xml or a script adds later."""

from __future__ import annotations

from virtinstall.compose import consoles, display, hostdevs, interfaces, small_devices
from virtinstall.compose.draft import Draft


def fill_devices(draft: Draft) -> None:
    """Complete the requested devices, and add the default devices that the request does not disable.

    The disks must already be resolved.

    Raises: RequestError, if the settings of a device contradict each other, or if the host does not support a device.
    """
    hostdevs.resolve_hostdevs(draft)
    interfaces.add_interfaces(draft)
    consoles.add_consoles(draft)
    consoles.add_channels(draft)
    display.add_display(draft)
    display.add_spice_parts(draft)
    display.add_video(draft)
    display.add_inputs(draft)
    display.add_sound(draft)
    consoles.fill_character_devices(draft)
    small_devices.add_tpm(draft)
    small_devices.add_rng(draft)
    small_devices.add_memballoon(draft)
    small_devices.fill_small_devices(draft)
