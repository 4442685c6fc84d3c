"""The guests of `virt-install --count N`, which differ only in their numbers."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.errors import RequestError, VirtInstallError
from virtinstall.fleet.conflicts import conflicts, exclusive_values
from virtinstall.fleet.keys import MOST_GUESTS
from virtinstall.fleet.lab_guest import LabGuest
from virtinstall.fleet.outcome import Outcome, worker_count
from virtinstall.fleet.schedule import run_in_order
from virtinstall.fleet.substitute import expand_places, numbered_name
from virtinstall.hypervisor import Hypervisor, connect
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.options.fallback import fallback_for
from virtinstall.options.read import read_request
from virtinstall.redact import log_info, log_warning
from virtinstall.virsh_commands import finish_command

if TYPE_CHECKING:
    from virtinstall.plan import Plan


def numbered_names(name: str, count: int) -> list[str]:
    """Return `count` guest names with the numbers from 1 to `count`.

    The number replaces `{n}` in `name`, or is appended to `name`, as in `web-1`.
    """
    return [numbered_name(name, index) for index in range(1, count + 1)]


def numbered_guests(given: Namespace, warnings: Sequence[str] = (), *, preview: bool = False) -> list[LabGuest]:
    """Return the guests that a command line with --count describes, in the order of their numbers.

    `given` are the parsed options, in which old spellings have been replaced. `{n}` and `{name}` in the values are
    replaced with the number and the name of each guest. `warnings` and `preview` are passed to `read_request`.

    Raises: RequestError, if the command line is invalid, or if two guests would have the same address, port, disk or
    device.
    """
    if not 1 <= given.count <= MOST_GUESTS:
        raise RequestError(
            f"--count {given.count}: must be a number from 1 to {MOST_GUESTS}", hint="for example: --count 3"
        )
    if given.name is None:
        raise RequestError(
            "--count requires --name", hint="for example, create web-1, web-2 and web-3 with: --name web --count 3"
        )
    for dest in ("reinstall", "finish"):
        if getattr(given, dest) is not None:
            raise RequestError(f"--count and --{dest} cannot be used together", hint="omit --count")
    if given.autoconsole not in (None, "none"):
        raise RequestError(
            f"--count and --autoconsole {given.autoconsole} cannot be used together", hint="omit --autoconsole"
        )
    guests = []
    for index, name in enumerate(numbered_names(given.name, given.count), 1):
        options = {dest: _expanded(value, name, index) for dest, value in vars(given).items()}
        request = read_request(
            Namespace(**{**options, "name": name, "autoconsole": "none"}),
            fallback_for,
            warnings=warnings,
            preview=preview,
        )
        guests.append(LabGuest(name=name, place="--count", read=request, index=index))
    values = {each.name: exclusive_values(each.read.domain, each) for each in guests if each.read is not None}
    problems = conflicts(guests, values)
    if problems:
        lines = (problem.message.removeprefix("--count: ") for problem in problems)
        hints = dict.fromkeys(problem.hint for problem in problems if problem.hint)
        raise RequestError("\n".join(dict.fromkeys(lines)), hint="; ".join(hints))
    return guests


def _expanded(value: Any, name: str, index: int) -> Any:
    if isinstance(value, str):
        return expand_places(value, name, index)
    return [_expanded(each, name, index) for each in value] if isinstance(value, list) else value


def create_all(
    plans: Sequence[Plan],
    hypervisor: Hypervisor,
    *,
    jobs: int | None = None,
    on_warning: Callable[[str], None] | None = None,
    report: Callable[[str, str], None] | None = None,
) -> list[Outcome]:
    """Create guests from several plans in parallel; return an outcome for each.

    Each guest is complete or absent afterwards, and a failure does not affect the other guests. The options `wait_for`
    and `wait_minutes` in each plan determine what to wait for and how long. `jobs` is the number of guests to create at
    the same time, at least 1; None stands for the default. `on_warning` is called with each warning, and `report` with
    a guest's name and the step that starts, such as `creating`, both in the thread that creates the guest. By default,
    warnings and steps are written to the log.

    Raises: RequestError, if `jobs` is less than 1.
    """
    jobs = worker_count(jobs)
    workers = jobs if has_real_storage(hypervisor.host) else 1
    by_name = {plan.name: plan for plan in plans}
    report_step = report or (lambda name, text: log_info(f"{name}: {text}"))
    warn = on_warning or log_warning

    def step(name: str) -> Outcome:
        started = time.monotonic()
        outcome = Outcome(name=name, action="create", status="done")
        # the test driver is in this process: another connection could be to other guests
        own = hypervisor if not has_real_storage(hypervisor.host) else connect(hypervisor.uri)
        try:
            outcome = outcome.replace(secrets=_create(by_name[name], own, warn, report_step))
        except VirtInstallError as error:
            outcome = outcome.failed(error)
        finally:
            if own is not hypervisor:
                own.close()
        return outcome.replace(seconds=time.monotonic() - started)

    def skip(name: str, cause: str) -> Outcome:
        return Outcome(name=name, action="create", status="skipped", message=f"skipped, because '{cause}' failed")

    results = run_in_order(dict.fromkeys(by_name, ()), step, skip, lambda each: each.status == "failed", workers)
    return list(results.values())


def _create(
    plan: Plan, hypervisor: Hypervisor, warn: Callable[[str], None], report: Callable[[str, str], None]
) -> tuple[str, ...]:
    name = plan.name
    report(name, "creating")
    guest = hypervisor.create(
        plan, on_warning=lambda text: warn(f"{name}: {text}"), report=lambda text: report(name, text)
    )
    applied = guest.plan or plan
    run = applied.run
    installs = applied.install is not None and not applied.seeded
    if run.wait_for is not None:
        report(name, f"waiting for {run.wait_for}")
        guest.wait_for(run.wait_for, timeout=run.timeout_seconds)
    elif installs and run.wait_minutes:
        report(name, "waiting for the end of the installation")
        guest.wait_for("installed", timeout=None if run.wait_minutes < 0 else run.wait_minutes * 60)
    elif installs:
        finish = finish_command(hypervisor.uri, name)
        warn(f"{name}: the installation is running; wait until it has finished and start the guest with: {finish}")
    return applied.secrets
