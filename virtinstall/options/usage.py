"""Base of every command's parser: errors are exceptions, and libvirt can hold every argument.

Apart from the table of options, which commands without it need not load.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from virtinstall.errors import RequestError
from virtinstall.safe_text import one_line, require_xml

_DEFAULT_COLUMNS = 78
# argparse's messages
_REQUIRED = "the following arguments are required: "
_CHOICE = r"(?s)argument (?P<option>.+?): invalid choice: (['\"])(?P<value>.*)\2 \(choose from (?P<choices>.*)\)"


class UsageError(RequestError):
    """The command line can't be read: an unknown option, a missing argument."""


class Formatter(argparse.HelpFormatter):
    """Formatter of help without shutil, which is slow to load: argparse creates one for each option."""

    help_column = 24

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=self.help_column, width=columns())

    def _format_action(self, action: argparse.Action) -> str:
        """Format an option, or a list of subcommands without argparse's heading."""
        if isinstance(action, argparse._SubParsersAction):
            return "".join(self._format_action(each) for each in action._get_subactions())
        return super()._format_action(action)

    def _split_lines(self, text: str, width: int) -> list[str]:
        """Wrap the help of an option; names of options are not broken at their hyphens."""
        return _wrap(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Wrap a description."""
        return "\n".join(indent + line for line in _wrap(text, width - len(indent)))


def _wrap(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


def columns() -> int:
    """Return the width of help on this terminal."""
    try:
        return max(40, os.get_terminal_size(1).columns - 2)
    except OSError:
        return _DEFAULT_COLUMNS


class Parser(argparse.ArgumentParser):
    """Argument parser that raises UsageError instead of exiting.

    `later` are options that abbreviations of older ones do not compete with.
    """

    later: frozenset[str] = frozenset()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments that libvirt and its XML can hold. Raises: UsageError, RequestError."""
        require_usable(args or ())
        return super().parse_known_args(args, namespace)

    def _get_option_tuples(self, option_string: str) -> Any:
        """The options that an abbreviation may mean: older ones, if there are any."""
        found = super()._get_option_tuples(option_string)
        return [each for each in found if not self.later.intersection(each[0].option_strings)] or found

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with a message and a hint."""
        hint = f"`{self.prog} --help` lists the options"
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message:
            word = next(iter(unknown.split()), "")
            problem, advice = _unknown_option(word, self.prog, self._names())
            raise UsageError(problem, hint=advice)
        choice = re.fullmatch(_CHOICE, message)
        if choice is not None:
            name = choice["option"].split("/")[-1]
            *values, last = choice["choices"].replace("'", "").split(", ")
            raise UsageError(f"invalid value '{choice['value']}' for {name}", hint=f"use {', '.join(values)} or {last}")
        raise UsageError(_plain_message(message), hint=hint)

    def _names(self) -> list[str]:
        """Return the options of this parser and of its subcommands."""
        found = [name for action in self._actions for name in action.option_strings]
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found += [name for parser in action.choices.values() for name in parser._names()]
        return list(dict.fromkeys(found))


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


def _plain_message(message: str) -> str:
    """Return argparse's message about an option in the style of this project."""
    option, separator, what = message.removeprefix("argument ").partition(": ")
    if message.startswith(_REQUIRED):
        # the other arguments in the list are optional: argparse lists those without a minimum, too
        return f"missing argument: {message.removeprefix(_REQUIRED).partition(', ')[0]}"
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
        hint = "put quotes around a value that contains spaces"
        return f"unexpected argument '{word}'", f"`{prog} --help` lists the arguments" if " " in prog else hint
    # without the dashes, which all options share
    known = {each.lstrip("-"): each for each in names}
    near = [known[each] for each in similar_names(name.lstrip("-"), known)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"`{prog} --help` lists the options"
    return f"unknown option {name}", hint
