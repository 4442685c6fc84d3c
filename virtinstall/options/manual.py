"""The generated part of the manual pages, which describes every sub-option, and the markup of the pages.

argparse-manpage generates a page from a parser and an include file. The include files combine the
hand-written text of `man/PROGRAM.text` with the sub-options.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from virtinstall.options.introspect import known_sub_options, unnamed_values
from virtinstall.options.read import section_class
from virtinstall.options.table import OPTIONS, Option

if TYPE_CHECKING:
    from virtinstall.options.introspect import Known

_SHARED = ("clearxml", "xpathN.")
_ALL = "All options that describe XML"
_HELP = ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nPrint the help.\n"


def roff(text: str) -> str:
    """Return `text` escaped for a manual page; text in backticks becomes bold."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    if escaped[:1] in (".", "'"):
        escaped = "\\&" + escaped
    return bold_terms(escaped)


def bold_terms(text: str) -> str:
    """Return `text` with all text in backticks converted to bold; such text may contain one line break."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and lines[-1].count("`") % 2 and line.count("`") % 2:
            line = f"{lines.pop()} {line}"
        parts = line.split("`")
        if len(parts) % 2:
            line = "".join(f"\\fB{part}\\fR" if place % 2 else part for place, part in enumerate(parts))
        lines.append(line)
    return "\n".join(lines)


def sub_options_section(options: Sequence[Option] = OPTIONS) -> str:
    """Return the section of a manual page that lists the sub-options of `options`, and the deprecated options.

    Hidden options appear only among the deprecated options.
    """
    lines = [
        "[sub-options]",
        "Compound options accept sub-options, separated by commas. Lists, such as `packages=git,vim`, and free text",
        "may contain commas: such a value ends at the next sub-option. In other values, put a backslash before a",
        "comma, or quote the value.",
        "Values of the types yes/no and on/off are yes, no, on or off.",
        "`NAME=` unsets a value. N in a name is an index, starting at 0.",
        "Dotted names are paths in libvirt's XML. Names that are not listed here also work if the installed libvirt's",
        "schema contains them.",
    ]
    lines[1:] = [roff(line) for line in lines[1:]]
    for option in options:
        if option.section and not option.hidden:
            lines += _one_option(option)
    lines += _shared()
    lines += _deprecated_options(options)
    return "\n".join(lines) + "\n"


def _deprecated_options(options: Sequence[Option]) -> list[str]:
    """Return the section with the options that are accepted, but not shown by --help."""
    lines = [
        "",
        "[deprecated options]",
        roff("These options are still accepted. Most of them have a replacement above."),
    ]
    for option in options:
        if option.hidden:
            lines += [".TP", ", ".join(f"\\fB{roff(name)}\\fR" for name in option.names), roff(option.help)]
    return lines


def _one_option(option: Option) -> list[str]:
    cls = section_class(option)
    name = next(spelling for spelling in option.names if spelling.startswith("--"))
    lines = [f".SS {roff(name)}"]
    if cls.bare:
        lines.append(roff(f"{unnamed_values(cls)}."))
    own = [known for known in known_sub_options(cls) if not known.name.startswith(_SHARED)]
    for known in own:
        lines += _one_sub_option(known)
    if not own and not cls.bare:
        lines.append(roff(f"See {_ALL!r} below."))
    return lines


def _one_sub_option(known: Known) -> list[str]:
    names = "\\fR, \\fB".join(roff(name) for name in (known.name, *known.aliases))
    return [".TP", f"\\fB{names}\\fR ({roff(known.kind)})", roff(known.doc)]


def _shared() -> list[str]:
    cls = section_class(next(option for option in OPTIONS if option.dest == "disk"))
    lines = [f".SS {roff(_ALL)}"]
    for known in known_sub_options(cls):
        if known.name.startswith(_SHARED):
            lines += _one_sub_option(known)
    return lines


def write_includes(folder: Path) -> None:
    """Write a file `PROGRAM.include` for each file `PROGRAM.text` in `folder`.

    The new file has the same content; for virt-install, the section about sub-options is added.
    """
    for path in sorted(folder.glob("*.text")):
        text = path.read_text(encoding="utf-8")
        if path.stem == "virt-install":
            text = text.replace("[see also]", sub_options_section() + "\n[see also]")
        path.with_suffix(".include").write_text(text, encoding="utf-8")


def mark_pages(folder: Path) -> None:
    """Correct the manual pages (`*.1`) in `folder`, which argparse-manpage has generated.

    argparse-manpage does not convert backticks, puts the text from `PROGRAM.text` before the description, and prints
    the text at the end of the help under the heading COMMENTS. This function makes text in backticks bold, moves the
    first sentence of --help to the start of the description, and changes the heading to NOTES.
    """
    for path in folder.glob("*.1"):
        page = path.read_text(encoding="utf-8").replace(".SH COMMENTS\n", ".SH NOTES\n")
        page = page.replace(".SH COMMAND ", ".SH SUBCOMMAND ").replace(".SH OPTIONS\n", f".SH OPTIONS\n{_HELP}", 1)
        path.write_text(bold_terms(_summary_first(page)), encoding="utf-8")


def _summary_first(page: str) -> str:
    before, heading, after = page.partition(".SH DESCRIPTION\n")
    section, blank, rest = after.partition("\n\n")
    *text, summary = section.split("\n")
    if not text or text[-1] == ".PP":
        return page
    return "".join((before, heading, "\n".join((summary, ".PP", *text)), blank, rest))
