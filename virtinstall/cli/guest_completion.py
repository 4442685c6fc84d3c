"""Completion of virt-guest: subcommands, their options, and values.

A subcommand's module may have `complete(option, text)`, which returns the candidates for the value of `option` (or for
an argument, if `option` is empty), or `TAKES_GUESTS`, if its arguments are names of guests.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
from collections.abc import Sequence

from virtinstall.cli.virt_guest import SUBCOMMANDS, guest_parser
from virtinstall.options.complete_values import Candidate

_PATIENCE_SECONDS = 1.0


def candidates(typed: Sequence[str]) -> list[Candidate]:
    """Return the completion candidates for the last item of `typed`, the arguments after `virt-guest`."""
    *before, current = typed
    if not before:
        return [Candidate(each.name, each.help) for each in SUBCOMMANDS if each.name.startswith(current)]
    row = next((each for each in SUBCOMMANDS if each.name == before[0]), None)
    if row is None:
        return []
    module = importlib.import_module(row.module)
    actions = _actions(row.name)
    option = _named(actions, before[-1])
    file = _value_of(before, "-f", "--file")
    if option is not None and option.nargs != 0:
        if file is not None and option.metavar == "NAME":
            return _in_file(file, before, current)
        return list(_values(module, option, current))
    if not current.startswith("-") and file is not None:
        return _in_file(file, before, current)
    if not current.startswith("-"):
        found = list(module.complete("", current)) if hasattr(module, "complete") else []
        if getattr(module, "TAKES_GUESTS", False):
            found = _guests(before, current)
        if found:
            return found
    return [
        Candidate(name, action.help or "")
        for action in actions
        for name in action.option_strings
        if name.startswith("--") and name.startswith(current)
    ]


def _value_of(before: Sequence[str], *names: str) -> str | None:
    pairs = itertools.pairwise(before)
    value = next((value for name, value in pairs if name in names), None)
    return next((word.partition("=")[2] for word in before if word.startswith(f"{names[-1]}=")), value)


def _in_file(file: str, before: Sequence[str], current: str) -> list[Candidate]:
    """Return the names of the guests and groups in a guests file; none if the file is not valid."""
    from virtinstall.errors import VirtInstallError
    from virtinstall.fleet.lab import Lab

    try:
        lab = Lab.load(file)
    except VirtInstallError:
        return []
    groups = (group for guest in lab.guests for group in guest.groups)
    names = dict.fromkeys([*(guest.name for guest in lab.guests), *groups])
    return [Candidate(name) for name in names if name.startswith(current) and name not in before]


def _guests(before: Sequence[str], current: str) -> list[Candidate]:
    """Return the names of the guests on the connection in `before`, except those that are already typed."""
    from virtinstall.libvirt_host.completion_names import listed

    names = listed("guests", _value_of(before, "--connect"), _PATIENCE_SECONDS)
    return [Candidate(name) for name in names if name.startswith(current) and name not in before]


def _actions(name: str) -> list[argparse.Action]:
    rows = tuple(each for each in SUBCOMMANDS if each.name == name)
    for action in guest_parser(rows)._actions:
        if isinstance(action, argparse._SubParsersAction):
            return list(action.choices[name]._actions)
    return []


def _named(actions: list[argparse.Action], word: str) -> argparse.Action | None:
    return next((action for action in actions if word in action.option_strings), None)


def _values(module: object, option: argparse.Action, text: str) -> list[Candidate]:
    if option.choices is not None:
        return [Candidate(str(each)) for each in option.choices if str(each).startswith(text)]
    complete = getattr(module, "complete", None)
    return list(complete(option.option_strings[0], text)) if complete is not None else []
