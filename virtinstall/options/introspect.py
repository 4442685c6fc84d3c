"""The sub-options of an option, as help text (`--disk help`) and as data for completion and the manual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple
from virtinstall.options.suboptions import SHARED_NAMES, sub_option_names
from virtinstall.options.table import Option

if TYPE_CHECKING:
    from virtinstall.xml.element import Element


_NAME_COLUMNS = 24
_KIND_COLUMNS = 9


class Known(NamedTuple):
    """A sub-option with its aliases, the kind of its value, and its help text.

    An N in the name, as in `hostN.name`, stands for a number.
    """

    name: str
    aliases: tuple[str, ...]
    kind: str
    doc: str


_SHARED_DOCS = {
    "clearxml": ("on/off", "Clear the element before the rest of the option is applied."),
    "xpathN.delete": ("text", "Remove the nodes that the XPath selects, after all options are applied."),
    "xpathN.set": ("text", "`XPATH=VALUE`: set the node at XPATH to VALUE, after all options are applied."),
    "xpathN.create": ("text", "Create the element at the XPath, after all options are applied."),
    "xpathN.value": ("text", "Value for `xpathN.set`, required if the value contains `=`."),
}

_SWITCHES = ("yes/no", "on/off")
# notations in the XML or in Python, which are typed like on and off
_TYPED_AS_ON_OFF = ("switch", "present")


def known_sub_options(cls: type[Element]) -> Iterator[Known]:
    """Yield every sub-option that `cls` declares and then, if `cls` describes XML, those that all XML options share."""
    for name, declared in sub_option_names(cls):
        kind = "on/off" if declared.kind_name in _TYPED_AS_ON_OFF else declared.kind_name
        yield Known(name, declared.aliases, kind, declared.doc)
    if cls.__module__ != "virtinstall.options.sections":
        for name in SHARED_NAMES:
            kind, doc = _SHARED_DOCS[name]
            yield Known(name, (), kind, doc)


def unnamed_values(cls: type[Element]) -> str:
    """Return a sentence, without a period, about the sub-options whose names can be omitted.

    `cls.bare`, which contains the names of these sub-options, must not be empty.
    """
    names = " and ".join(f"`{name}`" for name in cls.bare)
    return (
        f"The first value without `=` is {names}" if len(cls.bare) == 1 else f"The first values without `=` are {names}"
    )


def switch_values(cls: type[Element]) -> str:
    """Return a sentence about the values of the on/off sub-options of `cls`; an empty string if there are none."""
    kinds = {known.kind for known in known_sub_options(cls)}
    switches = [kind for kind in _SWITCHES if kind in kinds]
    return f"Values of {' and '.join(switches)}: yes, no, on, off." if switches else ""


def help_text(option: Option, cls: type[Element], columns: int = 80) -> str:
    """Return the output of `--OPTION help`, in lines of at most `columns` characters where possible.

    `cls` declares the sub-options of `option`.
    """
    name = next(spelling for spelling in option.names if spelling.startswith("--"))
    lines = [f"Sub-options of {name}", "", *_wrapped(option.help, "", columns)]
    if cls.bare:
        placeholders = ",".join(word.upper() for word in cls.bare)
        lines += _wrapped(f"{unnamed_values(cls)}: {name} {placeholders}[,...]", "", columns)
    lines.append("")
    width = 2 + min(_NAME_COLUMNS, max((len(known.name) for known in known_sub_options(cls)), default=0))
    for known in known_sub_options(cls):
        lines += _one(known, width, columns)
    switches = switch_values(cls)
    if switches:
        lines += ["", switches]
    if cls.__module__ != "virtinstall.options.sections":
        lines.append("")
        lines.append("Other names from libvirt's schema for this element are accepted, too.")
    return "\n".join(lines) + "\n"


def _one(known: Known, width: int, columns: int) -> list[str]:
    """Format name, kind and doc in three columns; a long name is on a separate line."""
    margin = " " * (2 + width + _KIND_COLUMNS)
    lines = _wrapped(known.doc, margin, columns)
    if known.aliases:
        # for the names of boot devices, which are values
        label = "or" if known.kind == "word" else "also"
        lines += _wrapped(f"{label}: {', '.join(known.aliases)}", margin, columns)
    kind = known.kind.ljust(_KIND_COLUMNS - 1) + " "
    if len(known.name) >= width:
        return [f"  {known.name}", f"  {' ' * width}{kind}{lines[0].lstrip()}", *lines[1:]]
    return [f"  {known.name.ljust(width)}{kind}{lines[0].lstrip()}", *lines[1:]]


def _wrapped(text: str, margin: str, columns: int) -> list[str]:
    import textwrap

    return textwrap.wrap(
        text, columns, initial_indent=margin, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
    )
