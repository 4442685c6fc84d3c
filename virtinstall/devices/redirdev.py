"""`--redirdev`: USB devices of the client's machine.

Source: https://libvirt.org/formatdomain.html#redirected-devices
"""

from __future__ import annotations

from virtinstall.devices.character import CharacterSource, split_host
from virtinstall.devices.device import Device, unless_default
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, TEXT


def _set_server(redirdev: Redirdev, text: str) -> None:
    redirdev.source_host, redirdev.source_service = split_host(text)


class Redirdev(Device, CharacterSource):
    """<redirdev>: a port for a redirected USB device."""

    tag = "redirdev"
    none_word = "suppress"
    bare = ("bus",)

    boot_order: XmlField[int] = XmlField(
        "./boot/@order", INTEGER, "Position in the boot order: `1` is first.", aliases=("boot_order",)
    )
    bus: XmlField[str] = XmlField("./@bus", TEXT, "Bus: `usb`.", convert=unless_default)
    type: XmlField[str] = XmlField(
        "./@type", TEXT, "Kind of connection: `spicevmc`, `tcp`, ...", convert=unless_default
    )
    server = Suboption("server", _set_server, "Deprecated form of `source.host`: HOST:PORT to connect to.")
