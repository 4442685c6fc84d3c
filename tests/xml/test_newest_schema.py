"""Names and documents for a libvirt that is newer than the installed one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.case import Case, case_names
from tests.compose.test_composed_is_valid import adapted_to_the_schema
from tests.test_fields import every_field
from tests.xml.newest_schema import newest_schema, newest_validator
from virtinstall.devices import DEVICE_TAGS
from virtinstall.domain.domain import SECTIONS, Domain
from virtinstall.options import fallback
from virtinstall.options.fallback import element_path, fallback_for
from virtinstall.options.read import section_class
from virtinstall.options.suboptions import apply_pairs, cut
from virtinstall.options.table import OPTIONS, Option
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.schema import Leaf, Schema, load_schema

# declared paths that the schema does not have
NOT_IN_THE_SCHEMA = {
    ("Domain", "cpu.numa.interconnects.latency.unit"): "known by virt-install 4.1.0",
    ("Filesystem", "source.pool"): "type=volume, which libvirt's parser knows",
    ("Filesystem", "source.volume"): "type=volume, which libvirt's parser knows",
    ("Filesystem", "driver.name"): "known by virt-install 4.1.0",
    ("Serial", "target.address"): "only <channel type='unix'> has it; all character devices share the field",
    ("Parallel", "target.address"): "as for Serial",
    ("Console", "target.address"): "as for Serial",
    ("Serial", "target.name"): "as for target.address",
    ("Parallel", "target.name"): "as for target.address",
    ("Console", "target.name"): "as for target.address",
    ("Channel", "target.model.name"): "as for target.address",
    ("Hostdev", "source.address.cssid"): "known by libvirt's documentation",
    ("Hostdev", "source.address.ssid"): "known by libvirt's documentation",
    ("Hostdev", "source.address.devno"): "known by libvirt's documentation",
    ("Iommu", "driver.pasid"): "other versions of libvirt call driver.ssidsize so",
}
# names of the schema with another meaning on the command line
OWN_MEANING = {
    ("--network", "source"),  # virt-install 4.1.0: the bridge or network
    ("--graphics", "socket"),  # since libvirt 2.0 a <listen> element
    ("--graphics", "port"),
    ("--graphics", "tlsPort"),
    ("--qemu-commandline", "qemu:env0.name"),  # the whole value consists of arguments
    ("--qemu-commandline", "qemu:env0.value"),
}
VALUES = {"yes/no": "yes", "on/off": "on", "present": "yes", "integer": "3"}
ELEMENTS = [
    pytest.param(option, id=option.names[-1])
    for option in OPTIONS
    if option.is_xml and not option.hidden and element_path(section_class(option))
]


@pytest.mark.parametrize("name", case_names())
def test_golden_case_is_valid_with_the_newest_schema(name: str) -> None:
    """Each expected document is checked."""
    text = Case(name).expected().get("expected.xml", "")
    for document in text.split("</domain>\n")[:-1]:
        root = adapted_to_the_schema(f"{document}</domain>")
        assert newest_validator().validate(root), newest_validator().error_log


def test_declared_fields_are_in_the_schema() -> None:
    """libvirt would ignore or reject others."""
    unknown = set()
    for cls, way, declared in every_field():
        path = _base(cls)
        if isinstance(declared, XmlField) and path is not None and not _is_attribute_of_all(way):
            dotted = _dotted(cls, way)
            if ":" not in dotted and newest_schema().resolve(path, dotted) is None:
                unknown.add((cls.__name__, dotted))
    assert unknown == set(NOT_IN_THE_SCHEMA)


def _base(cls: type[Element]) -> tuple[str, ...] | None:
    return () if cls is Domain else element_path(cls)


def _is_attribute_of_all(way: tuple[str, ...]) -> bool:
    """Return whether the field is one of those that all devices share, though a few have neither alias nor address."""
    return way[0] in ("alias_name", "address")


def _dotted(cls: type[Element], way: tuple[str, ...]) -> str:
    parts: list[str] = []
    declared: Any = None
    for name in way:
        declared = dict(cls.declarations())[name]
        steps, attribute = declared.parsed if isinstance(declared, XmlField) else (declared.parsed.steps, None)
        parts += [step.tag if "{" not in step.tag else f":{step.tag}" for step in steps]
        parts += [attribute] if attribute is not None else []
        cls = getattr(declared, "cls", cls)
    return ".".join(parts)


@pytest.mark.parametrize("installed", [False, True])
def test_each_element_has_an_option(installed: bool) -> None:
    """Every child of <domain> and <devices> can be set by an option."""
    schema = load_schema({}, cache=False) if installed else newest_schema()
    if not schema.found:
        pytest.skip("libvirt's schema isn't installed")
    paths = {element_path(section_class(option)) for option in OPTIONS if option.is_xml}
    devices = {path[1] for path in paths if path is not None and path[:1] == ("devices",)}
    # <emulator> is --boot emulator=
    assert set(schema.child_order(("devices",))) - devices == {"emulator"}
    assert set(DEVICE_TAGS) >= devices
    sections = {tag for tag in schema.child_order(()) if not tag.startswith("{")}
    assert sections <= set(SECTIONS)
    # elements with text only belong to --metadata, --memory, --vcpus, --events, --iothreads, --boot
    plain = {"name", "uuid", "hwuuid", "genid", "title", "description", "metadata", "memory", "maxMemory"}
    plain |= {"currentMemory", "vcpu", "vcpus", "iothreads", "iothreadids", "defaultiothread", "on_poweroff"}
    plain |= {"on_reboot", "on_crash", "on_lockfailure", "bootloader", "bootloader_args"}
    assert sections - {path[0] for path in paths if path} - plain == set()


@pytest.mark.parametrize("option", ELEMENTS)
def test_every_name_of_the_schema_is_a_sub_option(option: Option, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dots can be omitted."""
    schema = newest_schema()
    monkeypatch.setattr(fallback, "installed_schema", lambda: schema)
    cls, name = section_class(option), option.names[-1]
    path = element_path(cls)
    assert path
    for dotted in schema.leaves(path, "0"):
        leaf = schema.resolve(path, dotted)
        assert leaf is not None, dotted
        if (name, dotted) not in OWN_MEANING:
            assert _value_of(option, cls, dotted, leaf) is not None, dotted


def _value_of(option: Option, cls: type[Element], dotted: str, leaf: Leaf) -> str | None:
    """Return the value at the leaf after the sub-option was applied."""
    name = option.names[-1]
    for value in (leaf.values[:1] or (VALUES.get(leaf.type, "abc"),), ("1",)):
        element = cls() if cls.tag else Domain()
        names = fallback_for(cls)
        try:
            apply_pairs(element, name, cut(cls, name, f"{dotted}={value[0]}", names), names)
        except Exception as error:
            if "must be a whole number" not in str(error):
                raise
            continue
        node: Any = element.node
        for tag, number in leaf.steps:
            below = node.findall(tag) if node is not None else []
            node = below[number] if len(below) > number else None
        if node is None:
            return None
        found: str | None = node.get(leaf.attribute) if leaf.attribute is not None else (node.text or "present")
        return found
    return None


def test_schema_is_of_a_newer_libvirt() -> None:
    """It contains names that libvirt 11 and 12 added."""
    schema: Schema = newest_schema()
    for path, dotted in (
        ((), "throttlegroups.throttlegroup0.group_name"),
        ((), "iommufd.enabled"),
        (("devices", "iommu"), "driver.ssidsize"),
        (("os",), "varstore.path"),
    ):
        assert schema.resolve(path, dotted) is not None, dotted
