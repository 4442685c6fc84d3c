"""`virt-install --count N`: plan all guests, then print or check the plans, or create the guests in parallel."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from virtinstall.cli.log import library_log
from virtinstall.cli.messages import Messages, error_lines
from virtinstall.cli.preview import preview_text
from virtinstall.cli.print_step import print_step
from virtinstall.cli.report import guest_document
from virtinstall.cli.status import Status
from virtinstall.cli.typed_answers import with_typed_answers
from virtinstall.fleet.several import create_all, numbered_guests
from virtinstall.hypervisor import connect
from virtinstall.options.legacy import rewrite
from virtinstall.request_texts import texts_of

if TYPE_CHECKING:
    from argparse import Namespace

    from virtinstall.cli.log import Log
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.fleet.outcome import Outcome
    from virtinstall.hypervisor import Hypervisor
    from virtinstall.plan import Plan
    from virtinstall.request import Request


def install_count(given: Namespace, step: str | None, log: Log) -> int:
    """Plan the guests, and print their XML, check the plans or create the guests; return the exit status.

    `step` is the part of the XML to print: `all`, `1` or `2`; it is None if no XML is printed.

    Raises: VirtInstallError.
    """
    if given.output != "json":
        return _install(given, step, log, [])
    documents: list[str] = []
    with redirect_stdout(sys.stderr):
        status = _install(given, step, log, documents)
    guests = [json.loads(each) for each in documents]
    changed = any(each["changed"] for each in guests)
    print(json.dumps({"guests": guests, "changed": changed, "exit_status": int(status)}, indent=2))
    return status


def _install(given: Namespace, step: str | None, log: Log, documents: list[str]) -> int:
    warnings = rewrite(given)
    messages = Messages(quiet=bool(given.quiet) or step is not None, notes=not given.quiet)
    guests = numbered_guests(given, warnings, preview=step is not None)
    requests = _with_answers(guests)
    create = step is None and not given.dry_run
    with connect(given.connect) as hypervisor:
        if create:
            for request in requests:
                # before planning, so that paths of leftovers are free
                named = tuple(texts_of(request))
                hypervisor.remove_leftovers(request.domain.name, named=named, on_warning=messages.warn)
        plans = [_planned(request, hypervisor, messages, log) for request in requests]
        outcomes: list[Outcome] = []
        for plan in plans:
            if step is not None:
                if given.output != "json":
                    print_step(plan, step, messages)
                for warning in hypervisor.check_xml(plan):
                    messages.warn(warning)
            elif given.dry_run:
                for warning in hypervisor.check(plan):
                    messages.warn(warning)
                messages.report(f"{plan.name}:\n{preview_text(plan)}".rstrip())
        if given.dry_run and step is None:
            messages.report("Dry run completed successfully")
        if create:
            with library_log(log):
                outcomes = create_all(
                    plans,
                    hypervisor,
                    on_warning=messages.warn,
                    report=lambda name, text: messages.report(f"{name}: {text}"),
                )
        failed = [each for each in outcomes if each.status != "done"]
        status = Status.ERROR if failed else Status.DONE
        if given.output == "json":
            done = {each.name for each in outcomes if each.status == "done"}
            documents += [
                guest_document(plan, hypervisor.host, plan.warnings, created=plan.name in done, status=status)
                for plan in plans
            ]
        _print_outcomes(outcomes, messages)
    return status


def _with_answers(guests: list[LabGuest]) -> list[Request]:
    """Return the requests of the guests; ask only once for answers that the user types."""
    requests = [guest.request for guest in guests if guest.request is not None]
    first = with_typed_answers(requests[0])
    typed = first.install.typed
    if not typed:
        return requests
    return [each.replace(install=each.install.replace(typed=typed)) for each in requests]


def _planned(request: Request, hypervisor: Hypervisor, messages: Messages, log: Log) -> Plan:
    plan = hypervisor.plan(request)
    log.line(f"connected to {hypervisor.uri}; planned:\n{''.join(plan.steps)}")
    for warning in plan.warnings:
        log.line(f"warning: {warning}")
        messages.warn(warning)
    return plan


def _print_outcomes(outcomes: list[Outcome], messages: Messages) -> None:
    for each in outcomes:
        for secret in each.secrets:
            print(f"{each.name}: {secret}")
        if each.status != "done":
            print(*error_lines("virt-install", str(each.message), each.hint, each.name), sep="\n", file=sys.stderr)
    if outcomes:
        done = sum(each.status == "done" for each in outcomes)
        messages.report(f"{done} of {len(outcomes)} guests created.")
