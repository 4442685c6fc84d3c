"""The base of every command's parser: errors are exceptions, and every argument is a string that libvirt accepts.

This module is separate from the table of options, so that commands that do not use the table do not load it.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from virtinstall.errors import RequestError
from virtinstall.safe_text import one_line, require_xml

_DEFAULT_COLUMNS = 78
# argparse's messages
_REQUIRED = "the following arguments are required: "
_CHOICE = r"(?s)invalid choice: (['\"])(?P<value>.*)\1 \(choose from (?P<choices>.*)\)"


class UsageError(RequestError):
    """Error about an invalid command line, such as an unknown option or a missing argument."""


class Formatter(argparse.HelpFormatter):
    """A formatter for help texts that does not import shutil, which is slow to load."""

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
    """Return the width of the help text in columns: that of the terminal, if any, otherwise a default."""
    try:
        return max(40, os.get_terminal_size(1).columns - 2)
    except OSError:
        return _DEFAULT_COLUMNS


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError instead of exiting.

    `later` contains newer options, which do not make the abbreviations of older options ambiguous.
    """

    later: frozenset[str] = frozenset()
    _typed: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Return the namespace for `args`, and a list of the unknown arguments.

        Raises: UsageError, if the arguments are invalid; RequestError, if a character is not allowed in XML.
        """
        self._typed = tuple(args or ())
        require_usable(self._typed)
        return super().parse_known_args(args, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Return the namespace for `args`.

        Raises: UsageError, if the arguments are invalid or unknown; RequestError, if a character is not allowed in XML.
        """
        given, extra = self.parse_known_args(args, namespace)
        if extra:
            from virtinstall.options.usage_hints import stray_argument, unknown_option

            parser = self._subparser()
            if extra[0].startswith("-"):
                problem, hint = unknown_option(self._as_typed(extra[0]), parser.prog, parser._names())
            else:
                problem, hint = stray_argument(extra[0], self._typed, parser._actions, parser.prog)
            raise UsageError(problem, hint=hint)
        return given

    def _as_typed(self, word: str) -> str:
        """Return the argument that argparse calls `word`: it removes short options at the beginning (Python 3.12)."""
        ends = word.lstrip("-")
        longer = (each for each in self._typed if each[:1] == "-" and each[1:2] != "-" and each.endswith(ends))
        return word if word in self._typed else next(longer, word)

    def _get_option_tuples(self, option_string: str) -> Any:
        """Return the options that an abbreviation may mean: the older ones, if there are any."""
        found = super()._get_option_tuples(option_string)
        return [each for each in found if not self.later.intersection(each[0].option_strings)] or found

    def error(self, message: str) -> NoReturn:
        """Raise UsageError for an error message from argparse."""
        from virtinstall.options.usage_hints import value_hint

        option, separator, what = message.removeprefix("argument ").partition(": ")
        action = next((each for each in self._actions if "/".join(each.option_strings) == option), None)
        if not separator or not message.startswith("argument ") or action is None:
            raise _plain_error(message, self.prog)
        name = self._spelling(action)
        short = next((word for word in self._typed if word[:1] == "-" and f"-{word}" in self._names()), None)
        if short is not None:
            raise UsageError(f"unknown option {short}", hint=f"did you mean -{short}?")
        choice = re.fullmatch(_CHOICE, what)
        if choice is not None:
            from virtinstall.similar import alternatives

            values = choice["choices"].replace("'", "").split(", ")
            raise UsageError(f"{name} {choice['value'] or repr('')}: must be {alternatives(values)}")
        other = what.removeprefix("not allowed with argument ")
        if other != what:
            raise UsageError(f"{other} and {name} cannot be used together", hint="omit one of them")
        hint = f"use {name} without a value" if action.nargs == 0 else value_hint(action, name, self.prog)
        raise UsageError(_problem(name, what), hint=hint)

    def _subparser(self) -> Parser:
        """Return the parser of the subcommand that was typed, or this parser if there are no subcommands."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found = next((action.choices[word] for word in self._typed if word in action.choices), self)
                return found if isinstance(found, Parser) else self
        return self

    def _spelling(self, action: argparse.Action) -> str:
        """Return the name of an option as it was typed; for an abbreviation, the last name of the option."""
        typed = {word.partition("=")[0] for word in self._typed}
        names = [name for name in action.option_strings if name in typed] or action.option_strings
        return names[-1]

    def _names(self) -> list[str]:
        """Return the options of this parser and of its subcommands."""
        found = [name for action in self._actions for name in action.option_strings]
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found += [name for parser in action.choices.values() for name in parser._names()]
        return list(dict.fromkeys(found))


def require_usable(argv: Sequence[str]) -> None:
    """Reject arguments that are not UTF-8 or contain characters that are not allowed in XML.

    Values of --cloud-init may contain any UTF-8 text, because they are not written to XML.

    Raises: UsageError, if an argument is not UTF-8; RequestError, if a character is not allowed in XML.
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
                    hint="use a terminal with UTF-8 encoding, or rename the file if the value is a file name",
                )
            if not (len(option) > len("--c") and "--cloud-init".startswith(option)):
                require_xml(option or "argument", text)
        before = word if _is_option(word) else ""


def _is_option(word: str) -> bool:
    """Return whether an argument is an option: `--disk`, `-n`; a lone dash or `-=+x` is a value."""
    return word.startswith("-") and word[1:3].strip("-").isalpha()


def _plain_error(message: str, prog: str) -> UsageError:
    """Return the error for an argparse message that is not about one option, in the style of this project."""
    if message.startswith(_REQUIRED):
        # the other arguments in the list are optional: argparse lists those without a minimum, too
        name = message.removeprefix(_REQUIRED).partition(", ")[0]
        return UsageError(f"missing argument: {name}", hint=f"`{prog} --help` lists the arguments")
    if message.startswith("ambiguous option: "):
        return UsageError(message, hint="write the option in full")
    return UsageError(message, hint=f"`{prog} --help` lists the options")


def _problem(name: str, what: str) -> str:
    """Return argparse's message `what` about the option `name` in the style of this project."""
    if what.startswith("expected one argument"):
        return f"{name} requires a value"
    if what.startswith("ignored explicit argument"):
        return f"{name} does not accept a value"
    if what.startswith("invalid "):
        kind, _, value = what.removeprefix("invalid ").partition(" value: ")
        number = {"int": "a whole number", "float": "a number"}.get(kind, kind)
        return f"{name} {value if value == repr('') else value.strip(chr(39))}: must be {number}"
    return f"{name}: {what}"
