"""`virt-clone`: options -> plan -> the copy's XML, or the copy."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from virtinstall.cli.log import Log
    from virtinstall.clone.request import ClonePlan, CloneRequest
    from virtinstall.libvirt_host.connection import LibvirtHost
    from virtinstall.options.parser import Parser

PROG = "virt-clone"
_ATTEMPTS = 30


def run(words: list[str], log: Log) -> int:
    """Do what the words after `virt-clone` say; gives the exit status. Raises: VirtInstallError."""
    from virtinstall.clone.table import CLONE_OPTIONS
    from virtinstall.options.parser import respell

    given = clone_parser().parse_args(respell(words, CLONE_OPTIONS))
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
    """The parser of virt-clone's command line."""
    from virtinstall.clone.table import CLONE_OPTIONS, DESCRIPTION, USAGE
    from virtinstall.options.parser import build_parser

    return build_parser(PROG, CLONE_OPTIONS, USAGE, DESCRIPTION)


def read_clone_request(given: Namespace) -> CloneRequest:
    """The request that the options make. Raises: RequestError, when the file of --original-xml can't be read too."""
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
        replace=bool(given.replace),
        checks=read_checks([*(["all=off"] if given.force else []), *(given.check or [])]),
    )


def _text_of(path: str) -> str:
    from virtinstall.errors import RequestError

    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"--original-xml {path}: {getattr(error, 'strerror', None) or error}") from error


def _clone(given: Namespace, log: Log) -> int:
    from virtinstall.clone.plan import plan_clone
    from virtinstall.clone.survey import survey_clone
    from virtinstall.errors import RequestError
    from virtinstall.libvirt_host.open import open_host

    request = read_clone_request(given)
    if request.original is None and request.original_xml is None:
        raise RequestError("no guest to copy is named", hint="give --original GUEST, or --original-xml FILE")
    if given.prompt:
        _warn("--prompt has no effect any more")
    host = open_host(given.connect)
    try:
        if given.print_xml or host.driver() == "test":
            plan = plan_clone(request, survey_clone(request, host, os.urandom(32)))
        else:
            plan = _plan_after_leftovers(request, host)
        log.line(f"connected to {host.uri}; planned:\n{plan.xml}")
        for warning in plan.warnings:
            log.line(f"warning: {warning}")
            _warn(warning)
        if given.print_xml:
            print(plan.xml, end="")
            return 0
        name = _make(plan, request, host, quiet=bool(given.quiet))
        if not given.quiet:
            print(f"The guest '{name}' is made.")
        return 0
    finally:
        host.close()


def _plan_after_leftovers(request: CloneRequest, host: LibvirtHost) -> ClonePlan:
    """The plan, once what a killed run of the same name has left is taken back."""
    from virtinstall.clone.plan import plan_clone
    from virtinstall.clone.survey import survey_clone
    from virtinstall.request_texts import texts_of
    from virtinstall.rollback.leftovers import remove_leftovers

    if request.name:
        remove_leftovers(request.name, host, _warn, texts_of(request))
        return plan_clone(request, survey_clone(request, host, os.urandom(32)))
    plan = plan_clone(request, survey_clone(request, host, os.urandom(32)))
    told: list[str] = []
    remove_leftovers(plan.name, host, told.append, texts_of(request))
    for text in told:
        _warn(text)
    # paths that were taken may be free now
    return plan_clone(request, survey_clone(request, host, os.urandom(32))) if told else plan


def _make(plan: ClonePlan, request: CloneRequest, host: LibvirtHost, *, quiet: bool) -> str:
    """Make the copy, under other names where another run took ours meanwhile; gives its name. Raises: HostError."""
    from virtinstall.clone.plan import plan_clone
    from virtinstall.clone.survey import survey_clone
    from virtinstall.errors import TakenError

    for _ in range(_ATTEMPTS):
        try:
            _apply(plan, request, host, quiet=quiet)
            return plan.name
        except TakenError as error:
            if not quiet:
                print(f"{error.message}; another is chosen.")
            plan = plan_clone(request, survey_clone(request, host, os.urandom(32)))
    _apply(plan, request, host, quiet=quiet)
    return plan.name


def _apply(plan: ClonePlan, request: CloneRequest, host: LibvirtHost, *, quiet: bool) -> None:
    from contextlib import nullcontext

    from virtinstall.cli.progress import progress_on
    from virtinstall.clone.copy import check_clone, make_clone
    from virtinstall.rollback.leftovers import begin_journal

    for warning in check_clone(plan, host, request.checks):
        _warn(warning)
    journal = (
        None
        if host.driver() == "test"
        else begin_journal(plan.name, _warn, host.uri, plan.uuid, generated=plan.generated)
    )
    with nullcontext() if journal is None else journal:
        make_clone(plan, host, progress_on(sys.stderr, quiet=quiet), journal)


def _warn(text: str) -> None:
    print(f"WARNING  {text}", file=sys.stderr)
