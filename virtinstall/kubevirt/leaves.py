"""The single values of a request's elements, with the names of their options.

The mapping takes values out of a copy of the request. Values that remain at the end have no place in the manifest, and
are reported by name: nothing is omitted silently, even values that no class declares.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from virtinstall.devices.table import DEVICES
from virtinstall.domain.domain import Domain
from virtinstall.named import NamedTuple
from virtinstall.xml.children import Child, Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import SWITCHED_OFF, Setting, XmlField, sub_option_name
from virtinstall.xml.kinds import PRESENT
from virtinstall.xml.paths import find, remove

if TYPE_CHECKING:
    from lxml import etree

_INTERNAL = {"wanted_memory_kib", "maxvcpus", SWITCHED_OFF, "xpath_edits"}
_UNITS = {"memory_unit", "current_memory_unit", "max_memory_unit"}
_NAMES = {
    "memory_kib": "memory",
    "current_memory_kib": "currentMemory",
    "max_memory_kib": "maxMemory",
    "vcpu_cpuset": "vcpu.cpuset",
    "os_id": "os_full_id",
    "wanted_type": "type",
    "wanted_model": "model",
    "set_of": "type",
    "wanted_default": "type",
}
"""Names of values that are set by a sub-option of another name."""
DOMAIN_OPTIONS = {
    "Metadata": "metadata",
    "Memory": "memory",
    "Vcpus": "vcpus",
    "Events": "events",
    "Iothreads": "iothreads",
    "Domain": "boot",
}
"""The options of the sections that the domain mixes in."""
SECTION_OPTIONS = {
    "Cpu": "cpu",
    "MemoryBacking": "memorybacking",
    "Blkiotune": "blkiotune",
    "Memtune": "memtune",
    "Cputune": "cputune",
    "Numatune": "numatune",
    "Resource": "resource",
    "Sysinfo": "sysinfo",
    "Os": "boot",
    "Idmap": "idmap",
    "Features": "features",
    "Clock": "clock",
    "Pm": "pm",
    "Perf": "perf",
    "Seclabel": "seclabel",
    "QemuCommandline": "qemu-commandline",
    "Keywrap": "keywrap",
    "LaunchSecurity": "launchSecurity",
    "ThrottleGroup": "throttle",
    "Iommufd": "iommufd",
    "QemuCapabilities": "qemu-capabilities",
    "QemuDeprecation": "qemu-deprecation",
    "QemuOverride": "qemu-override",
    "LxcNamespace": "lxc-namespace",
    "BhyveCommandline": "bhyve-commandline",
    "XenCommandline": "xen-commandline",
    "Vcpu": "vcpus",
    "Iothread": "iothreads",
}
"""The options of the sections with a separate element."""


class Leaf(NamedTuple):
    """One value of an option.

    `names` are the name of the sub-option and its aliases. They include the numbers of list items, as in
    `source.host0.name`.
    """

    names: tuple[str, ...]
    value: str


def option_of(tag: str) -> str:
    """Return the name of the option, without dashes, for a device whose XML element is named `tag`."""
    return next((row.name for row in DEVICES if row.tag == tag), tag)


def _every(leaf: Leaf) -> bool:
    return True


def drain(element: Element, prefix: str = "", matches: Callable[[Leaf], bool] = _every) -> list[Leaf]:
    """Return the values of `element` for which `matches` returns True, and remove them from the element.

    `prefix` is prepended to the names of the sub-options. Sections that have separate options are not included.
    """
    found: list[Leaf] = []
    flags = _empty_nodes(element)
    presence: list[tuple[str, XmlField[Any]]] = []
    for attribute, declared in type(element).declarations():
        if isinstance(declared, XmlField):
            if declared.kind is PRESENT:
                presence.append((attribute, declared))
            else:
                found += _field(element, attribute, declared, prefix, matches)
        elif isinstance(declared, Setting):
            found += _setting(element, attribute, declared, prefix, matches)
        elif isinstance(declared, Child | Children) and declared.prefix is not None:
            found += _below(element, attribute, declared, prefix, matches)
    for attribute, declared in presence:
        found += _presence(element, attribute, declared, prefix, matches)
    return found + _undeclared(element, prefix, matches, flags)


def drain_domain(domain: Domain, only: Callable[[str, Leaf], bool] | None = None) -> list[tuple[str, Leaf]]:
    """Return the remaining values of `domain` as pairs of an option and a value, and remove the values.

    The devices must have been removed before. If `only` is not None, it is called with each option and value and
    returns whether to remove the value; values that no class declares are then kept. By default, all values are
    removed.
    """
    matches = only or (lambda option, leaf: True)
    found: list[tuple[str, Leaf]] = []
    for attribute, declared in type(domain).declarations():
        if isinstance(declared, Child | Children):
            option = SECTION_OPTIONS.get(declared.cls.__name__, declared.cls.__name__.lower())
            own = declared.cls.__name__ in ("Vcpu", "Iothread")
            below = getattr(domain, attribute)
            for number, child in enumerate([below] if isinstance(declared, Child) else list(below)):
                prefix = f"{declared.prefix}{number}" if own else ""
                leaves = drain(child, prefix, partial(matches, option))
                if any(matches(option, leaf) for leaf in _edits(child)):
                    leaves += edits(child)
                found += ((option, leaf) for leaf in leaves)
        elif isinstance(declared, XmlField):
            owner = next(base.__name__ for base in type(domain).__mro__ if attribute in vars(base))
            option, each = DOMAIN_OPTIONS[owner], partial(matches, DOMAIN_OPTIONS[owner])
            if declared.kind is PRESENT:
                leaves = _presence(domain, attribute, declared, "", each)
            else:
                leaves = [] if attribute in _UNITS else _field(domain, attribute, declared, "", each)
            found += ((option, leaf) for leaf in leaves)
        elif isinstance(declared, Setting):
            found += (
                ("metadata", leaf) for leaf in _setting(domain, attribute, declared, "", partial(matches, "metadata"))
            )
    if any(matches("xml", leaf) for leaf in _edits(domain)):
        found += (("xml", leaf) for leaf in edits(domain))
    if only is not None:
        return found
    rest = _undeclared(domain, "", _every, frozenset())
    return [*found, *(("xml", leaf) for leaf in rest)]


def edits(element: Element) -> list[Leaf]:
    """Return the XPath edits that are requested for `element`, and remove them from the element."""
    found = _edits(element)
    element.settings.pop("xpath_edits", None)
    return found


def _edits(element: Element) -> list[Leaf]:
    found = element.settings.get("xpath_edits", ())
    return [Leaf((f"xpath{number}.{edit.action}",), edit.xpath) for number, edit in enumerate(found)]


def names_of(attribute: str, declared: XmlField[Any] | Setting[Any]) -> tuple[str, ...]:
    """Return the name of the sub-option for a declared value, and its aliases.

    `attribute` is the name of the attribute that declares the value.
    """
    name = declared.name
    if name is None:
        name = _NAMES.get(attribute)
    if name is None:
        name = sub_option_name(declared.path) if isinstance(declared, XmlField) else attribute
    return (name, *declared.aliases)


def plain(name: str) -> str:
    """Return the name of a sub-option without numbers, such as `source.host.name` for `source.host0.name`."""
    return re.sub(r"\d+(?=\.|$)", "", name)


def _dotted(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix and name else prefix or name


def _leaf(prefix: str, attribute: str, declared: XmlField[Any] | Setting[Any], value: str) -> Leaf:
    return Leaf(tuple(_dotted(prefix, name) for name in names_of(attribute, declared)), value)


def _field(
    element: Element, attribute: str, declared: XmlField[Any], prefix: str, matches: Callable[[Leaf], bool]
) -> list[Leaf]:
    path = declared.parsed
    node = None if element.node is None else find(element.node, path.steps)
    if node is None:
        return []
    text = node.get(path.attribute) if path.attribute is not None else node.text
    if text is None or not text.strip():
        return []
    return _taken(element, attribute, _leaf(prefix, attribute, declared, text), matches)


def _taken(element: Element, attribute: str, leaf: Leaf, matches: Callable[[Leaf], bool]) -> list[Leaf]:
    if not matches(leaf):
        return []
    setattr(element, attribute, None)
    return [leaf]


def _presence(
    element: Element, attribute: str, declared: XmlField[Any], prefix: str, matches: Callable[[Leaf], bool]
) -> list[Leaf]:
    off = declared.path in element.settings.get(SWITCHED_OFF, ())
    if getattr(element, attribute) is None and not off:
        return []
    return _taken(element, attribute, _leaf(prefix, attribute, declared, "no" if off else "yes"), matches)


def _setting(
    element: Element, attribute: str, declared: Setting[Any], prefix: str, matches: Callable[[Leaf], bool]
) -> list[Leaf]:
    value = element.settings.get(attribute)
    if value is None or attribute in _INTERNAL:
        return []
    shown = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    return _taken(element, attribute, _leaf(prefix, attribute, declared, shown), matches)


def _below(
    element: Element,
    attribute: str,
    declared: Child[Any] | Children[Any],
    prefix: str,
    matches: Callable[[Leaf], bool],
) -> list[Leaf]:
    own = _dotted(prefix, str(declared.prefix))
    below = getattr(element, attribute)
    if isinstance(declared, Child):
        return drain(below, own, matches)
    found: list[Leaf] = []
    for number, child in enumerate(list(below)):
        found += drain(child, f"{own}{number}", matches)
        node = child.node
        if node is not None and _is_empty(node):
            remove(node)
    return found


def _empty_nodes(element: Element) -> frozenset[etree._Element]:
    """Return the elements below `element` whose presence is their value, except containers of mapped values."""
    if element.node is None:
        return frozenset()
    return frozenset(node for node in element.node.iterdescendants() if _is_empty(node))


def _is_empty(node: etree._Element) -> bool:
    return not (node.attrib or len(node) or (node.text or "").strip())


def _undeclared(
    element: Element, prefix: str, matches: Callable[[Leaf], bool], flags: frozenset[etree._Element]
) -> list[Leaf]:
    """Return the values that libvirt's schema contains and no class declares; declared ones must be removed first."""
    top, found = element.node, []
    if top is None:
        return []
    for node in list(top.iter()):
        if not isinstance(node.tag, str):
            continue
        own = _dotted(prefix, _place(node, top))
        for name in list(node.attrib):
            leaf = Leaf((_dotted(own, _local(str(name))),), str(node.attrib[name]))
            if matches(leaf):
                del node.attrib[name]
                found.append(leaf)
        text = (node.text or "").strip()
        if node is not top and (text or node in flags):
            leaf = Leaf((own,), text or "yes")
            if matches(leaf):
                node.text = None
                found.append(leaf)
    return found


def _place(node: etree._Element, top: etree._Element) -> str:
    steps: list[str] = []
    while node is not top:
        steps.insert(0, _local(str(node.tag)))
        above = node.getparent()
        assert above is not None
        node = above
    return ".".join(steps)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
