"""The conversion of an element of a guest's XML to sub-options that set the same values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from virtinstall.devices.table import DEVICE_TAGS
from virtinstall.xml.children import Child, Children
from virtinstall.xml.field import Declared, Suboption, XmlField, sub_option_name

if TYPE_CHECKING:
    from virtinstall.xml.element import Element

SECRETS = ("passwd", "password")
# libvirt chooses them for each host and guest
_CHOSEN = ("address.", "alias.", "seclabel", "encryption")


def pairs_of(element: Element, cls: type[Element] | None = None) -> dict[str, str]:
    """Return the sub-options of `element` with their values.

    Passwords, values that libvirt chooses for each guest, such as device addresses, and values that no sub-option can
    set are omitted. `cls` is the class that declares the sub-options; None stands for the class of `element`.
    """
    return dict(_pairs(element, cls or type(element), ""))


def has_secret(element: Element) -> bool:
    """Return whether the element, or an element below it, contains a password."""
    node = element.node
    return node is not None and any(name in SECRETS for each in node.iter() for name in map(str, each.attrib))


def _pairs(element: Element, cls: type[Element], prefix: str) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for attribute, declared in cls.declarations():
        if isinstance(declared, Declared):
            if not isinstance(declared, XmlField) or declared.path in seen:
                continue
            setter = declared if declared.name is not None else _setter(cls, declared)
            if setter is None:
                continue
            seen.add(declared.path)
            key = _joined(prefix, str(setter.name))
            value = declared.__get__(element, type(element))
            if value is None or key.startswith(_CHOSEN) or key.rpartition(".")[2] in SECRETS:
                continue
            text = _typed(declared, setter, type(element), value)
            if text is not None:
                yield key, text
        elif isinstance(declared, Children) and declared.prefix is not None and declared.cls.tag not in DEVICE_TAGS:
            for number, child in enumerate(getattr(element, attribute)):
                yield from _pairs(child, declared.cls, _joined(prefix, f"{declared.prefix}{number}"))
        elif isinstance(declared, Child) and declared.prefix is not None:
            child = getattr(element, attribute)
            if child.node is not None:
                yield from _pairs(child, declared.cls, _joined(prefix, declared.prefix))


def _joined(prefix: str, name: str) -> str:
    return ".".join(part for part in (prefix, name) if part)


def _setter(cls: type[Element], declared: XmlField[Any]) -> Declared | None:
    """Return the sub-option that sets a field without a sub-option (`type` of an interface); None if there is none."""
    name = sub_option_name(declared.path)
    return next((each for _, each in cls.declarations() if isinstance(each, Suboption) and each.name == name), None)


def _typed(declared: XmlField[Any], setter: Declared, cls: type[Element], value: Any) -> str | None:
    """Return a text that sets the field to `value`; None if there is none (a word is converted to something else)."""
    candidates = [declared.kind.write(value)]
    if isinstance(value, bool):
        candidates += ["yes", "on"] if value else ["no", "off"]
    elif isinstance(value, int):
        # memory is in MiB unless it has a unit
        candidates += [f"{value}KiB", str(value >> 10)]
    for text in candidates:
        fresh = cls()
        try:
            setter.apply(fresh, text)
        except ValueError:
            continue
        if declared.__get__(fresh, cls) == value:
            return text
    return None
