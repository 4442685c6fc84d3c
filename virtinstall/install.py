"""The flow, readable top to bottom: survey, compose, provision, fetch, define and boot, finish.

plan = plan_guest(request, host)
guest = create_guest(plan, host, progress)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.errors import RequestError
from virtinstall.rollback.undo import Undo

if TYPE_CHECKING:
    from collections.abc import Callable

    from virtinstall.domain.domain import Domain
    from virtinstall.libvirt_host.host import Guest, Host
    from virtinstall.plan import Plan
    from virtinstall.progress import Progress
    from virtinstall.request import Request
    from virtinstall.rollback.journal import Journal
    from virtinstall.survey.survey import Environment


def plan_guest(request: Request, host: Host, surroundings: Environment | None = None) -> Plan:
    """Decide everything, change nothing.

    Raises: RequestError, when the request contradicts itself or the host's abilities;
    HostError, when something it names can't be read.
    """
    from virtinstall.compose.compose import compose
    from virtinstall.compose.validate import resolve_import, validate_request
    from virtinstall.survey.survey import Environment as Real
    from virtinstall.survey.survey import survey

    request = resolve_import(request)
    validate_request(request)
    if request.install.reinstall is not None:
        request = request.replace(domain=_existing(request.install.reinstall, host))
    return compose(request, survey(request, host, surroundings or Real.real()))


def _existing(name: str, host: Host) -> Domain:
    """The guest to install again. Raises: RequestError, when there is none, or it runs."""
    from virtinstall.domain.domain import Domain

    guest = host.find_guest(name)
    if guest is None:
        import difflib

        near = difflib.get_close_matches(name, host.guest_names(), 3)
        raise RequestError(
            f"--reinstall {name}: there is no such guest", hint=f"did you mean {' or '.join(near)}?" if near else None
        )
    if guest.is_active():
        from virtinstall.virsh_commands import virsh_command

        raise RequestError(
            f"--reinstall {name}: the guest is already active",
            hint=f"shut it down: {virsh_command(host.uri, 'shutdown', name)}",
        )
    return Domain.parse(guest.xml(inactive=True))


def create_guest(
    plan: Plan,
    host: Host,
    progress: Progress | None = None,
    *,
    journal: Journal | None = None,
    paused: bool = False,
    warn: Callable[[str], None] | None = None,
) -> Guest:
    """Carry the plan out; on any failure remove what this call had made, and nothing else.

    The guest runs when this returns (`paused`: it waits for `resume_if_paused`, so that no
    line of its console is missed), and its final configuration is defined. Kernel, initrd
    and seeds are removed as soon as QEMU has them open; `warn` is told of those that can't be, for
    that is no failure. What is made is written down in `journal` first, for the case that this
    process is killed. Raises: StorageError, FetchError or HypervisorError; what could not be undone
    is in the error's notes.
    """
    from virtinstall.progress import Silent
    from virtinstall.run.boot import boot
    from virtinstall.run.boot_files import fetch_boot_files, make_seeds
    from virtinstall.run.uploads import send_files
    from virtinstall.storage.apply import make_storage

    progress = progress or Silent()
    with Undo(journal) as undo:
        make_storage(plan, host, undo, progress, journal)
        fetch_boot_files(plan, host, undo, progress, journal)
        make_seeds(plan, host, undo, progress, journal)
        send_files(plan, host, undo, progress, journal)
        if journal is not None and not plan.reinstall:
            journal.record_final(plan.steps[-1])
            journal.record("domain", plan.name)
        guest = boot(plan, host, undo, paused=paused)
        left = undo.commit()
    if warn is not None:
        for failure in left:
            warn(failure)
    return guest
