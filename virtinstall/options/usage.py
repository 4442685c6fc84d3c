"""Base of every command's parser: errors are exceptions, and libvirt can hold every argument.

Apart from the table of options, which commands without it need not load.
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
    """Invalid command line: an unknown option, a missing argument."""


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
    _typed: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments that libvirt and its XML can hold. Raises: UsageError, RequestError."""
        self._typed = tuple(args or ())
        require_usable(self._typed)
        return super().parse_known_args(args, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse arguments, all of which must belong to an option. Raises: UsageError, RequestError."""
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
        """The options that an abbreviation may mean: older ones, if there are any."""
        found = super()._get_option_tuples(option_string)
        return [each for each in found if not self.later.intersection(each[0].option_strings)] or found

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with a message and a hint."""
        from virtinstall.options.usage_hints import value_hint

        option, separator, what = message.removeprefix("argument ").partition(": ")
        action = next((each for each in self._actions if "/".join(each.option_strings) == option), None)
        if not separator or not message.startswith("argument ") or action is None:
            raise UsageError(_plain_message(message), hint=f"`{self.prog} --help` lists the options")
        name = self._spelling(action)
        short = next((word for word in self._typed if word[:1] == "-" and f"-{word}" in self._names()), None)
        if short is not None:
            raise UsageError(f"unknown option {short}", hint=f"did you mean -{short}?")
        choice = re.fullmatch(_CHOICE, what)
        if choice is not None:
            *values, last = choice["choices"].replace("'", "").split(", ")
            raise UsageError(f"invalid value '{choice['value']}' for {name}", hint=f"use {', '.join(values)} or {last}")
        hint = f"use {name} alone" if action.nargs == 0 else value_hint(action, name, self.prog)
        raise UsageError(_problem(name, what), hint=hint)

    def _subparser(self) -> Parser:
        """The parser of the subcommand that was typed, or this one if there are no subcommands."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found = next((action.choices[word] for word in self._typed if word in action.choices), self)
                return found if isinstance(found, Parser) else self
        return self

    def _spelling(self, action: argparse.Action) -> str:
        """The name of an option as it was typed; an abbreviation counts as the name it is short for."""
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
                    hint="check the terminal's encoding, or rename the file",
                )
            if not (len(option) > len("--c") and "--cloud-init".startswith(option)):
                require_xml(option or "argument", text)
        before = word if _is_option(word) else ""


def _is_option(word: str) -> bool:
    """Return whether an argument is an option: `--disk`, `-n`; a lone dash or `-=+x` is a value."""
    return word.startswith("-") and word[1:3].strip("-").isalpha()


def _plain_message(message: str) -> str:
    """Return argparse's message that is not about one option in the style of this project."""
    if message.startswith(_REQUIRED):
        # the other arguments in the list are optional: argparse lists those without a minimum, too
        return f"missing argument: {message.removeprefix(_REQUIRED).partition(', ')[0]}"
    return message


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
