"""Elements reject unknown names and values of the wrong type; the error names the field.

The `type: ignore` comments are part of the test: mypy reports unused ones, so type checkers find the same errors.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_fields import CLASSES, at, every_field
from virtinstall import Domain
from virtinstall.devices import Disk, Interface, Rng
from virtinstall.domain.cpu import Cpu
from virtinstall.domain.os import Os
from virtinstall.errors import FieldError, RequestError, UnknownFieldError
from virtinstall.xml.children import Child, Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import Setting, XmlField


def test_an_unknown_name_is_an_error() -> None:
    """This applies to the constructor and to attributes; the hint is the nearest name."""
    with pytest.raises(UnknownFieldError, match="Domain has no field 'nmae'") as caught:
        Domain(nmae="web")  # type: ignore[call-arg]
    assert str(caught.value.hint).startswith("did you mean 'name'")
    disk = Disk()
    with pytest.raises(UnknownFieldError, match="Disk has no field 'nmae'"):
        disk.nmae = "x"  # type: ignore[attr-defined]
    for error in (RequestError, TypeError, AttributeError):
        assert isinstance(caught.value, error)


@pytest.mark.parametrize("name", ["node", "settings", "wrappers", "to_xml", "clear", "tag", "path_option", "exists"])
def test_only_fields_are_arguments_of_the_constructor(name: str) -> None:
    """Methods and sub-options of the class are errors."""
    with pytest.raises(UnknownFieldError, match=f"Disk has no field '{name}'"):
        Disk(**{name: "x"})  # type: ignore[arg-type]


def test_a_value_of_the_wrong_type_is_an_error() -> None:
    """Examples are text for a number and a number for text, in the constructor and in assignments."""
    with pytest.raises(FieldError, match="Disk: 'size_bytes' must be int or None, not str '20'"):
        Disk(size_bytes="20")  # type: ignore[arg-type]
    disk = Disk(size_bytes=20)
    with pytest.raises(FieldError, match="Disk: 'boot_order' must be int or None, not str 'first'"):
        disk.boot_order = "first"  # type: ignore[assignment]
    with pytest.raises(FieldError, match="Domain: 'name' must be str or None, not int 1"):
        Domain(name=1)  # type: ignore[arg-type]
    assert disk.boot_order is None and disk.size_bytes == 20


WRONG: dict[type, list[Any]] = {
    str: [1, True, b"x", ["x"]],
    int: ["1", True, 1.5],
    bool: ["yes", 1],
    float: ["1", True],
}


def test_each_field_rejects_values_of_other_types() -> None:
    """The element is not changed."""
    for cls, way, declared in every_field():
        if not isinstance(declared, XmlField | Setting):
            continue
        element, name = at(cls(), way)
        for value in WRONG[declared.kind.type]:
            before = (element.to_xml() if element.node is not None else "", dict(element.settings))
            with pytest.raises(FieldError, match=f"{type(element).__name__}: '{name}' must be "):
                setattr(element, name, value)
            assert before == (element.to_xml() if element.node is not None else "", dict(element.settings))


@pytest.mark.parametrize(
    "cls", [cls for cls in CLASSES if ".options." not in cls.__module__], ids=lambda cls: str(cls.__name__)
)
def test_each_field_has_an_annotation(cls: type[Element]) -> None:
    """Type checkers derive the constructor's arguments from the annotations."""
    for base in cls.__mro__:
        for name, declared in vars(base).items():
            if isinstance(declared, XmlField | Setting):
                kind = declared.kind.type.__name__
                assert base.__annotations__.get(name) == f"{type(declared).__name__}[{kind}]", f"{base.__name__}.{name}"
            if isinstance(declared, Child | Children):
                assert name in base.__annotations__, f"{base.__name__}.{name}"


def test_a_character_that_xml_does_not_allow_is_an_error() -> None:
    """The error names the field, and the element is not changed."""
    disk = Disk(source_file="/a")
    with pytest.raises(RequestError, match=r"<disk> source.file: '/a\\x00' contains the character"):
        disk.source_file = "/a\0"
    assert disk.source_file == "/a"


def test_children_are_arguments_of_the_constructor() -> None:
    """They are a section, numbered children and devices; an assignment replaces the previous children."""
    disk, rng = Disk(size_bytes=5), Rng(model="virtio")
    domain = Domain(name="web", os=Os(firmware="efi"), cpu=Cpu(mode="host-passthrough"), devices=[rng, disk])
    assert domain.devices == [disk, rng] and disk.size_bytes == 5
    assert (domain.os.firmware, domain.cpu.mode) == ("efi", "host-passthrough")
    kept = domain.os
    kept.type = "hvm"
    domain.os = Os(type="exe")
    assert domain.os.type == "exe" and domain.to_xml().count("<os") == 1
    domain.devices = [disk]
    assert domain.devices == [disk] and "rng" not in domain.to_xml()
    other = Domain(devices=[disk])
    assert domain.devices == [disk] and other.devices != [disk] and other.devices_of(Disk)[0].size_bytes == 5
    domain.os = None
    assert "<os" not in domain.to_xml()


def test_a_child_of_another_class_is_an_error() -> None:
    """The error names the field."""
    with pytest.raises(FieldError, match="Domain: 'os' must be Os, not str"):
        Domain(os="hvm")  # type: ignore[arg-type]
    with pytest.raises(FieldError, match="Domain: each item of 'devices' must be a Device, not str"):
        Domain(devices=["disk"])  # type: ignore[list-item]
    with pytest.raises(FieldError, match="Domain: each item of 'devices' must be a Device, not Os"):
        Domain(devices=[Os()])  # type: ignore[list-item]
    with pytest.raises(FieldError, match="Interface: each item of 'port_forwards' must be PortForward, not Os"):
        Interface(port_forwards=[Os()])  # type: ignore[list-item]
