"""Parsing of the command line into options: spelling, prefixes, arguments; values are not interpreted here."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NoReturn

from virtinstall.errors import RequestError
from virtinstall.options.table import OPTIONS, Option
from virtinstall.safe_text import one_line, require_xml

HELP_WORDS = ("?", "help")
_DEFAULT_COLUMNS = 78
_KINDS = {"text": str, "integer": int, "number": float}


class UsageError(RequestError):
    """The command line can't be read: an unknown option, a missing argument."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """argparse's formatter without shutil, which is slow to load, for the width of the terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=_columns())


def _columns() -> int:
    try:
        return max(40, os.get_terminal_size(1).columns - 2)
    except OSError:
        return _DEFAULT_COLUMNS


class Parser(argparse.ArgumentParser):
    """Argument parser that raises UsageError instead of exiting."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments that libvirt and its XML can hold. Raises: UsageError, RequestError."""
        require_usable(args or ())
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with a message and a hint."""
        hint = f"`{self.prog} --help` lists the options"
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message:
            word = next(iter(unknown.split()), "")
            problem, advice = _unknown_option(word, self.prog, self._names())
            raise UsageError(problem, hint=advice)
        raise UsageError(_in_words(message), hint=hint)

    def _names(self) -> list[str]:
        return [name for action in self._actions for name in action.option_strings]


def require_usable(argv: Sequence[str]) -> None:
    """Refuse arguments that are not UTF-8 or contain characters that XML cannot hold.

    Scripts in --cloud-init may contain any text: they do not become XML.
    Raises: UsageError, RequestError; both name the option and the value.
    """
    before = ""
    for word in argv:
        if not word.isprintable():
            name, equals, value = word.partition("=")
            option, text = (name, value) if equals and _is_option(name) else (before, word)
            named = f"{option}: " if option else ""
            if any("\ud800" <= char <= "\udfff" for char in word):
                raise UsageError(
                    f"{named}'{one_line(text)}' is not valid UTF-8, which libvirt requires",
                    hint="check the terminal's encoding; a file with such a name must be renamed",
                )
            if not (len(option) > len("--c") and "--cloud-init".startswith(option)):
                require_xml(option or "argument", text)
        before = word if _is_option(word) else ""


def _is_option(word: str) -> bool:
    """Return whether an argument is an option: `--disk`, `-n`; a lone dash or `-=+x` is a value."""
    return word.startswith("-") and word[1:3].strip("-").isalpha()


def _in_words(message: str) -> str:
    """Return argparse's message about an option in the style of this project."""
    option, separator, what = message.removeprefix("argument ").partition(": ")
    if not separator or not message.startswith("argument "):
        return message
    name = option.split("/")[-1]
    if what.startswith("expected one argument"):
        return f"{name} requires a value"
    if what.startswith("ignored explicit argument"):
        return f"{name} does not accept a value"
    if what.startswith("invalid "):
        kind, _, value = what.removeprefix("invalid ").partition(" value: ")
        number = {"int": "a whole number", "float": "a number"}.get(kind, kind)
        return f"{name} {value.strip(chr(39))}: must be {number}"
    return f"{name}: {what}"


def _unknown_option(word: str, prog: str, names: Iterable[str]) -> tuple[str, str]:
    from virtinstall.similar import similar_names

    name = word.partition("=")[0]
    if not name.startswith("-"):
        return f"unexpected argument '{word}'", "put quotes around a value that contains spaces"
    # without the dashes, which all options share
    known = {each.lstrip("-"): each for each in names}
    near = [known[each] for each in similar_names(name.lstrip("-"), known)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"`{prog} --help` lists the options"
    return f"unknown option {name}", hint


def build_parser(
    prog: str = "virt-install",
    options: Sequence[Option] = OPTIONS,
    usage: str = "--name NAME --memory MIB --disk DISK METHOD [options]",
    description: str = "Create a virtual machine through libvirt and start its installation.",
) -> Parser:
    """Return the parser for `options`, grouped as in the table; `usage` follows the command's name."""
    parser = Parser(
        prog=prog,
        usage=f"{prog} {usage}",
        description=description,
        epilog=f"`{prog} --disk help` lists the sub-options; likewise for other options."
        if options is OPTIONS
        else None,
        argument_default=None,
        formatter_class=_Formatter,
        add_help=False,
    )
    parser.add_argument("-h", "--help", action="store_true", dest="help", help="Print this help.")
    parser.add_argument("--version", action="store_true", dest="version", help="Print the version.")
    groups = {name: parser.add_argument_group(name) for name in dict.fromkeys(option.group for option in options)}
    for option in options:
        _add(groups[option.group], option)
    return parser


def _add(group: argparse._ArgumentGroup, option: Option) -> None:
    text = argparse.SUPPRESS if option.hidden else option.help.replace("%", "%%")
    if option.argument == "none":
        group.add_argument(
            *option.names,
            dest=option.dest,
            action="store_const",
            const=option.stores,
            help=text,
            default=None,
        )
        return
    metavar = option.metavar or "VALUE"
    kind = _KINDS[option.kind]
    const = kind(option.bare) if option.argument == "optional" else None
    group.add_argument(
        *option.names,
        dest=option.dest,
        action="append" if option.repeat else "store",
        nargs="?" if option.argument == "optional" else None,
        const=const,
        type=kind,
        metavar=metavar,
        help=text,
        default=None,
    )


def respell(argv: Sequence[str], options: Sequence[Option] = OPTIONS) -> list[str]:
    """Return argv with `--extra_args` replaced by `--extra-args`: old guides spell options with underscores."""
    names = {name for option in options for name in option.names}
    result = []
    for word in argv:
        name, equals, value = word.partition("=")
        if name.startswith("--") and "_" in name and name not in names and name.replace("_", "-") in names:
            word = name.replace("_", "-") + equals + value
        result.append(word)
    return result


def parse_argv(argv: Sequence[str], prog: str = "virt-install") -> argparse.Namespace:
    """Return the options of `argv` by destination; those not used are None.

    Raises: UsageError.
    """
    return _parser(prog).parse_args(respell(argv))


@cache
def _parser(prog: str) -> Parser:
    """Return the parser, cached because building it takes longer than using it."""
    return build_parser(prog)


def help_wanted(given: argparse.Namespace, options: Sequence[Option] = OPTIONS) -> list[Option]:
    """Return the compound options whose value is `help` or `?`, in order of the table."""
    wanted = []
    for option in options:
        values = getattr(given, option.dest)
        if option.section and any(value in HELP_WORDS for value in (values if isinstance(values, list) else [values])):
            wanted.append(option)
    return wanted
