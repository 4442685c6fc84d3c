"""`--serial`: a serial port.

Source: https://libvirt.org/formatdomain.html#consoles-serial-parallel-channel-devices
"""

from __future__ import annotations

from virtinstall.devices.character import CharacterDevice


class Serial(CharacterDevice):
    """<serial>: a serial port."""

    tag = "serial"
