"""Deletion of planned guests, several at the same time, with a report of the results."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from virtinstall.cli.ended_run import EndedRun
from virtinstall.cli.messages import Messages, error_lines
from virtinstall.cli.status import Status
from virtinstall.errors import GuestNotFound, VirtInstallError, WaitTimeout
from virtinstall.fleet.outcome import worker_count
from virtinstall.fleet.schedule import run_in_order
from virtinstall.named import NamedTuple

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping

    from virtinstall.fleet.sessions import Sessions
    from virtinstall.lifecycle.delete import Deletion
    from virtinstall.lifecycle.deletion_plan import DeletionPlan, Item


class _Result(NamedTuple):
    """The result of the deletion of one guest: what was done, or the error."""

    name: str
    done: Deletion | None
    error: VirtInstallError | None


def delete_planned(
    plans: list[DeletionPlan],
    given: Namespace,
    where: dict[str, str | None],
    sessions: Sessions,
    documents: list[dict[str, Any]],
) -> int:
    """Delete the guests, several at the same time; return the exit status.

    A failure does not affect the other guests. `where` maps the name of each guest to the name of its host, or to None
    if there is only one host. A JSON document for each guest is added to `documents`.

    Raises: VirtInstallError, if there is only one guest and it cannot be deleted.
    """
    by_name = {plan.name: plan for plan in plans}
    messages = Messages()

    def step(name: str) -> _Result:
        try:
            hypervisor = sessions.of_this_thread(where[name]).hypervisor
            done = hypervisor.delete(
                by_name[name],
                force=given.force,
                shutdown_timeout=given.shutdown_seconds,
                wipe=given.wipe,
                on_warning=messages.warn,
                report=messages.report,
            )
        except VirtInstallError as error:
            return _Result(name, None, error)
        return _Result(name, done, None)

    results: dict[str, _Result] = {}

    def show(result: _Result) -> None:
        results[result.name] = result
        if result.done is not None:
            _report(by_name[result.name], result.done, given)
        elif result.error is not None and (len(plans) > 1 or isinstance(result.error, WaitTimeout)):
            message = "\n".join((result.error.message, *getattr(result.error, "__notes__", ())))
            print(*error_lines("virt-guest", message, result.error.hint), sep="\n", file=sys.stderr)

    _run_all(by_name, step, show, given, sessions)
    for plan in plans:
        done = results[plan.name].done
        documents.append(
            planned(plan)
            if done is None
            else _document(plan, done.removed, done.kept, done.failed, changed=done.changed)
        )
    errors = [each.error for each in results.values() if each.error is not None]
    if len(plans) == 1 and errors and not isinstance(errors[0], WaitTimeout):
        raise errors[0]
    if any(not isinstance(each, WaitTimeout) for each in errors):
        return Status.ERROR
    if errors:
        return Status.TIMED_OUT
    return Status.ERROR if any(each.done is not None and each.done.failed for each in results.values()) else Status.DONE


def _run_all(
    plans: Mapping[str, DeletionPlan],
    step: Callable[[str], _Result],
    show: Callable[[_Result], None],
    given: Namespace,
    sessions: Sessions,
) -> None:
    """Call `step` for each guest, and `show` with the result.

    Disks are overwritten one by one, so that this can be interrupted.
    """
    jobs = worker_count(given.jobs) if sessions.are_real() and not given.wipe else 1
    if jobs == 1 or len(plans) == 1:
        sessions.alone = True
        for name in plans:
            show(step(name))
        return
    # a guest is deleted before those that it comes after
    guests = () if given.file is None else given.lab.guests
    later = {name: [each.name for each in guests if name in each.after and each.name in plans] for name in plans}
    try:
        run_in_order(
            later,
            step,
            lambda name, cause: _Result(name, None, None),
            lambda result: False,
            jobs,
            interrupt=sessions.interrupt,
            on_result=show,
        )
    finally:
        sessions.close()


def ended(
    error: BaseException, plans: list[DeletionPlan], given: Namespace, where: dict[str, str | None], sessions: Sessions
) -> EndedRun:
    """Return the error for a deletion that a signal interrupted; `error` is the exception that the signal raised.

    The message names the guests that are deleted and those that are not, and the hint is the command that deletes the
    latter.
    `where` maps the name of each guest to the name of its host, or to None if there is only one host.
    """
    found: dict[str, list[str]] = {"deleted": [], "partly deleted": [], "not deleted": []}
    for plan in plans:
        try:
            now = sessions.of(where[plan.name]).hypervisor.deletion_plan(plan.name, given.storage)
        except GuestNotFound:
            found["deleted"].append(plan.name)
        else:
            found["not deleted" if now.exists else "partly deleted"].append(plan.name)
    left = [*found["partly deleted"], *found["not deleted"]]
    done = "; ".join(f"{what}: {', '.join(names)}" for what, names in found.items() if names)
    return EndedRun(error, done, hint=f"continue with: {_command(given, left)}" if left else None)


def _command(given: Namespace, names: list[str]) -> str:
    """Return the command line that deletes the guests `names` with the same options."""
    from virtinstall.virsh_commands import command

    options = [] if given.file is None else ["-f", given.file]
    options += ["--storage", given.storage] if given.storage != "own" else []
    options += ["--force"] if given.force else []
    options += [] if given.shutdown is None else ["--shutdown", given.shutdown]
    options += ["--wipe"] if given.wipe else []
    options += [] if given.jobs is None else ["-j", str(given.jobs)]
    return command("virt-guest delete", given.connect, *options, *names)


def _report(plan: DeletionPlan, done: Deletion, given: Namespace) -> None:
    planned = {(item.kind, item.path) for item in plan.kept}
    for item in done.kept:
        if (item.kind, item.path) not in planned:
            print(f"Kept {item}")
    for item in done.failed:
        print(f"virt-guest: error: {item.reason}", file=sys.stderr)
    if done.failed:
        print(f"virt-guest: hint: fix the problem, then run: {_command(given, [plan.name])}", file=sys.stderr)
    print(f"Deleted '{plan.name}'." if not done.failed else f"Deleted '{plan.name}', but some of its files remain.")


def missing(name: str) -> dict[str, Any]:
    """Return the JSON document for a guest that does not exist."""
    return {"name": name, "uuid": None, "removed": [], "kept": [], "failed": [], "changed": False}


def planned(plan: DeletionPlan) -> dict[str, Any]:
    """Return the JSON document for a planned deletion that was not applied."""
    return _document(plan, plan.removed, plan.kept, (), changed=False)


def _document(
    plan: DeletionPlan,
    removed: tuple[Item, ...],
    kept: tuple[Item, ...],
    failed: tuple[Item, ...],
    *,
    changed: bool,
) -> dict[str, Any]:
    def listed(items: tuple[Item, ...]) -> list[dict[str, Any]]:
        names = ("kind", "path", "pool", "volume", "reason")
        return [{**{name: getattr(item, name) for name in names}, "bytes": item.size_bytes} for item in items]

    return {
        "name": plan.name,
        "uuid": plan.uuid or None,
        "removed": listed(removed),
        "kept": listed(kept),
        "failed": listed(failed),
        "changed": changed,
    }
