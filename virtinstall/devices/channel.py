"""`--channel`: a private channel between host and guest.

Source: https://libvirt.org/formatdomain.html#consoles-serial-parallel-channel-devices
"""

from __future__ import annotations

from virtinstall.devices.character import CharacterDevice

# the guest agents of SPICE and QEMU look for a channel with this name
CLIPBOARD_NAME = "com.redhat.spice.0"
CLIPBOARD_TYPES = ("spicevmc", "qemu-vdagent")


class Channel(CharacterDevice):
    """<channel>: a private channel between host and guest."""

    tag = "channel"
