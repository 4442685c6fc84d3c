"""Writes answer files in XML: `make.disk(make.id("0"), kind="x")` is <disk kind="x"><id>0</id></disk>."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree


class ElementMaker:
    """Makes elements of one namespace; `nsmap` has the prefixes that the document uses."""

    def __init__(self, namespace: str, nsmap: Mapping[str | None, str]) -> None:
        self._namespace = namespace
        # lxml wants None for the default namespace, which its stubs do not know
        self._nsmap: Any = dict(nsmap)

    def __call__(self, tag: str, *content: etree._Element | str, **attributes: str) -> etree._Element:
        """An element with text or children."""
        element = etree.Element(f"{{{self._namespace}}}{tag}", attributes, self._nsmap)
        for part in content:
            if isinstance(part, str):
                element.text = part
            else:
                element.append(part)
        return element

    def __getattr__(self, tag: str) -> Callable[..., etree._Element]:
        def make(*content: etree._Element | str, **attributes: str) -> etree._Element:
            return self(tag, *content, **attributes)

        return make
