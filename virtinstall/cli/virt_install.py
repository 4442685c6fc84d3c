"""`virt-install`: options -> plan -> a preview of it, or the guest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from virtinstall.cli.log import Log
    from virtinstall.libvirt_host.connection import LibvirtHost
    from virtinstall.libvirt_host.host import Guest
    from virtinstall.plan import Plan
    from virtinstall.request import Request
    from virtinstall.rollback.journal import Journal

PROG = "virt-install"
_ATTEMPTS = 30


def run(words: list[str], log: Log) -> int:
    """Do what the words after `virt-install` say; gives the exit status. Raises: VirtInstallError."""
    from virtinstall.options.parser import help_wanted, parse_argv

    given = parse_argv(words, PROG)
    if given.version:
        from virtinstall import __version__

        print(__version__)
        return 0
    if given.help:
        from virtinstall.options.parser import build_parser

        print(build_parser(PROG).format_help(), end="")
        return 0
    wanted = help_wanted(given)
    if wanted:
        from virtinstall.options.introspect import help_text
        from virtinstall.options.read import section_class

        for option in wanted:
            print(help_text(option, section_class(option)), end="")
        return 0
    if given.osinfo == "list":
        return _list_systems(given.output)
    if given.test_media_detection:
        return _detect_media(given)
    if given.finish is not None:
        return _finish(given)
    if given.output == "json":
        return _in_json(given, log)
    return _make_guest(given, log, [])


def _in_json(given: Namespace, log: Log) -> int:
    """The same, but that standard output gets one JSON document and what is for people goes to standard error."""
    from contextlib import redirect_stdout

    documents: list[str] = []
    with redirect_stdout(sys.stderr):
        status = _make_guest(given, log, documents)
    print("".join(documents), end="")
    return status


def _finish(given: Namespace) -> int:
    from virtinstall.cli.finish import finish
    from virtinstall.errors import RequestError
    from virtinstall.libvirt_host.open import open_host

    if given.wait_for is not None or given.timeout is not None:
        raise RequestError(
            f"--finish {given.finish} takes neither --wait-for nor --timeout",
            hint="--wait MINUTES limits how long it waits for the installation",
        )
    host = open_host(given.connect)
    try:
        return finish(given.finish, host, wait_minutes=given.wait, noreboot=bool(given.noreboot))
    finally:
        host.close()


def _list_systems(output: str | None) -> int:
    import os

    from virtinstall.osinfo.catalog import Catalog

    catalog = Catalog(os.environ)
    if output == "json":
        import json

        print(json.dumps([{"names": names} for names in catalog.systems()], indent=2))
    else:
        print(catalog.list_text(), end="")
    for warning in catalog.warnings:
        _warn(warning)
    return 0


def _detect_media(given: Namespace) -> int:
    """--test-media-detection: print the OS that a location holds."""
    from virtinstall.cli.detect_media import detect_media

    print(detect_media(given.test_media_detection, given.arch, given.os_type))
    return 0


def _make_guest(given: Namespace, log: Log, documents: list[str]) -> int:
    """Plan, and make what is wanted of it; `documents` gets the report where JSON is asked for."""
    from virtinstall.cli.typed_answers import with_typed_answers
    from virtinstall.install import plan_guest
    from virtinstall.libvirt_host.open import open_host
    from virtinstall.options.fallback import fallback_for
    from virtinstall.options.legacy import rewrite
    from virtinstall.options.read import read_request

    old_spellings = rewrite(given)
    step = _wanted_step(given)
    quiet = bool(given.quiet) or step is not None
    request = read_request(given, fallback_for, warnings=old_spellings, preview=step is not None)
    request = with_typed_answers(request)
    host = open_host(given.connect)
    try:
        if step is None and host.driver() != "test":
            _look_after_dead_runs(request.domain.name, host, dry_run=bool(given.dry_run))
        plan = plan_guest(request, host)
        log.line(f"connected to {host.uri}; planned:\n{''.join(plan.steps)}")
        for warning in plan.warnings:
            log.line(f"warning: {warning}")
            _warn(warning)
        made = step is None and not given.dry_run
        if step is not None:
            status = _print_step(plan, step) if given.output != "json" else 0
        elif given.dry_run:
            # a made-up password would be another in the real run
            _tell(plan.replace(secrets=()), quiet)
            status = _print_dry_run(plan, request, host, quiet)
        else:
            _tell(plan, quiet)
            status, plan = _create(plan, request, host, log, quiet=quiet)
        if given.output == "json":
            from virtinstall.cli.report import guest_document

            documents.append(guest_document(plan, host, plan.warnings, made=made, status=status))
        return status
    finally:
        host.close()


def _look_after_dead_runs(name: str | None, host: LibvirtHost, *, dry_run: bool) -> None:
    from virtinstall.rollback.leftovers import remove_leftovers, remove_served_of_others, report_leftovers

    if not dry_run:
        remove_served_of_others(name, _warn)
    if name is not None:
        (report_leftovers if dry_run else remove_leftovers)(name, host, _warn)


def _tell(plan: Plan, quiet: bool) -> None:
    if not quiet:
        for note in plan.notes:
            print(note)
    for secret in plan.secrets:
        print(secret, flush=True)


def _warn(text: str) -> None:
    print(f"WARNING  {text}", file=sys.stderr)


def _wanted_step(given: Namespace) -> str | None:
    """`all`, `1`, `2`, or None where nothing is to be printed."""
    step: str | None = given.print_xml
    if step is None or step in ("all", "1", "2"):
        return step
    from virtinstall.options.parser import UsageError

    raise UsageError(f"--print-xml {step}: there is no such step", hint="it is 1 (installation), 2 (final) or all")


def _print_step(plan: Plan, step: str) -> int:
    from virtinstall.errors import RequestError

    documents = plan.steps
    if step == "all":
        print("".join(documents), end="")
        return 0
    if int(step) > len(documents):
        raise RequestError(
            f"--print-xml {step}: this guest has {len(documents)} step", hint="without an installation there is one"
        )
    print(documents[int(step) - 1], end="")
    return 0


def _print_dry_run(plan: Plan, request: Request, host: LibvirtHost, quiet: bool) -> int:
    from virtinstall.cli.preview import preview_text
    from virtinstall.run.boot_files import check_boot_files
    from virtinstall.storage.apply import check_storage

    check_boot_files(plan, host)
    for warning in check_storage(plan, host, request.checks):
        _warn(warning)
    if not quiet:
        print(preview_text(plan), end="")
        print("Dry run completed successfully")
    return 0


def _create(plan: Plan, request: Request, host: LibvirtHost, log: Log, *, quiet: bool) -> tuple[int, Plan]:
    """Make the guest and follow it; gives the exit status, and the plan with the names that it got in the end."""
    from virtinstall.cli.log import LoggedProgress
    from virtinstall.errors import HostError
    from virtinstall.install import create_guest, plan_guest
    from virtinstall.libvirt_host.connection_errors import explain_lost_connection
    from virtinstall.progress import progress_on
    from virtinstall.rollback.signals import Terminated
    from virtinstall.run.boot_files import check_boot_files
    from virtinstall.run.follow import InstallWatcher, finish_command
    from virtinstall.storage.apply import check_storage

    def say(text: str) -> None:
        log.line(text)
        if not quiet:
            print(text, flush=True)

    follower = InstallWatcher(plan, host, say)
    progress = LoggedProgress(progress_on(sys.stderr, quiet=quiet), log)
    watched = follower.console_kind() == "text" or plan.run.wait_for == "cloud-init"
    paused = watched and host.driver() == "qemu"

    def make(plan: Plan) -> Guest:
        check_boot_files(plan, host)
        for warning in check_storage(plan, host, request.checks):
            _warn(warning)
        with explain_lost_connection(host, plan.name), _journal(plan, host) as journal:
            return create_guest(plan, host, progress, journal=journal, paused=paused, warn=_warn)

    plan, guest = _make_named(plan, make, lambda: plan_guest(request, host), lambda plan: _tell(plan, quiet), say)
    follower = InstallWatcher(plan, host, say)
    try:
        with explain_lost_connection(host, plan.name):
            return int(follower.follow(guest)), plan
    except HostError as error:
        error.add_note(f"the guest '{plan.name}' was started and is left as it is")
        raise
    except (KeyboardInterrupt, Terminated) as error:
        print(f"\nNo longer waited for: the guest '{plan.name}' is left as it is ({guest.state()}).", file=sys.stderr)
        if not follower.installed:
            print(f"To go on with its installation: {finish_command(host.uri, plan.name)}", file=sys.stderr)
        return (130 if isinstance(error, KeyboardInterrupt) else 128 + error.number), plan


def _make_named(
    plan: Plan,
    make: Callable[[Plan], Guest],
    plan_anew: Callable[[], Plan],
    tell: Callable[[Plan], None],
    say: Callable[[str], None],
) -> tuple[Plan, Guest]:
    """The guest that `make` gives; names of our own choice that others take meanwhile are chosen anew.

    Raises: TakenError, when they are so again and again.
    """
    from virtinstall.errors import TakenError

    for _ in range(_ATTEMPTS):
        try:
            return plan, make(plan)
        except TakenError as error:
            say(f"{error.message}; another is chosen.")
            plan = plan_anew()
            tell(plan)
    return plan, make(plan)


def _journal(plan: Plan, host: LibvirtHost) -> AbstractContextManager[Journal | None]:
    """The run's journal; the test driver's guests need none."""
    from contextlib import nullcontext

    from virtinstall.rollback.leftovers import begin_journal

    journal = None if host.driver() == "test" else begin_journal(plan.name, _warn, host.uri)
    return nullcontext() if journal is None else journal
