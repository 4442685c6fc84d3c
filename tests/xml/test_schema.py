"""Resolution of dotted names in libvirt's schema, their values, the order of children, and setting every leaf.

libxml2 validates the results with the same schema, not with the index under test.
"""

from __future__ import annotations

import random

import pytest
from lxml import etree

from tests.xml.domain_generator import random_domain, validator
from tests.xml.leaf import read_leaf
from virtinstall.xml.schema import Leaf, Schema, load_schema, name_of
from virtinstall.xml.schema_leaf import write_leaf

INTERFACE = ("devices", "interface")
DISK = ("devices", "disk")
QEMU = "{http://libvirt.org/schemas/domain/qemu/1.0}"


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The schema of the installed libvirt."""
    return load_schema({}, cache=False)


def place_of(leaf: Leaf) -> tuple[str, ...]:
    """Return the leaf's place in the generator's format."""
    end = f"@{leaf.attribute}" if leaf.attribute is not None else "#text"
    return (*(tag for tag, _ in leaf.steps), *(() if leaf.type == "present" else (end,)))


@pytest.mark.parametrize(
    ("path", "name", "steps", "attribute", "kind"),
    [
        (INTERFACE, "vlan.tag0.id", (("vlan", 0), ("tag", 0)), "id", "integer"),
        (INTERFACE, "vlan.tag.id", (("vlan", 0), ("tag", 0)), "id", "integer"),
        (INTERFACE, "vlan.tag12.nativeMode", (("vlan", 0), ("tag", 12)), "nativeMode", "choice"),
        (INTERFACE, "bandwidth.inbound.average", (("bandwidth", 0), ("inbound", 0)), "average", "integer"),
        (INTERFACE, "driver.host.tso4", (("driver", 0), ("host", 0)), "tso4", "on/off"),
        (INTERFACE, "teaming.persistent", (("teaming", 0),), "persistent", "text"),
        (DISK, "source.encryption.format", (("source", 0), ("encryption", 0)), "format", "choice"),
        (DISK, "readonly", (("readonly", 0),), None, "present"),
        (("devices", "hostdev"), "rom.file", (("rom", 0),), "file", "text"),
        (("devices", "video"), "model.vram64", (("model", 0),), "vram64", "integer"),
        (("cpu",), "model", (("model", 0),), None, "text"),
        ((), "cpu.model.fallback", (("cpu", 0), ("model", 0)), "fallback", "choice"),
        ((), "vcpu", (("vcpu", 0),), None, "integer"),
        (("pm",), "suspend-to-mem.enabled", (("suspend-to-mem", 0),), "enabled", "yes/no"),
        ((), "qemu:commandline.qemu:arg3.value", ((f"{QEMU}commandline", 0), (f"{QEMU}arg", 3)), "value", "text"),
        (("qemu:commandline",), "qemu:env0.name", ((f"{QEMU}env", 0),), "name", "text"),
    ],
)
def test_dotted_name_is_resolved(
    schema: Schema,
    path: tuple[str, ...],
    name: str,
    steps: tuple[tuple[str, int], ...],
    attribute: str | None,
    kind: str,
) -> None:
    """The result is the path, the attribute and the kind of value."""
    leaf = schema.resolve(path, name)
    assert leaf is not None
    assert (leaf.steps, leaf.attribute, leaf.type) == (steps, attribute, kind)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (INTERFACE, "vlan.tagg.id"),
        (INTERFACE, "VLAN.tag.id"),
        (INTERFACE, "driver0.name"),  # <driver> occurs once
        (INTERFACE, "vlan.tag99999.id"),  # an unrealistic number of tags
        (INTERFACE, "vlan"),  # neither text nor a meaning when empty
        (INTERFACE, "mac.address.more"),
        (INTERFACE, ""),
        (INTERFACE, "."),
        (("devices", "nothing"), "type"),
        (("metadata",), "libosinfo:libosinfo"),  # may contain anything, so nothing is known
    ],
)
def test_unknown_name_is_not_resolved(schema: Schema, path: tuple[str, ...], name: str) -> None:
    """The result is None."""
    assert schema.resolve(path, name) is None


def test_recursive_elements_are_resolved_but_listed_once(schema: Schema) -> None:
    """A nested backing store is resolved like the first one."""
    deep = ".".join(["backingStore"] * 30)
    assert schema.resolve(DISK, f"{deep}.format.type") is not None
    assert not [name for name in schema.leaves(DISK) if "backingStore.backingStore." in name]


def test_similar_names_include_the_correct_one(schema: Schema) -> None:
    """The name is misspelled or incomplete."""
    assert schema.nearest(INTERFACE, "vlan.id")[0] == "vlan.tag0.id"
    assert schema.nearest(INTERFACE, "bandwith.inbound.average")[0] == "bandwidth.inbound.average"
    assert schema.nearest(("devices", "nothing"), "model") == []


def test_values_are_returned_if_all_are_known(schema: Schema) -> None:
    """Otherwise the list is empty."""
    assert schema.values((*DISK, "driver", "@cache"))[:2] == ("default", "none")
    assert schema.values(("on_crash",))[0] == "destroy"
    assert schema.values((*INTERFACE, "model", "@type")) == ()
    assert schema.values((*DISK, "driver", "@nothing")) == ()
    assert schema.values(("devices", "nothing", "@type")) == ()
    assert schema.values(()) == ()


def test_repeatable_names_have_a_number(schema: Schema) -> None:
    """Help shows an N for elements that may occur more than once."""
    names = list(schema.leaves(INTERFACE))
    assert "vlan.tagN.id" in names
    assert "driver.host.tso4" in names
    assert not [name for name in names if name.startswith("driverN")]


def test_missing_schema_resolves_no_names() -> None:
    """This is not an error."""
    schema = load_schema({"VIRTINSTALL_SCHEMA_DIR": "/nonexistent"})
    assert not schema.found
    assert schema.resolve((), "type") is None
    assert list(schema.leaves(())) == []
    assert schema.values(("vcpu", "@placement")) == ()
    assert schema.child_order(()) == ()


def test_every_leaf_can_be_set(schema: Schema) -> None:
    """It is removed from a valid domain and set again, and the domain is still valid."""
    names = list(schema.leaves((), "0"))
    assert len(names) > 2000
    assert len(names) == len(set(names))
    for name in names:
        leaf = schema.resolve((), name)
        assert leaf is not None, name
        domain, alone = domain_with(leaf)
        value = read_leaf(domain, leaf)
        assert value is not None, name
        if alone:
            write_leaf(domain, leaf, "", schema, ())
            assert read_leaf(domain, leaf) != value or leaf.type == "present", name
        write_leaf(domain, leaf, value or "yes", schema, ())
        assert read_leaf(domain, leaf) == value, name
        assert validator().validate(domain), f"{name}: {etree.tostring(domain).decode()}"


def domain_with(leaf: Leaf) -> tuple[etree._Element, bool]:
    """Return a small valid domain with a value at `leaf`, and whether the value can be removed and set again."""
    for seed in range(50):
        domain = random_domain(random.Random(seed), place_of(leaf))
        assert validator().validate(domain), etree.tostring(domain)
        above = domain
        alone = True
        for tag, number in leaf.steps:
            like = above.findall(tag)
            above = like[number]
            alone = alone and len(like) == 1
        if leaf.type != "present" or not (above.attrib or len(above)):
            return domain, alone
    raise AssertionError(f"{leaf} is nowhere empty")


def test_values_of_valid_domains_have_names(schema: Schema) -> None:
    """Each attribute and text of a random domain has a dotted name."""
    for seed in range(300):
        for name in names_in(random_domain(random.Random(seed)), ""):
            assert schema.resolve((), name) is not None, name


def names_in(node: etree._Element, prefix: str) -> list[str]:
    """Yield the dotted names of all values below `node`, except those of applications in `<metadata>`."""
    names = [prefix + str(attribute) for attribute in node.attrib]
    for child in node.iterchildren("*"):
        name = prefix + name_of(str(child.tag))
        if not len(child) and (child.text or "").strip():
            names.append(name)
        if name != "metadata":
            names += names_in(child, name + ".")
    return names


def test_children_in_schema_order_are_valid(schema: Schema) -> None:
    """All children of random valid domains are sorted."""
    for seed in range(300):
        domain = etree.fromstring(etree.tostring(random_domain(random.Random(seed))))
        sort_children(domain, (), schema)
        assert validator().validate(domain), etree.tostring(domain)


def sort_children(node: etree._Element, path: tuple[str, ...], schema: Schema) -> None:
    """Sort all elements below `node` in the schema's order."""
    rank = {tag: place for place, tag in enumerate(schema.child_order(path))}
    for child in sorted(node.iterchildren("*"), key=lambda child: rank[str(child.tag)]):
        node.append(child)
        if child.tag != "metadata":
            sort_children(child, (*path, str(child.tag)), schema)
