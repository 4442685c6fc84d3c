"""`--parallel`: a parallel port.

Source: https://libvirt.org/formatdomain.html#consoles-serial-parallel-channel-devices
"""

from __future__ import annotations

from virtinstall.devices.character import CharacterDevice


class Parallel(CharacterDevice):
    """<parallel>: a parallel port."""

    tag = "parallel"
