"""The creation, update and deletion of guests so that they match the file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.accepted import check_plan_accepted
from virtinstall.create import with_images
from virtinstall.errors import HostError, RequestError, VirtInstallError, WaitTimeout
from virtinstall.fleet.applied import store_applied
from virtinstall.fleet.compare import Comparison, record_after_update
from virtinstall.fleet.conflicts import exclusive_values
from virtinstall.fleet.outcome import Outcome, worker_count
from virtinstall.fleet.ownership import belongs
from virtinstall.fleet.planning import plan_again, plan_guest
from virtinstall.fleet.records import record_of
from virtinstall.fleet.running import Applying
from virtinstall.fleet.schedule import run_in_order
from virtinstall.fleet.sessions import Interruptible, Session, Sessions
from virtinstall.fleet.update import update_guest
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.lifecycle.deletion_plan import KEPT_BY_DESIGN
from virtinstall.redact import log_info, log_warning
from virtinstall.rollback.leftovers import remove_leftovers
from virtinstall.run.boot_files import check_boot_files
from virtinstall.run.installation import is_installing
from virtinstall.virsh_commands import command, finish_command, virsh_command

if TYPE_CHECKING:
    from virtinstall.fleet.choose import Selection
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.guest import Guest
    from virtinstall.hypervisor import Hypervisor

SHUTDOWN_SECONDS = 60.0
_EXISTED = ("none", "update", "adopt", "reboot")
_STILL_TRUE = ("running", "ip", "agent", "ssh")
_COMPARE_AGAIN = "repeat the command to compare the guests again"
_LOST = "check that the libvirt daemon is running, then repeat the command; finished guests are not changed again"


def apply_all(
    chosen: Selection,
    comparisons: Sequence[Comparison],
    sessions: Sessions,
    *,
    jobs: int | None = None,
    force: bool = False,
    on_warning: Callable[[str], None] | None = None,
    report: Callable[[str, str], None] | None = None,
    on_outcome: Callable[[Outcome], None] | None = None,
) -> list[Outcome]:
    """Apply `comparisons`; return an outcome for each comparison, in the same order.

    `chosen` is the selection that was compared. `jobs` is the number of guests to process at the same time on each
    host, or None for the default. With `force`, guests that must be deleted are powered off instead of shut down, and
    guests that must be restarted are powered off if they do not shut down within a minute. `on_warning` is called with
    each warning, `report` with a guest's name and the step that starts, such as `creating`, and `on_outcome` with each
    outcome as soon as it is known. By default, warnings and steps are written to the log.

    Raises: RequestError, if `jobs` is less than 1.
    """
    jobs = worker_count(jobs)
    guests = {guest.name: guest for guest in chosen.guests}
    deletes = any(each.action in ("delete", "recreate") for each in comparisons)
    run = _Run(chosen, guests, sessions, force, on_warning or log_warning, report or _log, deletes=deletes)
    todo = {each.name: each for each in comparisons}
    run.awaited = {
        other for each in comparisons if each.action in ("create", "recreate") for other in guests[each.name].after
    }
    after = {name: [] if todo[name].action == "delete" or name not in guests else guests[name].after for name in todo}
    workers = jobs if sessions.are_real() else 1
    sessions.alone = workers == 1 or sum(each.action != "none" for each in comparisons) == 1
    try:
        results = run_in_order(
            after,
            lambda name: run.step(todo[name]),
            lambda name, cause: Outcome(
                name=name, action=todo[name].action, status="skipped", message=f"skipped, because '{cause}' failed"
            ),
            lambda outcome: outcome.status == "failed",
            workers,
            pool_of=lambda name: todo[name].host or "",
            interrupt=sessions.interrupt,
            on_result=on_outcome,
        )
    finally:
        sessions.close()
    return list(results.values())


def _log(name: str, text: str) -> None:
    log_info(f"{name}: {text}")


def _named_disks(guests: Iterable[LabGuest]) -> dict[str, str]:
    """Return the name of the guest that has each disk of the file; the keys are real paths or `POOL/VOLUME`."""
    found: dict[str, str] = {}
    for guest in guests:
        request = guest.request
        for kind, value, _, _ in () if request is None else exclusive_values(request.domain, guest.replace(spread=())):
            if kind == "disk":
                # a relative path looks like the name of a volume
                found |= dict.fromkeys((value, os.path.realpath(value)), guest.name)
    return found


class _Run:
    """One apply; each thread has separate connections."""

    def __init__(
        self,
        chosen: Selection,
        guests: dict[str, LabGuest],
        sessions: Sessions,
        force: bool,
        warn: Callable[[str], None],
        report: Callable[[str, str], None],
        *,
        deletes: bool,
    ) -> None:
        self.chosen = chosen
        self.project = chosen.project
        self.reboot = chosen.reboot
        self.guests = guests
        self.disks = _named_disks(guests.values()) if deletes else {}
        self.sessions = sessions
        self.force = force
        self.warn = warn
        self.report = report
        self.awaited: set[str] = set()
        """Names of the guests on which guests to be created depend."""

    def step(self, todo: Comparison) -> Outcome:
        if todo.action == "unreachable":
            return Outcome(name=todo.name, action=todo.action, status="failed", message=todo.problem, hint=todo.hint)
        if todo.action == "none" and todo.name not in self.awaited:
            return Outcome(name=todo.name, action="none", status="unchanged")
        started = time.monotonic()
        done = Outcome(name=todo.name, action=todo.action, status="done")
        session = None
        try:
            session = self.sessions.of_this_thread(todo.host)
            if todo.action != "none":
                done = self.execute(todo, session, done)
            if todo.action in _EXISTED and todo.name in self.awaited:
                self.wait_again(self.guests[todo.name], session)
            if todo.action == "none":
                return done.replace(status="unchanged")
        except VirtInstallError as error:
            done = done.failed(error)
            if isinstance(error, HostError) and (session is None or error.hint is None):
                connected = session or self.sessions.of(todo.host)
                done = done if connected.host.is_alive() else done.replace(hint=_LOST)
        return done.replace(seconds=time.monotonic() - started)

    def execute(self, todo: Comparison, session: Session, done: Outcome) -> Outcome:
        if todo.action != "create":
            self.require_same(todo.name, session)
        if todo.action == "recreate":
            self.require_creatable(self.guests[todo.name], session)
        if todo.action in ("delete", "recreate"):
            self.report(todo.name, "deleting")
            self.delete(todo.name, session.hypervisor)
            session.known.guest_changed(todo.name, ())
        if todo.action == "recreate":
            return done.replace(secrets=self.create_again(self.guests[todo.name], session))
        if todo.action == "create":
            return done.replace(secrets=self.create(self.guests[todo.name], session))
        pending = todo.pending
        if todo.action in ("update", "adopt"):
            self.report(todo.name, "updating" if todo.action == "update" else "adopting")
            pending = self.update(todo, session) or pending
        if pending and self.reboot:
            self.report(todo.name, "restarting")
            self.restart(todo.name, session)
            return done.replace(restarted=True)
        return done.replace(pending=pending)

    def wait_again(self, guest: LabGuest, session: Session) -> None:
        """Wait until an existing guest reaches the goal in its option `wait-for`.

        The run that created the guest may have been interrupted before the guest reached its goal. Only the goals
        `running`, `ip`, `agent` and `ssh` are waited for. With the test driver, the method returns immediately.

        Raises: the same errors as `Guest.wait_for`.
        """
        request = guest.request
        goal = None if request is None else request.run.wait_for
        if request is not None and goal in _STILL_TRUE and has_real_storage(session.host):
            self.report(guest.name, f"waiting for {goal}")
            session.hypervisor.guest(guest.name).wait_for(goal, timeout=request.run.timeout_seconds)

    def start_interrupted(self, name: str, guest: Guest, session: Session) -> None:
        """Start or resume a guest after the run that created it was interrupted.

        A guest that is shut off is started. An active guest is resumed, and a warning is reported if its installation
        has not finished.

        Raises: HypervisorError.
        """
        if not guest.state.is_active:
            guest.start()
            return
        # QEMU waits until its guest is defined
        guest.resume()
        if is_installing(guest.handle):
            finish = finish_command(session.hypervisor.uri, name)
            self.warn(f"{name}: the installation has not finished; resume it with: {finish}")

    def restart(self, name: str, session: Session) -> None:
        """Shut a guest down and start it again, so that all changes in its definition take effect.

        Raises: WaitTimeout, if the guest does not shut down within a minute and `force` is false; HypervisorError.
        """
        guest = session.hypervisor.guest(name).handle
        if guest.is_active():
            guest.shutdown()
            if not session.host.wait_until(lambda: not guest.is_active(), SHUTDOWN_SECONDS):
                if not self.force:
                    raise WaitTimeout(
                        f"the guest '{name}' did not shut down within {SHUTDOWN_SECONDS:g} seconds; the changes take "
                        "effect after it is shut down and started again",
                        hint="add --force to power off the guest",
                    )
                guest.destroy()
        guest.start()

    def require_same(self, name: str, session: Session) -> None:
        """Check that no other guest has replaced the guest `name` since the comparison.

        Guests to adopt are not checked.

        Raises: RequestError, if another guest has replaced the guest.
        """
        handle = session.host.guest_named(name)
        if handle is not None and name not in self.chosen.adopt and not belongs(handle, self.project, self.chosen.file):
            raise RequestError(
                f"another guest has replaced the guest '{name}' since the comparison; nothing was changed",
                hint=_COMPARE_AGAIN,
            )

    def require_creatable(self, guest: LabGuest, session: Session) -> None:
        """Check that a guest can be created again and download its images, before the existing guest is deleted.

        Raises: the same errors as `Hypervisor.create`.
        """
        plan = plan_again(guest, self.project, session)
        if has_real_storage(session.host):
            check_boot_files(plan, session.host)
            check_plan_accepted(plan, session.host, schema=True)
            with_images(plan, session.host, Interruptible(self.sessions.interrupted), self.warning_of(guest.name))

    def create_again(self, guest: LabGuest, session: Session) -> tuple[str, ...]:
        """Create a guest that was just deleted; return the generated passwords to print.

        Raises: the same errors as `Hypervisor.create`, with a note that the guest has been deleted.
        """
        try:
            return self.create(guest, session)
        except VirtInstallError as error:
            error.add_note(f"the guest '{guest.name}' has been deleted; repeat the command to create it again")
            raise

    def delete(self, name: str, hypervisor: Hypervisor) -> None:
        """Delete a guest, its disks and the other files that were created for it.

        Raises: RequestError, if one of the disks is also a disk of another guest in the file, or if the guest or one of
        the files cannot be deleted; WaitTimeout, if the guest does not shut down within a minute and `force` is false;
        HypervisorError.
        """
        plan = hypervisor.deletion_plan(name, "own")
        for item in plan.files:
            other = self.disks.get(os.path.realpath(item.path)) or self.disks.get(f"{item.pool}/{item.volume}")
            if other not in (None, name):
                keeping = command("virt-guest delete", hypervisor.uri, "--keep-disks", name)
                raise RequestError(
                    f"cannot delete the guest '{name}': its disk '{item.path}' is also a disk of the guest '{other}' "
                    "in the file",
                    hint="if the guest was renamed in the file, rename it on the host with: "
                    f"{virsh_command(hypervisor.uri, 'domrename', name, str(other))}; otherwise, delete the guest and "
                    f"keep its disks with: {keeping}",
                )
        timeout = None if self.force else SHUTDOWN_SECONDS
        done = hypervisor.delete(plan, force=self.force, shutdown_timeout=timeout, on_warning=self.warning_of(name))
        if done.failed:
            again = command("virt-guest delete", hypervisor.uri, name)
            raise RequestError(done.failed[0].reason, hint=f"fix the problem, then run: {again}")
        for item in done.kept:
            if item.kind not in KEPT_BY_DESIGN:
                self.warn(f"{name}: kept {item}")

    def warning_of(self, name: str) -> Callable[[str], None]:
        return lambda text: self.warn(f"{name}: {text}")

    def create(self, guest: LabGuest, session: Session) -> tuple[str, ...]:
        self.report(guest.name, "creating")
        hypervisor = session.hypervisor
        if session.host.guest_named(guest.name) is not None:
            raise RequestError(
                f"another program has created a guest named '{guest.name}' since the comparison",
                hint=_COMPARE_AGAIN,
            )
        if has_real_storage(session.host):
            # what a killed apply created for this guest is created again, also if the file names its path
            remove_leftovers(guest.name, session.host, self.warning_of(guest.name), complete=True)
        plan = plan_guest(guest, self.project, session)
        for warning in plan.warnings:
            self.warn(f"{guest.name}: {warning}")
        created = hypervisor.create(
            plan,
            progress=Interruptible(self.sessions.interrupted),
            on_warning=self.warning_of(guest.name),
            report=lambda text: self.report(guest.name, text),
        )
        assert created.plan is not None
        definition = etree.fromstring(created.handle.xml(inactive=True).encode())
        session.known.guest_changed(guest.name, [definition])
        if not store_applied(
            created.handle, record_of(guest, self.project, created.plan, definition), self.chosen.file
        ):
            self.warn(
                f"{guest.name}: this libvirt driver cannot store metadata; later changes in the file cannot be detected"
            )
        goal = created.plan.run.wait_for
        if goal is None and created.plan.install is not None and not created.plan.seeded:
            finish = finish_command(hypervisor.uri, guest.name)
            self.warn(
                f"{guest.name}: the installation is running; wait until it has finished and start the guest with: "
                f"{finish}"
            )
        if goal is not None:
            self.report(guest.name, f"waiting for {goal}")
            created.wait_for(goal, timeout=created.plan.run.timeout_seconds)
        return created.plan.secrets

    def update(self, todo: Comparison, session: Session) -> bool:
        handle = session.hypervisor.guest(todo.name)
        pending = False
        if todo.interrupted:
            self.start_interrupted(todo.name, handle, session)
        elif todo.action == "update":
            if any(each.path.startswith("devices/disk") for each in todo.changes) and has_real_storage(session.host):
                # an image of a killed apply that no guest has yet is created again, and recorded
                remove_leftovers(todo.name, session.host, self.warning_of(todo.name), complete=True)
            work = Applying(self.guests[todo.name], todo, handle, session.host, self.warning_of(todo.name))
            pending = update_guest(work)
        definition, running = (etree.fromstring(handle.handle.xml(inactive=each).encode()) for each in (True, False))
        session.known.guest_changed(todo.name, [definition, running])
        instance = running.get("id") if pending or todo.pending else None
        record = record_after_update(self.guests[todo.name], todo, definition, instance)
        store_applied(handle.handle, record, self.chosen.file)
        return pending
