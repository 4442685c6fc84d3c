"""`--metadata`: what identifies and describes the guest.

Source: https://libvirt.org/formatdomain.html#general-metadata
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import Setting, XmlField
from virtinstall.xml.kinds import PRESENT, TEXT


class Metadata(Section):
    """Name, uuid, title and the like; mixed into `Domain`."""

    option = "--metadata"

    name = XmlField("./name", TEXT, "Name of the guest, unique on its host.", commas=True)
    title = XmlField("./title", TEXT, "Short title for people, one line.", commas=True)
    uuid = XmlField("./uuid", TEXT, "Identity of the guest; invented when it isn't given.")
    genid = XmlField("./genid", TEXT, "Generation id, which the guest sees change when it is rolled back.")
    genid_enable = XmlField("./genid", PRESENT, "Have a generation id, invented by libvirt.", name="genid_enable")
    description = XmlField("./description", TEXT, "Free text about the guest.", commas=True)
    os_name = Setting(TEXT, "Operating system by its short name, such as `debian12`; noted as its full id.")
    os_full_id = Setting(TEXT, "Operating system by its full id, such as `http://debian.org/debian/12`.")
    os_id = XmlField(
        "./metadata/libosinfo:libosinfo/libosinfo:os/@id",
        TEXT,
        "Full id of the operating system, as noted for other tools.",
        name=None,
        match=False,
    )
