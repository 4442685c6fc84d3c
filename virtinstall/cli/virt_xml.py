"""`virt-xml`: change the XML of an existing guest, and print, define or hot-plug the result."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtinstall.cli.log import Log
    from virtinstall.edit.change import XmlOption
    from virtinstall.edit.request import EditRequest
    from virtinstall.options.usage import Parser

PROG = "virt-xml"
_ACTIONS = ("edit", "add_device", "remove_device", "build_xml")


def run(arguments: list[str], log: Log) -> int:
    """Run virt-xml with `arguments`, those after the command's name; return the exit status.

    Raises: VirtInstallError.
    """
    from virtinstall.options.parser import respell
    from virtinstall.options.table import OPTIONS
    from virtinstall.options.xml_table import XML_OPTIONS

    everything = Namespace(**{option.dest: None for option in OPTIONS})
    given = xml_parser().parse_args(respell(arguments, XML_OPTIONS), everything)
    if given.version:
        from virtinstall import __version__

        print(__version__)
        return 0
    if given.help:
        print(xml_parser().format_help(), end="")
        return 0
    if _print_help(given):
        return 0
    if given.osinfo == "list":
        from virtinstall.cli.list_systems import list_systems

        return list_systems()
    return _work(given, log)


def xml_parser() -> Parser:
    """Return the command-line parser of virt-xml."""
    from virtinstall.options.parser import build_parser
    from virtinstall.options.xml_table import DESCRIPTION, USAGE, XML_OPTIONS

    parser = build_parser(PROG, XML_OPTIONS, USAGE, DESCRIPTION)
    parser.add_argument(
        "domain",
        nargs="?",
        metavar="GUEST",
        help="Guest to change: its name, ID or UUID; without GUEST, XML is read from standard input.",
    )
    return parser


def _print_help(given: Namespace) -> bool:
    """Print the help of each `--OPTION help`; return whether there was any."""
    from virtinstall.options.introspect import help_text
    from virtinstall.options.parser import help_wanted
    from virtinstall.options.read import section_class
    from virtinstall.options.xml_table import XML_OPTIONS

    wanted = help_wanted(given, XML_OPTIONS)
    for option in wanted:
        print(help_text(option, section_class(option)), end="")
    return bool(wanted)


def _work(given: Namespace, log: Log) -> int:
    from contextlib import nullcontext

    from virtinstall.cli.connection import connect
    from virtinstall.cli.edit_session import Session
    from virtinstall.cli.log import library_log

    request = read_edit_request(given)
    with connect(given.connect) as hypervisor:
        log.line(f"connected to {hypervisor.uri}")
        with library_log(log) if request.define or request.start else nullcontext():
            return Session(request, hypervisor.host, given.domain).run()


def read_edit_request(given: Namespace) -> EditRequest:
    """Return the request that the options describe.

    Raises: RequestError, if the options contradict each other.
    """
    from virtinstall.edit.request import EditRequest
    from virtinstall.errors import RequestError
    from virtinstall.options.legacy import rewrite
    from virtinstall.options.read import read_checks, read_holder
    from virtinstall.options.xml_table import XML_OPTIONS

    for warning in rewrite(Namespace(**{**vars(given), "print_xml": None})):
        print(f"WARNING  {warning}", file=sys.stderr)
    action = _action(given)
    option = _xml_option(given)
    conversions = {
        each.dest: read_holder(each, [text] if text else ["none"]) or {}
        for each in XML_OPTIONS
        if each.dest.startswith("convert_") and (text := getattr(given, each.dest)) is not None
    }
    if option is None and not conversions:
        raise RequestError("no change specified", hint="add an option, for example: --disk cache=none")
    names = [f"--{name.replace('_', '-')}" for name in conversions]
    if conversions and action != "edit":
        raise RequestError(f"{names[0]} requires --edit", hint=f"use --edit instead of --{action.replace('_', '-')}")
    if len(conversions) + (option is not None) > 1:
        names += [] if option is None else [option.name]
        raise RequestError(f"{' and '.join(names)} cannot be used together", hint="run virt-xml once for each change")
    if given.osinfo is not None and action in ("edit", "remove_device"):
        raise RequestError(
            f"--{action.replace('_', '-')} does not support --osinfo",
            hint="use --osinfo with --add-device or --build-xml",
        )
    if given.define and given.no_define:
        raise RequestError("--define and --no-define cannot be used together", hint="omit one of them")
    if given.update and given.domain is None and action != "build_xml":
        raise RequestError(
            "--update requires a guest's name", hint="specify the guest's name instead of XML on standard input"
        )
    if given.update and given.start:
        raise RequestError(
            "--update and --start cannot be used together",
            hint="use --update for a running guest, and --start for a guest that is off",
        )
    osinfo = next(each for each in XML_OPTIONS if each.dest == "osinfo")
    return EditRequest(
        action=action,
        selector=given.edit or "",
        option=option,
        conversions=conversions,
        os_values=None if given.osinfo is None else read_holder(osinfo, [given.osinfo]),
        print_xml=bool(given.print_xml),
        print_diff=bool(given.print_diff),
        define=bool(given.define) or not (given.no_define or given.print_xml or given.print_diff),
        start=bool(given.start),
        update=bool(given.update),
        confirm=bool(given.confirm),
        quiet=bool(given.quiet),
        checks=read_checks(given.check or []),
    )


def _action(given: Namespace) -> str:
    from virtinstall.errors import RequestError

    found = [name for name in _ACTIONS if getattr(given, name) is not None]
    names = ["--" + name.replace("_", "-") for name in found or _ACTIONS]
    if not found:
        from virtinstall.similar import alternatives

        hint = f"for example: {PROG} {given.domain or 'NAME'} --edit --disk cache=none"
        raise RequestError(f"one of {alternatives(names)} is required", hint=hint)
    if len(found) > 1:
        raise RequestError(f"{' and '.join(names)} cannot be used together", hint="run virt-xml once for each action")
    return found[0]


def _xml_option(given: Namespace) -> XmlOption | None:
    """Return the option that describes XML, or None if there is none.

    Raises: RequestError, if there are several.
    """
    from virtinstall.edit.change import XmlOption
    from virtinstall.errors import RequestError
    from virtinstall.options.fallback import fallback_for
    from virtinstall.options.read import section_class
    from virtinstall.options.table import OPTIONS

    found = []
    for option in OPTIONS:
        texts = getattr(given, option.dest)
        if not option.is_xml or texts is None:
            continue
        if option.hidden:
            # an old spelling of one that is shown, kept under the same name
            continue
        cls = section_class(option)
        name = next(spelling for spelling in option.names if spelling.startswith("--"))
        values = tuple(texts) if isinstance(texts, list) else (texts,)
        found.append(XmlOption(name, cls, values, fallback_for(cls)))
    if len(found) > 1:
        names = " and ".join(option.name for option in found)
        raise RequestError(f"{names} cannot be used together", hint="run virt-xml once for each change")
    return found[0] if found else None
