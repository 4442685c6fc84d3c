"""`--smartcard`: a smartcard reader.

Source: https://libvirt.org/formatdomain.html#smartcard-devices
"""

from __future__ import annotations

from virtinstall.devices.character import CharacterSource
from virtinstall.devices.device import Device, unless_default
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT


class Certificate(Element):
    """<certificate>: the name of a certificate in the host's certificate database."""

    tag = "certificate"

    value: XmlField[str] = XmlField(".", TEXT, "Name of a certificate in the certificate database.", commas=True)


class Smartcard(Device, CharacterSource):
    """<smartcard>: a smartcard reader and the source of its card."""

    tag = "smartcard"
    bare = ("mode",)

    mode: XmlField[str] = XmlField(
        "./@mode", TEXT, "Source of the card: `passthrough`, `host`, `host-certificates`.", convert=unless_default
    )
    type: XmlField[str] = XmlField(
        "./@type", TEXT, "Kind of connection: `spicevmc`, `tcp`, ...", convert=unless_default
    )
    database: XmlField[str] = XmlField("./database", TEXT, "Directory of the host's certificate database.", commas=True)
    certificates: Children[Certificate] = Children("./certificate", Certificate, "Three certificates on the host.")

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """Return the order of the elements in libvirt's schema: certificates precede their database."""
        return ("./source", "./protocol", "./certificate", "./database")
