"""What an option takes: the text of `--disk help`, and the same as data for completion and the manual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from virtinstall.options.suboptions import SHARED_NAMES, sub_option_names
from virtinstall.options.table import Option

if TYPE_CHECKING:
    from virtinstall.xml.element import Element


class Known(NamedTuple):
    """One sub-option: its name (`hostN` where it is numbered), aliases, kind of value, doc."""

    name: str
    aliases: tuple[str, ...]
    kind: str
    doc: str


_SHARED_DOCS = {
    "clearxml": ("switch", "Empty the element before the rest of the option is applied."),
    "xpathN.delete": ("text", "Remove what the XPath selects, at the end of it all."),
    "xpathN.set": ("text", "XPATH=VALUE: set a value by XPath, at the end of it all."),
    "xpathN.create": ("text", "Make the element that the XPath names, at the end of it all."),
    "xpathN.value": ("text", "The value for xpathN.set, where it holds an `=`."),
}


def known_sub_options(cls: type[Element]) -> Iterator[Known]:
    """Every sub-option of a section or device class, those that all XML options share at the end."""
    for name, declared in sub_option_names(cls):
        yield Known(name, declared.aliases, declared.kind_name, declared.doc)
    if cls.__module__ != "virtinstall.options.sections":
        for name in SHARED_NAMES:
            kind, doc = _SHARED_DOCS[name]
            yield Known(name, (), kind, doc)


def help_text(option: Option, cls: type[Element]) -> str:
    """What `--OPTION help` prints."""
    name = next(spelling for spelling in option.names if spelling.startswith("--"))
    lines = [f"{name}: {option.help}"]
    if cls.bare:
        words = ",".join(word.upper() for word in cls.bare)
        lines.append(f"Leading words without `=` are {', '.join(cls.bare)}: {name} {words}[,...]")
    lines.append("")
    width = 2 + max((len(known.name) for known in known_sub_options(cls)), default=0)
    for known in known_sub_options(cls):
        lines.append(f"  {known.name.ljust(min(width, 44))} {known.kind.ljust(8)} {known.doc}".rstrip())
        if known.aliases:
            lines.append(f"  {''.ljust(min(width, 44))} {''.ljust(8)} also: {', '.join(known.aliases)}")
    if cls.__module__ != "virtinstall.options.sections":
        lines.append("")
        lines.append("Any other name that libvirt's own schema knows for this element works as well.")
    return "\n".join(lines) + "\n"
