"""Shell completion: `virt-install --complete SHELL WORD...`, hidden from the help.

Options, sub-options and their descriptions come from the declarations, so that the shells' scripts (completion/)
contain no lists. They only pass the command line and show the candidates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from virtinstall.options.complete_values import (
    LEADING_VALUES,
    Candidate,
    Query,
    matching,
    names_a_file,
    plain_values,
    sub_values,
)
from virtinstall.options.table import OPTIONS, Option

if TYPE_CHECKING:
    from virtinstall.options.introspect import Known
    from virtinstall.xml.element import Element

Find = Callable[[Sequence[str]], list[Candidate]]
_PATIENCE_SECONDS = 1.0
_BASH_SPECIAL = " \t'\"\\$`&;|<>()*?[]{}!#~"


def completion_lines(prog: str, arguments: Sequence[str], find: Find | None = None) -> Iterator[str]:
    """Yield one line for each candidate, in the format that the shell's completion script reads.

    `arguments` start with the name of the shell. For bash, the command line up to the cursor and the characters at
    which bash splits the line follow; for zsh and fish, the arguments after the command's name, up to the cursor.
    `find` returns the candidates for the arguments after the command's name; if it is None, `candidates` is used.

    A line consists of the candidate, a space if the candidate is complete, and, except for bash, a tab and the
    description.
    """
    shell, *rest = arguments or [""]
    if shell == "bash":
        line, breaks = (*rest, "", "")[:2]
        typed = _split(line)[1:] or [""]
        cut = max((typed[-1].rfind(char) + 1 for char in breaks if char in "=:"), default=0)
    else:
        typed, cut = list(rest) or [""], 0
    for candidate in candidates(prog, typed) if find is None else find(typed):
        text = candidate.text[cut:]
        if shell == "bash":
            text = "".join(f"\\{char}" if char in _BASH_SPECIAL else char for char in text)
        yield text + ("" if candidate.open else " ") + ("" if shell == "bash" else "\t" + candidate.doc)


def candidates(prog: str, typed: Sequence[str], query: Query | None = None) -> list[Candidate]:
    """Return the candidates for the last argument in `typed`, the arguments after the command's name.

    `query` returns the names of libvirt objects of one kind, such as `guests`; if it is None, libvirt is queried.
    """
    options = _options_of(prog)
    *before, current = typed
    query = query or _asker(options, before)
    name, equals, value = current.partition("=")
    option = _named(options, name) if equals and name.startswith("--") else None
    if option is not None:
        return [found._replace(text=f"{name}={found.text}") for found in _values(option, value, query)]
    option = _named(options, before[-1]) if before else None
    if option is not None and option.argument == "required":
        return _values(option, current, query)
    found = []
    if option is not None and option.argument == "optional" and not current.startswith("-"):
        found = _values(option, current, query)
    if prog == "virt-xml" and not found and not before and not current.startswith("-"):
        found = matching(query("guests"), current)
    return found or list(_option_names(options, current))


def _options_of(prog: str) -> Sequence[Option]:
    if prog == "virt-clone":
        from virtinstall.options.clone_table import CLONE_OPTIONS

        return CLONE_OPTIONS
    if prog == "virt-xml":
        from virtinstall.options.xml_table import XML_OPTIONS

        return XML_OPTIONS
    return OPTIONS


def _asker(options: Sequence[Option], before: Sequence[str]) -> Query:
    """Return a function that queries the libvirt of --connect."""
    uri = None
    for number, word in enumerate(before):
        name, equals, value = word.partition("=")
        option = _named(options, name)
        if option is not None and option.dest == "connect":
            uri = value if equals else next(iter(before[number + 1 :]), None)

    def query(kind: str) -> list[str]:
        from virtinstall.libvirt_host.completion_names import listed

        return listed(kind, uri, _PATIENCE_SECONDS)

    return query


def _named(options: Sequence[Option], name: str) -> Option | None:
    """Return the option that `name` refers to; it may be abbreviated as argparse allows."""
    if not name.startswith("-") or name in ("-", "--"):
        return None
    exact = [option for option in options if name in option.names]
    short = {
        option.dest: option
        for option in options
        if name.startswith("--") and any(full.startswith(name) for full in option.names)
    }
    return exact[0] if exact else next(iter(short.values())) if len(short) == 1 else None


def _option_names(options: Sequence[Option], current: str) -> Iterator[Candidate]:
    if current and not current.startswith("-"):
        return
    for option in options:
        if not option.hidden:
            for name in option.names:
                # completing a short name saves no typing
                if name.startswith("--") and name.startswith(current):
                    yield Candidate(name, _plain(option.help))
    for name, doc in (("--help", "Print this help."), ("--version", "Print the version.")):
        if name.startswith(current):
            yield Candidate(name, doc)


def _values(option: Option, text: str, query: Query) -> list[Candidate]:
    if not option.section:
        return plain_values(option, text, query)
    from virtinstall.options.read import section_class

    cls = section_class(option)
    # within quotes commas and `=` have no meaning, so nothing is completed there
    if "'" in text or '"' in text:
        return []
    head, comma, word = text.rpartition(",")
    head += comma
    key, equals, value = word.partition("=")
    if equals:
        found = [each._replace(text=f"{key}={each.text}") for each in sub_values(option, cls, key, value, query)]
    else:
        found = _bare_values(option, cls, head, word, query) + _sub_options(cls, head, word)
    return [each._replace(text=head + each.text, open=each.open or option.dest != "osinfo") for each in found]


def _bare_values(option: Option, cls: type[Element], head: str, word: str, query: Query) -> list[Candidate]:
    """Return values of the sub-option for this part without `=`, and values of the whole option."""
    before = head.split(",")[:-1]
    found = []
    if not before:
        whole = ["none"] if cls.none_word == "suppress" else []
        found = matching([*whole, "help"], word)
    found += matching(LEADING_VALUES.get(option.dest, ()), word)
    if len(before) < len(cls.bare) and not any("=" in each for each in before):
        key = cls.bare[len(before)]
        # files of the current directory would clutter the sub-options: `./` lists them
        if "/" in word or not names_a_file(option, key):
            found += sub_values(option, cls, key, word, query)
    return found


def _sub_options(cls: type[Element], head: str, word: str) -> list[Candidate]:
    """Return names of sub-options that begin with `word`, up to the next dot, like directories."""
    from virtinstall.options.introspect import known_sub_options

    given = {each.partition("=")[0] for each in head.split(",")}
    known = [each for each in known_sub_options(cls) if each.kind != "word"]
    short = [(alias, each) for each in known for alias in each.aliases if "_" not in alias]
    found = _fitting([*[(each.name, each) for each in known], *(short if word else ())], word, given)
    # old names of virt-install only if no current name matches
    return found or _fitting([(alias, each) for each in known for alias in each.aliases], word, given)


def _fitting(named: list[tuple[str, Known]], word: str, given: set[str]) -> list[Candidate]:
    found: dict[str, Candidate] = {}
    for name, known in named:
        full = _numbered(name, word)
        if full.startswith(word) and full not in given:
            part, dot, _ = full[len(word) :].partition(".")
            text = word + part + (dot or "=")
            doc = f"{text}*" if dot else f"{_plain(known.doc)} ({known.kind})"
            found.setdefault(text, Candidate(text, doc, True))
    return list(found.values())


def _numbered(name: str, word: str) -> str:
    """Return `hostN.name` with the number in `word` instead of N, 0 if it has none."""
    parts = name.split(".")
    typed = word.split(".")
    for place, part in enumerate(parts):
        if part.endswith("N"):
            start = part[:-1]
            digits = typed[place].removeprefix(start) if place < len(typed) else ""
            parts[place] = start + (digits if digits.isdecimal() else "0")
    return ".".join(parts)


def _plain(text: str) -> str:
    return text.replace("`", "")


def _split(line: str) -> list[str]:
    """Split a shell's line up to the cursor; the last part may be empty or in an open quote."""
    found = [""]
    inside, quote, position = False, "", 0
    while position < len(line):
        char = line[position]
        position += 1
        if char == "\\" and quote != "'" and position < len(line):
            found[-1] += line[position]
            position += 1
            inside = True
        elif quote:
            if char == quote:
                quote = ""
            else:
                found[-1] += char
        elif char in "'\"":
            quote, inside = char, True
        elif char.isspace():
            if inside:
                found.append("")
            inside = False
        else:
            found[-1] += char
            inside = True
    return found
