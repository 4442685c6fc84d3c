"""`virt-guest SUBCOMMAND`: commands for guests. Each subcommand is a module and a row of the table.

The module of a subcommand defines `add_arguments(parser)` and `run(given, log) -> exit status`.
"""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple
from virtinstall.options.usage import Formatter, Parser, UsageError

if TYPE_CHECKING:
    from virtinstall.cli.log import Log

PROG = "virt-guest"
_LIST = f"list the subcommands with: {PROG} --help"
# subcommands of similar tools, and the command that does it
_OTHER_NAMES = {
    **dict.fromkeys(("remove", "rm", "undefine"), f"{PROG} delete NAME"),
    **dict.fromkeys(("create", "install", "new"), "virt-install"),
    **dict.fromkeys(("edit", "modify"), "virt-xml NAME --edit"),
    "clone": "virt-clone",
    "ls": f"{PROG} list",
    **{name: f"virsh {name} NAME" for name in ("start", "shutdown", "destroy", "reboot", "console")},
    "stop": "virsh shutdown NAME",
}


class Subcommand(NamedTuple):
    """A subcommand: its name, the name of its Python module, and one line of help."""

    name: str
    module: str
    help: str


SUBCOMMANDS = (
    Subcommand("apply", "virtinstall.cli.guest_apply", "Create, change and delete guests to match a file."),
    Subcommand("diff", "virtinstall.cli.guest_diff", "Print how guests differ from a file."),
    Subcommand(
        "inventory",
        "virtinstall.cli.guest_inventory",
        "Print guests as an Ansible inventory or an SSH client configuration.",
    ),
    Subcommand(
        "export",
        "virtinstall.cli.guest_export",
        "Print existing guests as a guests file, or the guests in a file as KubeVirt manifests.",
    ),
    Subcommand(
        "list", "virtinstall.cli.guest_list", "List guests with their addresses, images, memory, vCPUs and ages."
    ),
    Subcommand("ip", "virtinstall.cli.guest_ip", "Print the IP addresses of a guest."),
    Subcommand("ssh", "virtinstall.cli.guest_ssh", "Log in to a guest, or run a command in it, over SSH."),
    Subcommand("exec", "virtinstall.cli.guest_exec", "Run a command in a guest through the guest agent."),
    Subcommand(
        "reset", "virtinstall.cli.guest_reset", "Reset the disks of a guest to the images that they were created from."
    ),
    Subcommand("delete", "virtinstall.cli.guest_delete", "Delete guests and the disks that were created for them."),
    Subcommand("images", "virtinstall.cli.guest_images", "List, download and delete cached disk images."),
)


def run(arguments: list[str], log: Log) -> int:
    """Run virt-guest with `arguments`, those after the command's name; return the exit status.

    Raises: VirtInstallError.
    """
    arguments = _with_subcommand_first(arguments)
    # argparse looks for translations of its texts, of which Python has none: a fiftieth of a short command
    argparse._ = _untranslated  # type: ignore[attr-defined]
    chosen = next((each for each in SUBCOMMANDS if arguments[:1] == [each.name]), None)
    if chosen is None and arguments and not arguments[0].startswith("-"):
        raise _unknown_subcommand(arguments[0])
    # what follows `--` belongs to another command, whatever it looks like
    end = arguments.index("--") if "--" in arguments else len(arguments)
    # one subcommand is loaded, not all of them
    given = guest_parser(SUBCOMMANDS if chosen is None else (chosen,)).parse_args(arguments[:end])
    if end < len(arguments):
        if not hasattr(given, "command"):
            raise UsageError(
                f"unexpected '--': '{arguments[0]}' does not run a command",
                hint=f"omit '--', or run a command in a guest with: {PROG} exec NAME -- COMMAND",
            )
        given.command = [*given.command, *arguments[end + 1 :]]
    if given.version:
        from virtinstall import __version__

        print(__version__)
        return 0
    if given.module is None:
        print(guest_parser().format_help(), end="")
        return 0
    status: int = importlib.import_module(given.module).run(given, log)
    return status


def _untranslated(text: str | None) -> str | None:
    return text


def _with_subcommand_first(arguments: list[str]) -> list[str]:
    """Return `arguments` with a leading `--connect URI`, which virsh accepts, after the subcommand."""
    if arguments[:1] == ["--connect"]:
        count = 2
    elif arguments and arguments[0].startswith("--connect="):
        count = 1
    else:
        return arguments
    if len(arguments) <= count:
        raise UsageError("no subcommand specified", hint=_LIST)
    return [arguments[count], *arguments[:count], *arguments[count + 1 :]]


def _unknown_subcommand(name: str) -> UsageError:
    from virtinstall.similar import did_you_mean

    if name in _OTHER_NAMES:
        return UsageError(f"unknown subcommand '{name}'", hint=f"use: {_OTHER_NAMES[name]}")
    return UsageError(
        f"unknown subcommand '{name}'", hint=did_you_mean(name, [each.name for each in SUBCOMMANDS], _LIST)
    )


def guest_parser(subcommands: tuple[Subcommand, ...] = SUBCOMMANDS) -> Parser:
    """Return the command-line parser of virt-guest, with these subcommands."""
    parser = Parser(prog=PROG, description="Manage guests and their images.", formatter_class=Formatter, add_help=False)
    _add_help(parser)
    parser.set_defaults(module=None)
    parser.add_argument("--version", action="store_true", help="Print the version.")
    commands = parser.add_subparsers(
        title="subcommands",
        description=f"`{PROG} SUBCOMMAND --help` lists the options of a subcommand.",
        metavar="SUBCOMMAND",
        parser_class=Parser,
    )
    for each in subcommands:
        sub = commands.add_parser(
            each.name, help=each.help, description=each.help, formatter_class=Formatter, add_help=False
        )
        _add_help(sub)
        sub.add_argument("--connect", metavar="URI", help="Connection URI of libvirt, as in virt-install.")
        importlib.import_module(each.module).add_arguments(sub)
        sub.set_defaults(module=each.module)
    return parser


def _add_help(parser: Parser) -> None:
    parser.add_argument("-h", "--help", action="help", help="Print this help.")
