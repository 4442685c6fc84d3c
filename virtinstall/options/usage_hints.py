"""The hints of errors about unknown options, unexpected arguments and missing values.

This module is loaded only if a command line is invalid.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

from virtinstall.similar import question_for, similar_names

# dashes of word processors and web pages; minus sign
_OTHER_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_GUESTS_FILES = (".yaml", ".yml", ".json")
# values for examples, by the option's destination or placeholder
_EXAMPLES = {
    "ram": "2048",
    "cpuset": "0-3",
    "uuid": "12345678-1234-1234-1234-123456789abc",
    "description": "'Web server'",
    "cdrom_short": "/images/debian.iso",
    "test_media_detection": "/images/debian.iso",
    "init": "/sbin/init",
    "os_type_word": "linux",
    "old_files": "/images/web.qcow2",
    "old_sizes": "20",
    "old_bridges": "br0",
    "old_macs": "52:54:00:12:34:56",
    "vncport": "5901",
    "vnclisten": "127.0.0.1",
    "keymap": "de",
    "print_step": "1",
    "name": "web",
    "connect": "qemu:///system",
    "cdrom": "/images/debian.iso",
    "image": "debian12",
    "arch": "aarch64",
    "machine": "q35",
    "virt_type": "kvm",
    "wait_for": "ip",
    "autoconsole": "text",
    "output": "json",
    "ARGS": "console=ttyS0",
    "MAC": "52:54:00:12:34:56",
    "MINUTES": "30",
    "N": "2",
    "TIME": "10m",
    "TIMEOUT": "5m",
}


def value_hint(action: argparse.Action, name: str, prog: str) -> str:
    """Return the hint for a missing or invalid value of the option `name`; `prog` is the name of the command."""
    if getattr(action, "is_compound", False):
        return f"`{prog} {name} help` lists its sub-options"
    example = _EXAMPLES.get(action.dest) or _EXAMPLES.get(str(action.metavar))
    if example is not None:
        start = "specify the time in minutes, for example" if action.metavar == "MINUTES" else "for example"
        return f"{start}: {name} {example}"
    if action.metavar in (None, "VALUE"):
        return f"`{prog} --help` lists the options"
    return f"use {name} {action.metavar}"


def unknown_option(word: str, prog: str, names: Iterable[str]) -> tuple[str, str]:
    """Return the error and the hint for `word`, which starts with `-`, but is not in `names`, the known options."""
    name = word.partition("=")[0]
    # without the dashes, which all options share
    known = {each.lstrip("-"): each for each in names}
    exact = known.get(name.lstrip("-"))
    if exact is not None:
        return f"unknown option {name}", f"did you mean {exact}?"
    near = question_for([known[each] for each in similar_names(name.lstrip("-"), known)])
    return f"unknown option {name}", near or f"`{prog} --help` lists the options"


def stray_argument(word: str, argv: Sequence[str], actions: Sequence[argparse.Action], prog: str) -> tuple[str, str]:
    """Return the error and the hint for `word`, an argument in `argv` that does not belong to an option.

    `actions` are the options of the command `prog`.
    """
    problem = f"unexpected argument '{word}'"
    names = [name for action in actions for name in action.option_strings]
    if word[:1] and word[0] in _OTHER_DASHES:
        name = "--" + word.lstrip("-" + _OTHER_DASHES).partition("=")[0]
        meant = name if name in names else "--NAME"
        return f"{problem}: it starts with a dash instead of a hyphen", f"write options with two hyphens: {meant}"
    if " " in prog:
        return problem, _guests_file(word, names) or f"`{prog} --help` lists the arguments"
    name, value, action = _option_before(word, argv, actions)
    if action is None:
        is_long = f"-{name}" in names
        return problem, f"did you mean -{name}?" if is_long else f"`{prog} --help` lists the options"
    if action.nargs == 0:
        return problem, f"omit '{word}': {name} does not accept a value"
    if getattr(action, "is_compound", False) and "=" in word[1:] and word[0] not in ",=":
        return problem, f"write sub-options without spaces: {name} {value.rstrip(', ')},{word}"
    if word[:1] in ("=", ",") or value.endswith((",", "=")):
        return problem, "remove the spaces around commas and equal signs"
    return problem, "put quotes around a value that contains spaces"


def _guests_file(word: str, names: Sequence[str]) -> str | None:
    """Return the hint for a guests file without -f, or None if `word` is not the name of one."""
    return f"use -f {word}" if word.endswith(_GUESTS_FILES) and "-f" in names else None


def _option_before(
    word: str, argv: Sequence[str], actions: Sequence[argparse.Action]
) -> tuple[str, str, argparse.Action | None]:
    """Return the option before the last `word` in `argv`, its value, and its declaration or None if it is unknown."""
    end = len(argv) - 1 - argv[::-1].index(word)
    for place in range(end - 1, -1, -1):
        name, _, value = argv[place].partition("=")
        if name.startswith("-"):
            found = next((action for action in actions if name in action.option_strings), None)
            return name, value or " ".join(argv[place + 1 : end]), found
    return "", "", None
