"""The base class of the domain's sections that have an option.

Source: https://libvirt.org/formatdomain.html
"""

from __future__ import annotations

from typing import ClassVar

from virtinstall.xml.element import Element


class Section(Element):
    """The base class of the sections directly below <domain>.

    Classes without a `tag` are base classes of `Domain`, so that their fields belong to <domain> directly.
    """

    above: ClassVar[tuple[str, ...] | None] = ()
