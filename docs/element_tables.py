"""Reference of the element classes: a table of the fields of each, from the declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from virtinstall import devices
from virtinstall.devices import DEVICE_TAGS, device_class
from virtinstall.options.read import section_class
from virtinstall.options.table import OPTIONS
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField


def device_classes() -> Iterator[type[Element]]:
    """Yield the class of each device tag."""
    for tag in DEVICE_TAGS:
        found = device_class(tag)
        if found is not None:
            yield found


def section_classes() -> Iterator[type[Element]]:
    """Yield the class of each section of <domain> that an option describes."""
    seen = set()
    for option in OPTIONS:
        if option.section.startswith("virtinstall.domain."):
            found = section_class(option)
            if found not in seen:
                seen.add(found)
                yield found


def class_text(cls: type[Element]) -> str:
    """Return the text of one class: its docstring, then its fields with path, kind and sub-option."""
    sentence = (cls.__doc__ or "").strip().splitlines()[0].replace("<", "&lt;")
    lines = [f"## {cls.__name__}", "", sentence, ""]
    fields = [(name, field) for name, field in cls.declarations() if isinstance(field, XmlField)]
    if not fields:
        return "\n".join(lines)
    lines += ["| attribute | path | value | sub-option | |", "|---|---|---|---|---|"]
    for name, field in fields:
        option = "" if field.name is None else f"`{field.name}`"
        doc = field.doc.replace("|", "\\|").replace("<", "&lt;")
        lines.append(f"| `{name}` | `{field.path}` | {field.kind_name} | {option} | {doc} |")
    return "\n".join([*lines, ""])


def pages() -> Iterator[tuple[str, str]]:
    """Yield (file, text) of the page of the devices and of the page of the sections."""
    devices_head = f"Devices\n\n`from {devices.__name__} import Disk`: a class for each device element of libvirt."
    sections_head = "Sections of the domain\n\n`domain.section(Cpu)` returns the section of a `virtinstall.Domain`."
    yield "devices.md", _page(devices_head, device_classes())
    yield "domain.md", _page(sections_head, section_classes())


def _page(head: str, classes: Iterable[type[Element]]) -> str:
    return "\n".join([f"# {head}", "", *map(class_text, classes)])
