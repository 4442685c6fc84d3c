"""Extraction of all strings from a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from virtinstall.xml.element import Element


def texts_of(value: object) -> Iterator[str]:
    """Yield every string value in `value`: a request, a part of a request, or an XML element including its settings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Element):
        yield from _texts_of_element(value)
    elif isinstance(value, Mapping):
        yield from texts_of(tuple(value.values()))
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from texts_of(each)
    elif hasattr(value, "__dict__"):
        yield from texts_of(tuple(vars(value).values()))


def _texts_of_element(element: Element) -> Iterator[str]:
    if element.node is not None:
        for node in element.node.iter():
            yield from (text for text in (node.text, *node.attrib.values()) if text)
        for known in {id(each): each for each in element.wrappers.values()}.values():
            if known is not element:
                yield from texts_of(known.settings)
    yield from texts_of(element.settings)
    for pending in element.pending.values():
        yield from _texts_of_element(pending)
