"""Main action of virt-install: plan a guest, then print or check the plan, or create the guest and follow it."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from virtinstall.cli.connection import connect
from virtinstall.cli.log import library_log
from virtinstall.cli.lost_output import tolerate_lost_output
from virtinstall.cli.messages import Messages
from virtinstall.cli.typed_answers import with_typed_answers
from virtinstall.errors import HostError
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.options.fallback import fallback_for
from virtinstall.options.legacy import rewrite
from virtinstall.options.read import read_request
from virtinstall.options.usage import UsageError
from virtinstall.request_texts import texts_of

if TYPE_CHECKING:
    from argparse import Namespace

    from virtinstall.cli.log import Log
    from virtinstall.hypervisor import Hypervisor
    from virtinstall.plan import Plan


def install(given: Namespace, log: Log) -> int:
    """Plan a guest, and print its XML, check the plan or create the guest; return the exit status.

    Raises: VirtInstallError.
    """
    if given.count is not None:
        from virtinstall.cli.install_count import install_count

        return install_count(given, _requested_step(given), log)
    if given.output != "json":
        return _install(given, log, [])
    # standard output is one JSON document; messages are printed to standard error
    documents: list[str] = []
    with redirect_stdout(sys.stderr):
        status = _install(given, log, documents)
    if given.dry_run or given.print_xml is not None:
        print("".join(documents), end="")
    else:
        with tolerate_lost_output("the guest was created"):
            print("".join(documents), end="")
    return status


def _install(given: Namespace, log: Log, documents: list[str]) -> int:
    """Plan and run the requested action; add the report to `documents` for JSON output."""
    old_spellings = rewrite(given)
    step = _requested_step(given)
    messages = Messages(quiet=bool(given.quiet) or step is not None, notes=not given.quiet)
    request = read_request(given, fallback_for, warnings=old_spellings, preview=step is not None)
    request = with_typed_answers(request)
    create = step is None and not given.dry_run
    with connect(given.connect) as hypervisor:
        if create:
            # before planning, so that paths of leftovers are free
            hypervisor.remove_leftovers(request.domain.name, named=texts_of(request), on_warning=messages.warn)
        elif step is None and request.domain.name is not None:
            _report_leftovers(request.domain.name, hypervisor, messages)
        plan = hypervisor.plan(request)
        log.line(f"connected to {hypervisor.uri}; planned:\n{''.join(plan.steps)}")
        for warning in plan.warnings:
            log.line(f"warning: {warning}")
            messages.warn(warning)
        if step is not None:
            from virtinstall.cli.print_step import print_step

            status = print_step(plan, step, messages) if given.output != "json" else 0
            # after the XML: it shows what libvirt rejects
            for warning in hypervisor.check_xml(plan):
                messages.warn(warning)
        elif given.dry_run:
            status = _dry_run(plan, hypervisor, messages)
        else:
            with library_log(log):
                status, plan = _create(plan, hypervisor, log, messages)
        if given.output == "json":
            from virtinstall.cli.report import guest_document

            documents.append(guest_document(plan, hypervisor.host, plan.warnings, created=create, status=status))
        return status


def _report_leftovers(name: str, hypervisor: Hypervisor, messages: Messages) -> None:
    if has_real_storage(hypervisor.host):
        from virtinstall.rollback.leftovers import report_leftovers

        report_leftovers(name, hypervisor.host, messages.warn)


def _requested_step(given: Namespace) -> str | None:
    """Return the requested part of the XML: `all`, `1` or `2`; None if nothing is printed.

    Raises: UsageError.
    """
    step: str | None = given.print_xml
    if step is None or step in ("all", "1", "2"):
        return step
    raise UsageError(
        f"--print-xml {step}: invalid value",
        hint="use 1 (the installation), 2 (the finished guest) or 'all' (both)",
    )


def _dry_run(plan: Plan, hypervisor: Hypervisor, messages: Messages) -> int:
    """Run the checks of --dry-run, and print the actions; return the exit status."""
    from virtinstall.cli.preview import preview_text

    # without the generated passwords, which differ in the real run
    for note in plan.notes:
        messages.report(note)
    for warning in hypervisor.check(plan):
        messages.warn(warning)
    messages.report(f"{preview_text(plan)}Dry run completed successfully")
    return 0


def _announce(plan: Plan, messages: Messages) -> None:
    for note in plan.notes:
        messages.report(note)
    for secret in plan.secrets:
        print(secret, flush=True)


def _create(plan: Plan, hypervisor: Hypervisor, log: Log, messages: Messages) -> tuple[int, Plan]:
    """Create the guest and follow it; return the exit status, and the plan with the guest's final names."""
    from virtinstall.cli.follow import InstallWatcher, paused_for_console
    from virtinstall.cli.log import LoggedProgress
    from virtinstall.cli.progress import progress_on
    from virtinstall.cli.status import Status
    from virtinstall.libvirt_host.connection_errors import explain_lost_connection
    from virtinstall.rollback.signals import Terminated
    from virtinstall.virsh_commands import finish_command

    def report(text: str) -> None:
        log.line(text)
        messages.report(text)

    host = hypervisor.host
    watcher = InstallWatcher(plan, host, report)
    _announce(plan, messages)
    guest = hypervisor.create(
        plan,
        progress=LoggedProgress(progress_on(sys.stderr, quiet=messages.quiet), log),
        on_warning=messages.warn,
        report=report,
        paused=paused_for_console(watcher, host),
        restart=False,
    )
    assert guest.plan is not None
    if guest.plan is not plan:
        # the same plan, but for the images that it names now, or one with other names
        is_same = (plan.notes, plan.secrets) == (guest.plan.notes, guest.plan.secrets)
        plan = guest.plan
        if not is_same:
            with tolerate_lost_output(f"the guest '{plan.name}' was created"):
                _announce(plan, messages)
        watcher = InstallWatcher(plan, host, report)
    try:
        with tolerate_lost_output(f"the guest '{plan.name}' was created"), explain_lost_connection(host, plan.name):
            status = int(watcher.follow(guest.handle))
            errors = tuple(f"cloud-init: {error}" for error in watcher.cloud_init_errors)
            return status, plan.replace(warnings=(*plan.warnings, *errors)) if errors else plan
    except HostError as error:
        error.add_note(f"the guest '{plan.name}' was created and is kept")
        raise
    except (KeyboardInterrupt, Terminated) as error:
        print(f"\nStopped waiting; the guest '{plan.name}' is unchanged ({guest.state}).", file=sys.stderr)
        if not watcher.installed:
            print(f"To resume its installation: {finish_command(host.uri, plan.name)}", file=sys.stderr)
        return (Status.INTERRUPTED if isinstance(error, KeyboardInterrupt) else 128 + error.number), plan
