"""Documents that libvirt's schema allows are preserved by the object model.

VIRTINSTALL_FUZZ is the number of documents tried (default 200).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
from lxml import etree

from tests.xml.domain_generator import random_domain, validator
from virtinstall.domain.domain import Domain
from virtinstall.xml.children import Child, Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import parse_integer

COUNT = int(os.environ.get("VIRTINSTALL_FUZZ", "200"))
CHUNKS = 4


def documents(chunk: int) -> Iterator[etree._Element]:
    """Return one part of the documents, the same in each run."""
    return (random_domain(random.Random(seed)) for seed in range(chunk, COUNT, CHUNKS))


def canonical(root: etree._Element) -> str:
    """Return canonical XML with comments."""
    return str(etree.canonicalize(etree.tostring(root, encoding="unicode"), with_comments=True))


def unindented(root: etree._Element) -> str:
    """Return canonical XML without whitespace between elements, which writing normalizes."""
    bare = etree.fromstring(etree.tostring(root))
    for node in bare.iter():
        if len(node) and not (node.text or "").strip():
            node.text = None
        if not (node.tail or "").strip():
            node.tail = None
    return canonical(bare)


def plain_numbers(root: etree._Element) -> etree._Element:
    """Return the element with decimal integers: 0x10 that is read and set again is 16."""
    for node in root.iter(etree.Element):
        for name, text in node.attrib.items():
            node.set(name, plain_number(str(text)))
        if node.text is not None:
            node.text = plain_number(node.text)
    return root


def plain_number(text: str) -> str:
    """Return an integer in decimal, and other text unchanged."""
    try:
        return str(parse_integer(text))
    except ValueError:
        return text


def elements(element: Element) -> Iterator[Element]:
    """Yield the element and all elements below it that have a class."""
    yield element
    for attribute, declared in type(element).declarations():
        if isinstance(declared, Child) and getattr(element, attribute).exists:
            yield from elements(getattr(element, attribute))
        elif isinstance(declared, Children):
            for child in getattr(element, attribute):
                yield from elements(child)
    if isinstance(element, Domain):
        for device in element.devices:
            yield from elements(device)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_parsed_document_is_written_unchanged(chunk: int) -> None:
    """This includes comments, foreign namespaces and undeclared elements; the result is valid."""
    for root in documents(chunk):
        domain = Domain.parse(etree.tostring(root))
        written = etree.fromstring(domain.to_xml())
        assert unindented(written) == unindented(root)
        assert validator().validate(written)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_reading_fields_does_not_change_the_document(chunk: int) -> None:
    """No element is created or removed."""
    for root in documents(chunk):
        domain = Domain.parse(etree.tostring(root))
        for element in elements(domain):
            for attribute, declared in type(element).declarations():
                if isinstance(declared, XmlField):
                    getattr(element, attribute)
        assert domain.node is not None
        assert canonical(domain.node) == canonical(root)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_setting_fields_to_their_values_does_not_change_the_document(chunk: int) -> None:
    """Each field is set to its current value."""
    for root in documents(chunk):
        domain = Domain.parse(etree.tostring(root))
        for element in elements(domain):
            for attribute, declared in type(element).declarations():
                value = getattr(element, attribute) if isinstance(declared, XmlField) else None
                if value is not None:
                    setattr(element, attribute, value)
                    assert getattr(element, attribute) == value
        assert domain.node is not None
        assert canonical(plain_numbers(domain.node)) == canonical(plain_numbers(root))
