"""`virt-clone`: plan the copy of a guest from the options, and print its XML or create it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from argparse import Namespace

    from virtinstall.cli.log import Log
    from virtinstall.clone.request import CloneRequest
    from virtinstall.options.usage import Parser

PROG = "virt-clone"


def run(arguments: list[str], log: Log) -> int:
    """Run virt-clone with `arguments`, those after the command's name; return the exit status.

    Raises: VirtInstallError.
    """
    from virtinstall.options.clone_table import CLONE_OPTIONS
    from virtinstall.options.parser import respell

    given = clone_parser().parse_args(respell(arguments, CLONE_OPTIONS))
    if given.version:
        from virtinstall import __version__

        print(__version__)
        return 0
    if given.help:
        print(clone_parser().format_help(), end="")
        return 0
    if given.check and given.check[-1] in ("help", "?"):
        from virtinstall.options.introspect import help_text
        from virtinstall.options.read import section_class

        check = next(option for option in CLONE_OPTIONS if option.dest == "check")
        print(help_text(check, section_class(check)), end="")
        return 0
    return _clone(given, log)


def clone_parser() -> Parser:
    """Return the command-line parser of virt-clone."""
    from virtinstall.options.clone_table import CLONE_OPTIONS, DESCRIPTION, USAGE
    from virtinstall.options.parser import build_parser

    return build_parser(PROG, CLONE_OPTIONS, USAGE, DESCRIPTION)


def read_clone_request(given: Namespace) -> CloneRequest:
    """Return the request that the options describe.

    Raises: RequestError, if the options contradict each other or --original-xml cannot be read.
    """
    from virtinstall.clone.request import CloneRequest
    from virtinstall.options.read import read_checks

    return CloneRequest(
        original=given.original,
        original_xml=None if given.original_xml is None else _text_of(given.original_xml),
        name=given.name,
        uuid=given.uuid,
        auto_clone=bool(given.auto_clone),
        files=tuple(given.files or ()),
        force_copy=tuple(given.force_copy or ()),
        skip_copy=tuple(given.skip_copy or ()),
        macs=tuple(given.macs or ()),
        nvram=given.nvram,
        reflink=bool(given.reflink),
        sparse=not given.nonsparse,
        preserve_data=bool(given.preserve_data),
        replaces=bool(given.replace),
        checks=read_checks([*(["all=off"] if given.force else []), *(given.check or [])]),
    )


def _text_of(path: str) -> str:
    from virtinstall.errors import RequestError

    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        why = "not valid UTF-8 text" if isinstance(error, UnicodeDecodeError) else reason_of(error)
        why = "no such file" if isinstance(error, FileNotFoundError) else why
        hint = "save a guest's XML with: virsh dumpxml NAME > FILE"
        raise RequestError(f"--original-xml {path}: {why}", hint=hint) from error


def _clone(given: Namespace, log: Log) -> int:
    from virtinstall.cli.clone import clone
    from virtinstall.errors import RequestError

    request = read_clone_request(given)
    if request.original is None and request.original_xml is None:
        raise RequestError("no guest specified", hint="use --original GUEST or --original-xml FILE")
    return clone(request, given, log)
