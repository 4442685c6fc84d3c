"""The small XML parser of short commands: paths, namespaces, and rejected documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from virtinstall.xml.tree import Node, parse_tree

CASES = Path(__file__).parents[1] / "cases"
DOCUMENT = parse_tree(
    "<domain type='qemu'><name>web &amp; co</name><devices><disk n='1'/><disk n='2'/></devices>"
    "<metadata><a:os xmlns:a='http://a/b' id='x'><a:deep>1</a:deep></a:os><os/></metadata><empty/></domain>"
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("devices/disk", ["disk", "disk"]),
        ("devices", ["devices"]),
        ("disk", []),
        ("metadata/os", ["os"]),
        ("metadata/{*}os", ["{http://a/b}os", "os"]),
        ("metadata/{http://a/b}os", ["{http://a/b}os"]),
        ("metadata/{http://a/b}os/{*}deep", ["{http://a/b}deep"]),
        ("metadata/{http://other}os", []),
    ],
)
def test_a_path_finds_elements_by_name_and_namespace(path: str, expected: list[str]) -> None:
    """A name without a namespace finds only elements without one."""
    assert [each.tag for each in DOCUMENT.findall(path)] == expected


def test_missing_text_and_attributes_are_empty() -> None:
    """A missing element has no text; a missing attribute is empty or None."""
    assert DOCUMENT.get("type") == "qemu"
    assert (DOCUMENT.findtext("name"), DOCUMENT.findtext("empty"), DOCUMENT.findtext("no")) == ("web & co", "", None)
    assert (DOCUMENT.get("no"), DOCUMENT.get("no", "x"), DOCUMENT.value("no")) == ("", "x", None)


@pytest.mark.parametrize("text", ["", "text", "<a>", "<a/><b/>", "<a:b/>", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"])
def test_invalid_documents_and_document_types_are_errors(text: str) -> None:
    """Document types could define entities that expand endlessly."""
    with pytest.raises(ValueError):
        parse_tree(text)


def test_documents_are_read_as_by_lxml() -> None:
    """Tags, attributes and text of the golden cases are compared."""

    def flat(node: Node) -> list[tuple[str, str]]:
        return [(node.tag, node.text.strip()), *(each for child in node.children for each in flat(child))]

    for path in sorted(CASES.glob("*/expected.xml"))[:40]:
        first = path.read_text().split("</domain>")[0] + "</domain>"
        expected = [(str(node.tag), (node.text or "").strip()) for node in etree.fromstring(first).iter("*")]
        assert flat(parse_tree(first)) == expected
