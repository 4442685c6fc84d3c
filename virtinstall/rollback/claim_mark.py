"""The mark of a small guest that only reserves a name and a UUID while a run creates the real guest."""

from __future__ import annotations

from lxml import etree

CLAIM_TITLE = "virtinstall is creating this guest"


def is_claim(xml: str) -> bool:
    """Return whether the guest that `xml` describes only reserves a name and a UUID.

    Such a guest has the title CLAIM_TITLE and no disk.
    """
    domain = etree.fromstring(xml.encode())
    return domain.findtext("title") == CLAIM_TITLE and domain.find("devices/disk") is None
