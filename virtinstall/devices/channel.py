"""`--channel`: a private channel between host and guest.

Source: https://libvirt.org/formatdomain.html#consoles-serial-parallel-channel-devices
"""

from __future__ import annotations

from virtinstall.devices.character import CharacterDevice


class Channel(CharacterDevice):
    """<channel>: a private channel between host and guest."""

    tag = "channel"
    option = "--channel"
