"""The main action of virt-clone: plan the copy of a guest, then print its XML or create it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from virtinstall.accepted import check_change_accepted
from virtinstall.cli.connection import connect
from virtinstall.cli.log import library_log
from virtinstall.cli.messages import Messages
from virtinstall.clone.create import create_clone, make_clone_plan
from virtinstall.request_texts import texts_of

if TYPE_CHECKING:
    from argparse import Namespace

    from virtinstall.cli.log import Log
    from virtinstall.clone.request import CloneRequest


def clone(request: CloneRequest, given: Namespace, log: Log) -> int:
    """Plan the copy of a guest, and print its XML or create the copy; return the exit status.

    `given` contains the parsed options, and `request` is the request that they describe.

    Raises: VirtInstallError.
    """
    from virtinstall.cli.progress import progress_on

    messages = Messages(quiet=bool(given.quiet))
    if given.prompt:
        messages.warn("--prompt has no effect: virt-clone does not ask questions")
    with connect(given.connect) as hypervisor:
        host = hypervisor.host
        if not given.print_xml:
            # before planning, so that paths of leftovers are free
            hypervisor.remove_leftovers(request.name, named=texts_of(request), on_warning=messages.warn)
        plan = make_clone_plan(request, host)
        log.line(f"connected to {host.uri}; planned:\n{plan.xml}")
        for warning in plan.warnings:
            log.line(f"warning: {warning}")
            messages.warn(warning)
        if given.print_xml:
            print(plan.xml, end="")
            for warning in check_change_accepted(plan.original_xml, plan.xml, host, request.checks):
                messages.warn(warning)
            return 0
        progress = progress_on(sys.stderr, quiet=messages.quiet)
        with library_log(log):
            name = create_clone(
                plan, request, host, progress=progress, on_warning=messages.warn, report=messages.report
            )
        messages.report(f"Clone '{name}' created successfully.")
        return 0
