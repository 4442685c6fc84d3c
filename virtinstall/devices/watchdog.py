"""`--watchdog`: a device that acts when the guest hangs.

Source: https://libvirt.org/formatdomain.html#watchdog-devices
"""

from __future__ import annotations

from virtinstall.devices.device import Device, unless_default
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT


class Watchdog(Device):
    """<watchdog>: a device that resets, stops or reports a guest that no longer triggers it."""

    tag = "watchdog"
    bare = ("model",)

    model: XmlField[str] = XmlField(
        "./@model", TEXT, "Device model: `i6300esb`, `ib700`, `diag288`, `itco`.", convert=unless_default
    )
    action: XmlField[str] = XmlField(
        "./@action",
        TEXT,
        "Action on a timeout: `reset`, `poweroff`, `pause`, `dump`, ...",
        convert=unless_default,
    )
