"""`--nvram`: the NVRAM of a pseries machine.

Source: https://libvirt.org/formatdomain.html#nvram-device
"""

from __future__ import annotations

from virtinstall.devices.device import Device


class Nvram(Device):
    """<nvram>: the NVRAM of a pseries machine."""

    tag = "nvram"
