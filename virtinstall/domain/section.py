"""What the sections of a domain share that have an option of their own.

Source: https://libvirt.org/formatdomain.html
"""

from __future__ import annotations

from typing import ClassVar

from virtinstall.xml.element import Element


class Section(Element):
    """Base of the classes directly below <domain>.

    Classes without a `tag` are mixed into `Domain`: their fields stand on <domain> itself.
    """

    above: ClassVar[tuple[str, ...] | None] = ()
