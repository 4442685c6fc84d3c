"""Each declared field of each element class has a description, preserves its value, and is found by its name.

The classes are found automatically, so that new fields are included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lxml import etree

from virtinstall.devices import DEVICE_TAGS, device_class
from virtinstall.domain.domain import Domain
from virtinstall.options.introspect import help_text
from virtinstall.options.read import section_class
from virtinstall.options.suboptions import apply_pairs, cut, resolve, sub_option_names
from virtinstall.options.table import OPTIONS, Option
from virtinstall.xml.children import Child
from virtinstall.xml.element import Element
from virtinstall.xml.field import Declared, Setting, XmlField
from virtinstall.xml.kinds import INTEGER, NUMBER, PRESENT, SIZE, TEXT, Kind
from virtinstall.xml.paths import Step
from virtinstall.xml.schema import Schema, load_schema

LONGEST_DOC = 125
SWITCHES = ("yes/no", "on/off", "present")

# letters that XML must escape or might trim; numbers at the edges
TEXTS = ("a", 'a&b <"c">\u00e9', "  two  terms  ")
INTEGERS = (0, 7, -1, 1 << 64)

Way = tuple[str, ...]
"""Attributes that lead from a class to the class of a child."""


def element_classes() -> list[type[Element]]:
    """Return the domain, each device, and the classes of options that are not domain XML."""
    found: list[type[Element]] = [Domain]
    for tag in DEVICE_TAGS:
        cls = device_class(tag)
        assert cls is not None
        found.append(cls)
    for option in OPTIONS:
        cls_of_option = section_class(option) if option.section else Domain
        if cls_of_option.tag and cls_of_option not in found:
            found.append(cls_of_option)
    return found


def fields(cls: type[Element], way: Way = (), above: tuple[type[Element], ...] = ()) -> Iterator[tuple[Way, Declared]]:
    """Yield (path to the child, declaration) of all fields of a class and its children, recursive ones once."""
    for attribute, declared in cls.declarations():
        if isinstance(declared, Declared):
            yield (*way, attribute), declared
        elif declared.cls not in above:
            yield from fields(declared.cls, (*way, attribute), (*above, cls))


def at(element: Element, way: Way) -> tuple[Element, str]:
    """Return the child at the end of the path (the first of numbered ones), and the name of the attribute."""
    for attribute in way[:-1]:
        found = getattr(element, attribute)
        element = found if isinstance(getattr(type(element), attribute), Child) else found.at(0)
    return element, way[-1]


def every_field() -> Iterator[tuple[type[Element], Way, Declared]]:
    """Yield the fields of all classes; a child class that several classes share (<address>) is visited once."""
    seen = set()
    for cls in CLASSES:
        for way, declared in fields(cls):
            owner = type(at(cls(), way)[0])
            if (owner, declared) not in seen:
                seen.add((owner, declared))
                yield cls, way, declared


CLASSES = element_classes()
FIELDS = list(every_field())
# one test for all fields of a class: a test per field costs more than the check
every_class = pytest.mark.parametrize("cls", CLASSES)
COMPOUND = [pytest.param(option, id=option.names[0]) for option in OPTIONS if option.section and not option.hidden]


def fields_of(cls: type[Element]) -> list[tuple[Way, Declared]]:
    """Return the fields that are tested with this class; shared child classes are tested with the first one."""
    return [(way, declared) for owner, way, declared in FIELDS if owner is cls]


def values_of(kind: Kind[Any]) -> tuple[Any, ...]:
    """Return values that a field of this kind must preserve."""
    if kind is TEXT:
        return TEXTS
    if kind in (INTEGER, SIZE):
        return INTEGERS
    if kind is NUMBER:
        return (0.5, 20.0)
    return (True,) if kind is PRESENT else (True, False)


@every_class
def test_field_has_a_description(cls: type[Element]) -> None:
    """It is one line, which help and manual print."""
    for way, declared in fields_of(cls):
        doc = declared.doc
        assert doc.endswith("."), (way, doc)
        assert "\n" not in doc, (way, doc)
        assert 10 <= len(doc) <= LONGEST_DOC, (way, doc)
        assert doc.count("`") % 2 == 0, (way, doc)


@every_class
def test_field_preserves_its_value(cls: type[Element]) -> None:
    """The value is read from the element, from its parsed XML, and from a copy."""
    for way, declared in fields_of(cls):
        for value in values_of(declared.kind) if isinstance(declared, XmlField) else ():
            element = cls()
            child, attribute = at(element, way)
            setattr(child, attribute, value)
            again = cls.parse(element.to_xml())
            for seen in (element, again, element.clone()):
                child, attribute = at(seen, way)
                assert getattr(child, attribute) == value, way


def by_none(child: Element, attribute: str) -> None:
    """Unset the field as a script does."""
    setattr(child, attribute, None)


def by_empty_text(child: Element, attribute: str) -> None:
    """Unset the field as on the command line: `key=`."""
    getattr(type(child), attribute).apply(child, "")


@pytest.mark.parametrize("unset", [by_none, by_empty_text])
@every_class
def test_unset_field_leaves_no_empty_elements(cls: type[Element], unset: Callable[[Element, str], None]) -> None:
    """Exceptions are elements that have a meaning when they are empty."""
    for way, declared in fields_of(cls):
        if not isinstance(declared, XmlField):
            continue
        element = cls()
        child, attribute = at(element, way)
        setattr(child, attribute, values_of(declared.kind)[0])
        unset(child, attribute)
        assert getattr(child, attribute) is None, way
        for node in child.node.iter() if child.node is not None else ():
            assert node is child.node or len(node) or steps_to(node, child) in child.kept_when_empty(), element.to_xml()
            assert not node.attrib, way


def steps_to(node: etree._Element, top: Element) -> tuple[Step, ...]:
    """Return the steps that lead from `top` to `node`."""
    parent = node.getparent()
    if parent is None or node is top.node:
        return ()
    return (*steps_to(parent, top), Step(str(node.tag), None))


@every_class
def test_settings_are_stored_outside_the_xml(cls: type[Element]) -> None:
    """A setting can be read, copied and unset."""
    for way, declared in fields_of(cls):
        if not isinstance(declared, Setting):
            continue
        element = cls()
        child, attribute = at(element, way)
        before = child.to_xml() if child.exists else ""
        value = values_of(declared.kind)[0]
        setattr(child, attribute, value)
        assert getattr(child, attribute) == value, way
        assert (child.to_xml() if child.exists else "") == before, way
        copied, attribute = at(element.clone(), way)
        assert getattr(copied, attribute) == value, way
        declared.apply(child, "")
        assert getattr(child, attribute) is None, way


def numbered(name: str) -> Iterator[str]:
    """Return the spellings of a name with an N: with numbers, and without one for the first."""
    if "N" not in name:
        yield name
        return
    parts = name.split(".")
    for number in ("", "0", "2"):
        yield ".".join(part.removesuffix("N") + number if part.endswith("N") else part for part in parts)


@pytest.mark.parametrize("option", COMPOUND)
def test_field_is_found_by_each_name_and_alias(option: Option) -> None:
    """The names are those in help, with any number."""
    cls = section_class(option)
    for name, declared in sub_option_names(cls):
        for spelling in numbered(name):
            target = resolve(cls, spelling)
            assert target is not None, spelling
            assert target.declared is declared, spelling
    for _, declared in cls.declarations():
        if not isinstance(declared, Declared):
            assert all(resolve(cls, word) is not None for word in declared.flat), declared.flat
            continue
        for alias in declared.aliases:
            target = resolve(cls, alias)
            assert target is not None, alias
            assert target.declared is declared, alias


@pytest.mark.parametrize("option", COMPOUND)
def test_help_lists_each_sub_option(option: Option) -> None:
    """`--OPTION help` has a line for it."""
    cls = section_class(option)
    text = help_text(option, cls)
    args = text.split()
    unwrapped = " ".join(args)
    for name, declared in sub_option_names(cls):
        assert name in args
        assert declared.doc in unwrapped


@pytest.mark.parametrize("cls", CLASSES)
def test_each_name_belongs_to_one_field(cls: type[Element]) -> None:
    """A second field with the name could not be used."""
    for owner in {cls, *(type(child) for child in children(cls))}:
        names = [
            name
            for _, declared in owner.declarations()
            if isinstance(declared, Declared)
            for name in (declared.name, *declared.aliases)
            if name is not None
        ]
        assert sorted(names) == sorted(set(names))


def children(cls: type[Element]) -> Iterator[Element]:
    """Yield an element of each class of children below `cls`."""
    for way, _ in fields(cls):
        yield at(cls(), way)[0]


@pytest.mark.parametrize("option", COMPOUND)
def test_switches_accept_all_spellings(option: Option) -> None:
    """Examples are y, 1, true and on; other text is rejected."""
    cls = section_class(option)
    holder = Domain if not cls.tag else cls
    for name, declared in sub_option_names(cls):
        if declared.kind_name not in SWITCHES or getattr(declared, "convert", None) is not None:
            continue
        spelling = next(numbered(name))
        written = set()
        for word in ("yes", "Y", "1", "true", "ON"):
            element = holder()
            apply_pairs(element, option.names[0], cut(cls, option.names[0], f"{spelling}={word}"))
            written.add(element.to_xml())
        assert len(written) == 1, spelling


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The schema of the installed libvirt."""
    loaded = load_schema({}, cache=False)
    if not loaded.found:
        pytest.skip("libvirt's schema isn't installed")
    return loaded


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls.__module__.startswith("virtinstall.devices.")])
def test_switches_are_written_as_in_the_schema(cls: type[Element], schema: Schema) -> None:
    """Their value is yes, on or the presence of the element."""
    for way, declared in fields(cls):
        if isinstance(declared, XmlField) and declared.kind.name in SWITCHES:
            element = cls()
            child, attribute = at(element, way)
            setattr(child, attribute, True)
            dotted = dotted_path(element)
            leaf = schema.resolve(("devices", cls.tag), dotted)
            assert leaf is None or leaf.type in (declared.kind.name, "text"), (way, leaf)


def dotted_path(element: Element) -> str:
    """Return the dotted path of the only value of an element: `driver.iommu`."""
    node = element.ensure_node()
    parts = []
    while len(node):
        node = node[0]
        parts.append(str(node.tag))
    return ".".join((*parts, *(str(name) for name in node.attrib)))
