"""A page for each option of virt-install, from the declarations, with an example."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from virtinstall.options.introspect import known_sub_options, switch_values, unnamed_values
from virtinstall.options.read import section_class
from virtinstall.options.table import OPTIONS, Option

EXAMPLES = Path(__file__).with_name("option_examples.txt")
CASES = Path(__file__).parents[1] / "tests" / "cases"
BASE = "virt-install --image debian12 --name web"


def long_name(option: Option) -> str:
    """Return the first spelling with two dashes."""
    return next(name for name in option.names if name.startswith("--"))


def visible_options() -> list[Option]:
    """Return the options that --help lists."""
    return [option for option in OPTIONS if not option.hidden]


def examples() -> dict[str, str]:
    """Return a complete command for each option.

    The first option of a line in the file is the one that it shows.

    Raises: ValueError, if an option has two examples.
    """
    found: dict[str, str] = {}
    for line in EXAMPLES.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        complete = line.startswith("virt-install ")
        name = line.removeprefix("virt-install ").split()[0].partition("=")[0]
        if name in found:
            raise ValueError(f"{EXAMPLES}: {name} has two examples")
        found[name] = line if complete else _on_the_base(name, line)
    for option in visible_options():
        # the test case of a device is its example, unless the file has a better one
        case = CASES / f"device{long_name(option)[1:]}" / "command"
        if long_name(option) not in found and case.exists():
            found[long_name(option)] = case.read_text(encoding="utf-8").strip()
    return found


def _on_the_base(name: str, arguments: str) -> str:
    """Return the base command with the arguments; an option of the base is replaced."""
    args = shlex.split(BASE)
    if name in args:
        place = args.index(name)
        return shlex.join(args[:place]) + f" {arguments} " + shlex.join(args[place + 2 :])
    return f"{BASE} \\\n    {arguments}"


def pages() -> Iterator[tuple[str, str]]:
    """Yield (file, text) of the index and of each page.

    Raises: ValueError, if an option has no example.
    """
    commands = examples()
    options = visible_options()
    missing = [long_name(option) for option in options if long_name(option) not in commands]
    if missing:
        raise ValueError(f"{EXAMPLES}: no example for {', '.join(missing)}")
    yield "options/index.md", _index(options)
    for option in options:
        yield f"options/{long_name(option).lstrip('-')}.md", _page(option, commands[long_name(option)])


def _index(options: list[Option]) -> str:
    lines = ["# Options of virt-install", ""]
    for group in dict.fromkeys(option.group for option in options):
        lines += [f"## {group}", "", "| option | |", "|---|---|"]
        for option in options:
            if option.group == group:
                name = long_name(option)
                lines.append(f"| [`{name}`]({name.lstrip('-')}.md) | {_cell(option.help)} |")
        lines.append("")
    names = "\n".join(long_name(option).lstrip("-") for option in options)
    return "\n".join([*lines, "```{toctree}", ":hidden:", "", names, "```", ""])


def _page(option: Option, command: str) -> str:
    name = long_name(option)
    lines = [f"# {name}", "", _text(option.help), "", f"Syntax: `{_syntax(option)}`", ""]
    if len(option.names) > 1:
        others = ", ".join(f"`{each}`" for each in option.names if each != name)
        lines += [f"Other names: {others}", ""]
    if option.repeat and option.describes == "device":
        lines += ["The option can be repeated; each use adds a device.", ""]
    lines += ["## Example", "", "```sh", command, "```", ""]
    if option.section:
        lines += _sub_options(option, name)
    return "\n".join(lines)


def _syntax(option: Option) -> str:
    """Return the option with its argument, as --help prints it."""
    name = long_name(option)
    if option.argument == "none":
        return name
    value = option.metavar or "NAME=VALUE[,...]"
    if option.section:
        bare = section_class(option).bare
        value = ",".join(word.upper() for word in bare) + "[,NAME=VALUE...]" if bare else "NAME=VALUE[,...]"
    return f"{name} [{value}]" if option.argument == "optional" else f"{name} {value}"


def _sub_options(option: Option, name: str) -> list[str]:
    """Return the table of the sub-options."""
    lines = ["## Sub-options", ""]
    cls = section_class(option)
    if cls.bare:
        lines += [f"{unnamed_values(cls)}.", ""]
    lines += ["| name | value | |", "|---|---|---|"]
    for known in known_sub_options(cls):
        names = ", ".join(f"`{each}`" for each in (known.name, *known.aliases))
        lines.append(f"| {names} | {known.kind} | {_cell(known.doc)} |")
    lines += ["", switch_values(cls), "`N` in a name is a number, starting at 0. `NAME=` unsets a value."]
    if option.is_xml:
        lines.append(
            f"Any other name in libvirt's XML schema for this element works too. `{name} help` prints this list."
        )
    return [*lines, ""]


def _text(text: str) -> str:
    return text.replace("<", "&lt;")


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")
