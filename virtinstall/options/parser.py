"""The parsing of the command line into options; values are not interpreted here."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import cache

from virtinstall.options.table import LATER, OPTIONS, Option
from virtinstall.options.usage import Formatter, Parser

HELP_FLAGS = ("?", "help")
DESCRIPTION = (
    "Create a virtual machine through libvirt and start its installation. METHOD is --cdrom, --location, --pxe, "
    "--import or --install."
)
_KINDS = {"text": str, "integer": int, "number": float}


class _Formatter(Formatter):
    """Formatter of long lists of options."""

    help_column = 30


def build_parser(
    prog: str = "virt-install",
    options: Sequence[Option] = OPTIONS,
    usage: str = "[--name NAME]\n           {--image NAME | --memory VALUE --disk VALUE METHOD} [options]",
    description: str = DESCRIPTION,
) -> Parser:
    """Return a parser for `options`; its help lists the options by group.

    `prog` is the command's name, `usage` the rest of the usage line, and `description` the text after it.
    """
    parser = Parser(
        prog=prog,
        usage=f"{prog} {usage}",
        description=description,
        epilog=f"`{prog} --disk help` lists the sub-options of --disk; this works for every option with VALUE."
        if any(option.dest == "disk" for option in options)
        else None,
        argument_default=None,
        formatter_class=_Formatter,
        add_help=False,
    )
    parser.later = LATER
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
    added = group.add_argument(
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
    added.is_compound = bool(option.section)  # type: ignore[attr-defined]


def respell(argv: Sequence[str], options: Sequence[Option] = OPTIONS) -> list[str]:
    """Return `argv` with hyphens in options that old guides spell with underscores, such as `--extra_args`."""
    names = {name for option in options for name in option.names}
    result = []
    for word in argv:
        name, equals, value = word.partition("=")
        if name.startswith("--") and "_" in name and name not in names and name.replace("_", "-") in names:
            word = name.replace("_", "-") + equals + value
        result.append(word)
    return result


def parse_argv(argv: Sequence[str], prog: str = "virt-install") -> argparse.Namespace:
    """Return a namespace with the options in `argv`; the value of an option that is not used is None.

    Raises: UsageError, if an option is unknown or an argument is missing or invalid.
    """
    given: argparse.Namespace = _parser(prog).parse_args(respell(argv))
    given.single_dashes = single_dashes(argv)
    return given


def single_dashes(argv: Sequence[str], options: Sequence[Option] = OPTIONS) -> list[str]:
    """Return the arguments in `argv` that are long options with a single hyphen, such as `-vcpus=2`.

    argparse reads such an argument as one or more short options.
    """
    names = {name for option in options for name in option.names}
    single = [word for word in argv if word.startswith("-") and not word.startswith("--")]
    return [word for word in single if "-" + word.partition("=")[0] in names]


@cache
def _parser(prog: str) -> Parser:
    """Return the parser, cached because building it takes longer than using it."""
    return build_parser(prog)


def help_wanted(given: argparse.Namespace, options: Sequence[Option] = OPTIONS) -> list[Option]:
    """Return the options with sub-options whose value in `given` is `help` or `?`, in the order of `options`."""
    wanted = []
    for option in options:
        values = getattr(given, option.dest)
        if option.section and any(value in HELP_FLAGS for value in (values if isinstance(values, list) else [values])):
            wanted.append(option)
    return wanted
