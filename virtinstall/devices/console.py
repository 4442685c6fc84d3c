"""`--console`: a text console.

Source: https://libvirt.org/formatdomain.html#consoles-serial-parallel-channel-devices
"""

from __future__ import annotations

from virtinstall.devices.character import CharacterDevice


class Console(CharacterDevice):
    """<console>: a text console."""

    tag = "console"
