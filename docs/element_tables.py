"""Writes the reference of the element classes: a table of its fields for each, from their declarations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from virtinstall import devices
from virtinstall.devices import DEVICE_TAGS, device_class
from virtinstall.options.read import section_class
from virtinstall.options.table import OPTIONS
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField


def device_classes() -> Iterator[type[Element]]:
    """The class of each device tag."""
    for tag in DEVICE_TAGS:
        found = device_class(tag)
        if found is not None:
            yield found


def section_classes() -> Iterator[type[Element]]:
    """The class of each section of <domain> that an option describes."""
    seen = set()
    for option in OPTIONS:
        if option.section.startswith("virtinstall.domain."):
            found = section_class(option)
            if found not in seen:
                seen.add(found)
                yield found


def class_text(cls: type[Element]) -> str:
    """One class: its sentence, then its fields with path, kind and sub-option."""
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


def write(folder: Path) -> None:
    """`devices.md` and `domain.md` into `folder`."""
    both = (
        (
            "devices",
            f"Devices\n\n`from {devices.__name__} import Disk`: a class for each tag of libvirt's.",
            device_classes(),
        ),
        (
            "domain",
            "Sections of the domain\n\n`domain.section(Cpu)` gives the one of a `virtinstall.Domain`.",
            section_classes(),
        ),
    )
    for name, head, classes in both:
        text = "\n".join([f"# {head}", "", *map(class_text, classes)])
        folder.joinpath(f"{name}.md").write_text(text, encoding="utf-8")
