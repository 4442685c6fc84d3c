"""The planning and creation of a copy, which is repeated if another run takes a generated name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from virtinstall.clone.copy import check_clone, make_clone
from virtinstall.clone.plan import plan_clone
from virtinstall.clone.survey import survey_clone
from virtinstall.create import Report, journaled, remove_traces, retry_while_taken
from virtinstall.progress import Silent
from virtinstall.redact import log_info, log_warning
from virtinstall.request_texts import texts_of

if TYPE_CHECKING:
    from virtinstall.clone.request import ClonePlan, CloneRequest
    from virtinstall.libvirt_host.connection import LibvirtHost
    from virtinstall.progress import Progress


def make_clone_plan(request: CloneRequest, host: LibvirtHost) -> ClonePlan:
    """Return the plan of the copy that `request` describes; change nothing.

    Raises: RequestError, if the guest cannot be copied as requested; HostError, if the host cannot be queried.
    """
    return plan_clone(request, survey_clone(request, host, os.urandom(32)))


def create_clone(
    plan: ClonePlan,
    request: CloneRequest,
    host: LibvirtHost,
    *,
    progress: Progress | None = None,
    on_warning: Report | None = None,
    report: Report | None = None,
) -> str:
    """Create the copy; return its name, which differs from the plan's if another run has taken that name meanwhile.

    After any failure, everything that this call created is removed. If `progress` is None, no progress is shown.
    `on_warning` is called with each warning, and `report` with each other message; if one of these is None, the
    messages are logged.

    Raises: RequestError, if the guest cannot be copied as requested; StorageError, if an image cannot be copied;
    HypervisorError, if the guest cannot be defined; TakenError, if other runs take the generated names repeatedly.
    """
    warn = on_warning or log_warning
    shown = progress or Silent()

    def apply(plan: ClonePlan) -> None:
        for warning in check_clone(plan, host, request.checks):
            warn(warning)
        with journaled(plan.name, host, warn, plan.uuid, name_is_generated=plan.generated) as journal:
            make_clone(plan, host, shown, journal, warn)

    if remove_traces(plan.name, host, warn, texts_of(request)):
        # paths that were taken may be free now
        plan = make_clone_plan(request, host)
    _, done = retry_while_taken(plan, apply, lambda plan: make_clone_plan(request, host), report or log_info)
    return done.name
