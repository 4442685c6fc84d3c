"""Setting schema leaves that no class declares, on existing elements."""

from __future__ import annotations

import pytest
from lxml import etree

from tests.xml.leaf import read_leaf
from virtinstall.xml.schema import Leaf, Schema, load_schema
from virtinstall.xml.schema_leaf import write_leaf

INTERFACE = ("devices", "interface")


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The schema of the installed libvirt."""
    return load_schema({}, cache=False)


def known(schema: Schema, name: str) -> Leaf:
    """Return the interface's leaf with this name."""
    leaf = schema.resolve(INTERFACE, name)
    assert leaf is not None
    return leaf


def changed(schema: Schema, xml: str, *pairs: str) -> str:
    """Return the interface in `xml` after each `name=value` was set."""
    node = etree.fromstring(xml)
    for pair in pairs:
        name, _, value = pair.partition("=")
        write_leaf(node, known(schema, name), value, schema, INTERFACE)
    return etree.tostring(node).decode()


def test_set_attribute_creates_missing_elements(schema: Schema) -> None:
    """Missing elements are created; numbered elements are created up to the number."""
    created = changed(schema, "<interface/>", "vlan.tag1.id=42")
    assert created == '<interface><vlan><tag/><tag id="42"/></vlan></interface>'


def test_new_element_is_inserted_in_schema_order(schema: Schema) -> None:
    """A new child of an ordered element goes before those that follow it in the schema."""
    source = changed(schema, "<interface><bandwidth><outbound/></bandwidth></interface>", "bandwidth.inbound.average=1")
    assert source == '<interface><bandwidth><inbound average="1"/><outbound/></bandwidth></interface>'


def test_comments_are_kept(schema: Schema) -> None:
    """Undeclared elements are kept as well."""
    created = changed(schema, "<interface><!-- mine --><mac address='x'/></interface>", "vlan.tag.id=1")
    assert created.startswith('<interface><!-- mine --><mac address="x"/>')


@pytest.mark.parametrize(("word", "written"), [("on", "yes"), ("1", "yes"), ("no", "no"), ("false", "no")])
def test_switch_accepts_all_spellings(schema: Schema, word: str, written: str) -> None:
    """They are converted to the one that libvirt accepts."""
    created = changed(schema, "<interface/>", f"rom.enabled={word}")
    assert created == f'<interface><rom enabled="{written}"/></interface>'


def test_invalid_value_of_a_switch_is_an_error(schema: Schema) -> None:
    """The error lists the expected values."""
    with pytest.raises(ValueError, match="must be on, off, yes or no"):
        changed(schema, "<interface/>", "rom.enabled=maybe")


def test_unknown_value_is_passed_through(schema: Schema) -> None:
    """The installed schema does not list it."""
    created = changed(schema, "<interface/>", "vlan.tag.nativeMode=new-in-2040")
    assert created == '<interface><vlan><tag nativeMode="new-in-2040"/></vlan></interface>'


def test_unset_removes_empty_elements(schema: Schema) -> None:
    """They are elements that contained nothing else."""
    full = '<interface><vlan trunk="yes"><tag id="1"/></vlan></interface>'
    assert changed(schema, full, "vlan.tag.id=") == '<interface><vlan trunk="yes"/></interface>'
    assert changed(schema, full, "vlan.tag.id=", "vlan.trunk=") == "<interface/>"
    assert changed(schema, "<interface/>", "vlan.tag5.id=") == "<interface/>"


def test_switch_creates_and_removes_an_element(schema: Schema) -> None:
    """Its presence is the value."""
    assert changed(schema, "<interface/>", "filterref.parameter.name=x", "link.state=up").count("link") == 1
    leaf = schema.resolve(("devices", "disk"), "readonly")
    assert leaf is not None
    node = etree.fromstring("<disk/>")
    write_leaf(node, leaf, "yes", schema, ("devices", "disk"))
    assert read_leaf(node, leaf) == ""
    write_leaf(node, leaf, "off", schema, ("devices", "disk"))
    assert read_leaf(node, leaf) is None
    assert etree.tostring(node) == b"<disk/>"


def test_prefixed_elements_get_their_namespace(schema: Schema) -> None:
    """`qemu:commandline` below the domain is created in QEMU's namespace, with libvirt's prefix."""
    leaf = schema.resolve((), "qemu:commandline.qemu:arg1.value")
    assert leaf is not None
    domain = etree.fromstring("<domain/>")
    write_leaf(domain, leaf, "-s", schema, ())
    text = etree.tostring(domain).decode()
    assert '<qemu:commandline xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"><qemu:arg/>' in text
    assert read_leaf(domain, leaf) == "-s"
