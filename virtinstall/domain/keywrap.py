"""`--keywrap`: keys that the host wraps for the guest (s390).

Source: https://libvirt.org/formatdomain.html#key-wrap
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import ON_OFF, TEXT


class Cipher(Element):
    """<cipher>: whether the keys of one cipher are wrapped."""

    tag = "cipher"

    name: XmlField[str] = XmlField("./@name", TEXT, "Cipher: `aes`, `dea`.", commas=True)
    state: XmlField[bool] = XmlField("./@state", ON_OFF, "Whether keys of the cipher are wrapped.", commas=True)


class Keywrap(Section):
    """<keywrap>: the ciphers whose keys may be wrapped."""

    tag = "keywrap"

    ciphers: Children[Cipher] = Children("./cipher", Cipher, "Ciphers.")
