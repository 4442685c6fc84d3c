"""The selection of a guest's objects by an option of virt-xml: the first, number N, all, or those that match.

Source: the behavior of virt-xml's --edit and --remove-device.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.compose.hostdevs import is_named
from virtinstall.devices.device import Device
from virtinstall.devices.disk import Disk
from virtinstall.devices.hostdev import Hostdev
from virtinstall.devices.interface import Interface
from virtinstall.errors import RequestError
from virtinstall.options.suboptions import Pair, apply_pairs, cut
from virtinstall.xml.children import Child, Children
from virtinstall.xml.field import XmlField

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.options.suboptions import Fallback
    from virtinstall.xml.element import Element

_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


def is_device(cls: type[Element]) -> bool:
    """Return whether `cls` describes a device, which is an element in <devices>."""
    return issubclass(cls, Device)


def objects_of(domain: Domain, cls: type[Element]) -> list[Element]:
    """Return the devices or sections of the class `cls`, in document order.

    For a class that is mixed into `Domain`, the result contains only the domain. A section that can occur only once is
    returned even if the guest does not have it.
    """
    if not cls.tag:
        return [domain]
    for attribute, declared in type(domain).declarations():
        if isinstance(declared, Child | Children) and declared.cls is cls:
            found = getattr(domain, attribute)
            return list(found) if isinstance(declared, Children) else [found]
    return list(domain.devices_of(cls))  # type: ignore[type-var]


def select(
    domain: Domain, cls: type[Element], option: str, action: str, selector: str, fallback: Fallback | None
) -> list[Element]:
    """Return the devices or sections of the class `cls` that `selector` matches.

    `selector` is a number (1 for the first, -1 for the last), `all`, or sub-options that must match. An empty string
    selects the first device or section. The result is empty only for `all`. `option` and `action` (`--edit` or
    `--remove-device`) are used in messages. `fallback` handles sub-options that `cls` does not declare; if it is None,
    these are errors.

    Raises: RequestError, if nothing matches, or if the option does not support the selector.
    """
    found = objects_of(domain, cls)
    kind = _kind(cls)
    # the selector is the value of --edit, but with --remove-device that of the option
    typed = f"{action} {selector}" if action == "--edit" else f"{action} {option} {selector}"
    if not cls.tag and selector not in ("", "all", "1"):
        raise RequestError(f"{option} does not support '{action} {selector}'", hint=f"use {action} without a value")
    if selector == "all":
        return found
    if not found:
        hint = None
        if action == "--edit":
            hint = f"add a {kind} with --add-device {option}; to list the sub-options, run: virt-xml {option} help"
        raise RequestError(f"the guest has no {option} {kind}", hint=hint)
    if selector == "":
        return found[:1]
    number = _number(selector)
    if number is None:
        return _matching(found, cls, option, typed, selector, fallback)
    if number == 0:
        raise RequestError(
            f"{typed}: {kind} numbers start at 1", hint=f"use 1 for the first {kind}, or -1 for the last"
        )
    if abs(number) > len(found):
        count = f"one {option} {kind}" if len(found) == 1 else f"{len(found)} {option} {kind}s"
        raise RequestError(f"{typed}: the guest has only {count}", hint=f"use {_numbers(found)}, or 'all'")
    return [found[number - 1 if number > 0 else number]]


def _kind(cls: type[Element]) -> str:
    """Return the noun for an object of `cls` in messages."""
    return "device" if is_device(cls) else "section"


def _number(text: str) -> int | None:
    return int(text) if text.removeprefix("-").isdigit() and text.removeprefix("-").isascii() else None


def _matching(
    found: list[Element], cls: type[Element], option: str, typed: str, selector: str, fallback: Fallback | None
) -> list[Element]:
    pairs = cut(cls, option, selector, fallback)
    for pair in pairs:
        if pair.target is not None and not pair.target.declared.match:
            raise RequestError(
                f"{typed}: cannot select a {_kind(cls)} by '{pair.key}'",
                hint=f"use a {_kind(cls)} number, 'all', or another sub-option",
            )
    chosen = [each for each in found if all(_matches(each, option, pair, fallback) for pair in pairs)]
    if not chosen:
        raise RequestError(
            f"{typed}: no {option} {_kind(cls)} matches",
            hint=f"use {_described(found, pairs[0])}, {_numbers(found)}, or 'all'",
        )
    return chosen


def _numbers(found: list[Element]) -> str:
    """Return the numbers that select one of the objects, for a hint."""
    return f"a number from 1 to {len(found)}" if found[1:] else "the number 1"


def _described(found: list[Element], pair: Pair) -> str:
    """Return the values of the objects for the key of `pair`, for a hint; only the key if they are not plain values."""
    if pair.target is not None and isinstance(pair.target.declared, XmlField) and not pair.target.hops:
        values = [pair.target.declared.__get__(each, type(each)) for each in found]
        texts = [f"{pair.key}={value}" for value in values if value is not None]
        if texts:
            return ", ".join(texts[:8]) + (", ..." if len(texts) > 8 else "")
    return f"another value for {pair.key}="


def _matches(element: Element, option: str, pair: Pair, fallback: Fallback | None) -> bool:
    """Return whether applying `pair` would change nothing."""
    if isinstance(element, Disk) and pair.target is not None and pair.target.declared is Disk.path:
        twin = Disk()
        apply_pairs(twin, option, [pair], fallback)
        return twin.path in (element.source_file, element.source_dev, element.source_dir)
    if isinstance(element, Hostdev) and pair.target is not None and pair.target.declared is Hostdev.name:
        return is_named(element, pair.value)
    if isinstance(element, Interface) and pair.target is not None and pair.target.declared in _CONNECTIONS:
        return pair.value == _CONNECTIONS[pair.target.declared](element)
    copy = element.clone()
    apply_pairs(copy, option, [pair], fallback)
    return _same(copy.ensure_node(), element.ensure_node())


_CONNECTIONS = {
    Interface.network: lambda interface: interface.source_network if interface.type == "network" else None,
    Interface.bridge: lambda interface: interface.source_bridge if interface.type == "bridge" else None,
}


def _same(one: etree._Element, other: etree._Element) -> bool:
    """Return whether two elements are equal; numbers are compared by value, because libvirt writes `0x07` for 7."""
    if one.tag != other.tag or len(one) != len(other) or set(one.attrib) != set(other.attrib):
        return False
    values = [(one.text, other.text), *((one.get(name), other.get(name)) for name in one.attrib)]
    return all(_value(first) == _value(second) for first, second in values) and all(map(_same, one, other))


def _value(text: str | None) -> object:
    """Return `text` in the form for comparisons: a number, or the stripped string, with a MAC address in lowercase."""
    plain = (text or "").strip()
    try:
        return int(plain, 0)
    except ValueError:
        return plain.lower() if _MAC.fullmatch(plain) else plain
