"""The creation flow, readable from top to bottom: plan, clean up, check, provision, fetch, define, boot.

    plan = make_plan(request, host)            reads, decides, changes nothing
    guest, plan = create(plan, host)           checked, journaled, rolled back on failure, retried

virt-clone and virt-xml use the same journal, retry and error explanations: `journaled`, `retry_while_taken`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from virtinstall.errors import RequestError, TakenError
from virtinstall.libvirt_host.connection_errors import explain_lost_connection
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.redact import log_info, log_warning, logger
from virtinstall.script_terms import in_script_terms, terms_of, warn_in_script_terms

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.libvirt_host.host import Host, HostGuest
    from virtinstall.plan import Plan
    from virtinstall.progress import Progress
    from virtinstall.request import Request
    from virtinstall.rollback.journal import Journal
    from virtinstall.survey.host import Environment
    from virtinstall.survey.known import Known

P = TypeVar("P")
R = TypeVar("R")

Report = Callable[[str], None]
"""A function that is called with one line of text for the user."""
_ATTEMPTS = 30


def make_plan(
    request: Request,
    host: Host,
    environment: Environment | None = None,
    known: Known | None = None,
    *,
    replacing: str | None = None,
) -> Plan:
    """Return the plan for `request`; change nothing.

    `environment` contains the environment variables, the numeric user ID and the random bytes for generated values;
    None stands for the environment of this process. `known` caches facts about the host that several plans share; if
    `known` is None, the facts are read again. `replacing` is the name of an existing guest whose files and MAC
    addresses the new guest may use, or None.

    Raises: RequestError, if the request contradicts itself or is not supported by the host; HostError, if an object
    that the request names cannot be read.
    """
    from virtinstall.compose.compose import compose
    from virtinstall.compose.validate import resolve_methods, validate_request
    from virtinstall.storage.plan_files import check_plan_in_use
    from virtinstall.survey.host import Environment as Real
    from virtinstall.survey.known import Known as New
    from virtinstall.survey.survey import survey

    known = known or New(host)

    request = resolve_methods(request)
    validate_request(request)
    if request.install.reinstall is not None:
        request = request.replace(domain=_existing(request.install.reinstall, host))
    plan = compose(request, survey(request, host, environment or Real.real(), known, replacing=replacing))
    if environment is not None:
        plan = plan.replace(random_bytes=environment.random_bytes)
    found = check_plan_in_use(plan, host, request.checks, in_use=known.files_in_use, replacing=replacing)
    warnings = (*plan.warnings, *found)
    if request.by_script:
        return plan.replace(
            warnings=tuple(map(in_script_terms, warnings)), notes=tuple(map(in_script_terms, plan.notes))
        )
    return plan.replace(warnings=warnings) if warnings != plan.warnings else plan


def _same_randomness(plan: Plan, host: Host) -> Environment | None:
    """Return an environment in which the generated values are those of `plan`, except those that are now used.

    None if the values are random, or if another guest has the UUID.
    """
    from virtinstall.survey.host import Environment as Real

    if plan.random_bytes is None or host.guest_by_uuid(str(plan.final.uuid)) is not None:
        return None
    return Real.real().replace(random_bytes=plan.random_bytes)


def _existing(name: str, host: Host) -> Domain:
    """Return the guest to reinstall.

    Raises: RequestError, if it does not exist, is running or has a managed save.
    """
    from virtinstall.domain.domain import Domain

    guest = host.find_guest(name)
    if guest is None:
        from virtinstall.virsh_commands import guest_hint

        raise RequestError(f"--reinstall {name}: no such guest", hint=guest_hint(host, name))
    if guest.is_active():
        from virtinstall.virsh_commands import shutdown_hint

        raise RequestError(f"--reinstall {name}: the guest is running", hint=shutdown_hint(host.uri, name))
    if guest.has_managed_save():
        from virtinstall.virsh_commands import virsh_command

        raise RequestError(
            f"--reinstall {name}: the guest has a managed save image, which its next start would restore",
            hint=f"discard the saved state with: {virsh_command(host.uri, 'managedsave-remove', name)}",
        )
    return Domain.parse(guest.xml(inactive=True))


def create(
    plan: Plan,
    host: Host,
    *,
    progress: Progress | None = None,
    on_warning: Report | None = None,
    report: Report | None = None,
    paused: bool = False,
) -> tuple[HostGuest, Plan]:
    """Create the guest that `plan` describes; return the started guest, and the plan that was applied.

    Incomplete and temporary files that killed runs left are removed first. The storage is checked before the guest's
    files are created. If another run has taken a generated name or address, a new plan is created from the request of
    `plan`. After a failure, everything that this call created is removed.

    `progress` receives the progress of downloads and copies; None shows no progress. `on_warning` is called with each
    warning, and `report` with each line of progress output; if `on_warning` or `report` is None, its lines are logged.
    If `paused` is true, the guest stays paused until `resume_if_paused` is called, so that the guest's console can be
    read from the first line.

    If `plan` was already applied, a new plan with different generated names is created from its request. RequestError
    is raised in this case if the request specifies the guest's name.

    Raises: RequestError, if a check finds a mistake in the request; StorageError, if storage cannot be created or
    accessed; FetchError, if a file cannot be downloaded; HypervisorError, if libvirt reports an error; TakenError, if
    other runs take the generated names in every attempt. The error's notes list what could not be rolled back.
    """
    from virtinstall.progress import Silent
    from virtinstall.request_texts import texts_of

    logger("create").info("creating guest '%s' on %s", plan.name, host.uri)
    warn, inform = on_warning or log_warning, report or log_info
    shown = progress or Silent()
    by_script = plan.request is not None and plan.request.by_script
    if by_script:
        warn, inform = warn_in_script_terms(warn), warn_in_script_terms(inform)

    def plan_again(old: Plan) -> Plan:
        assert old.request is not None
        new = make_plan(old.request, host, _same_randomness(old, host))
        for warning in new.warnings:
            if warning not in plan.warnings:
                warn(warning)
        return new

    with terms_of(plan):
        left = remove_traces(plan.name, host, warn, texts_of(plan.request or plan.final))
        if plan.request is not None and (left or _is_created(plan, host)):
            # paths that were taken may be free now; a plan that was created already needs other names
            plan = plan_again(plan)
        if plan.fetches:
            # check the plan before anything is downloaded
            check_storage_of(plan, host)
        plan = with_images(plan, host, shown, warn)
        return retry_while_taken(
            plan,
            lambda plan: _apply(plan, host, shown, warn, paused=paused),
            (lambda old: with_images(plan_again(old), host, shown, warn)) if plan.request else None,
            inform,
        )


def _is_created(plan: Plan, host: Host) -> bool:
    """Return whether the plan was already applied: a guest has the UUID that was generated for it."""
    uuid = plan.final.uuid
    return uuid is not None and uuid in plan.generated and host.guest_by_uuid(uuid) is not None


def with_images(plan: Plan, host: Host, progress: Progress, on_warning: Report) -> Plan:
    """Download the images for the plan's disks unless they are in the cache; return the plan with the images' paths.

    `progress` receives the progress of the downloads. `on_warning` is called with each warning.

    Raises: FetchError, if an image cannot be downloaded; StorageError, if it cannot be stored; RequestError, if a disk
    is too small for its image.
    """
    if not plan.fetches:
        return plan
    import os

    from virtinstall.images.provide import provide_images

    return provide_images(plan, host, progress=progress, report=on_warning, environment=os.environ)


def check(plan: Plan, host: Host) -> list[str]:
    """Run the checks that `create` runs, and ask libvirt whether it accepts the XML; return warnings.

    Nothing is changed.

    Raises: RequestError, if a check finds a mistake in the request; StorageError, if storage cannot be created or
    accessed; FetchError, if an image is not available; HypervisorError, if libvirt rejects the XML.
    """
    from virtinstall.accepted import check_plan_accepted
    from virtinstall.images.provide import check_images

    if has_real_storage(host):
        check_images(plan)
    return [*check_storage_of(plan, host), *check_plan_accepted(plan, host, schema=True)]


def check_storage_of(plan: Plan, host: Host) -> list[str]:
    """Check the plan's boot files and storage, but not its XML; return warnings.

    Raises: RequestError, if a check finds a mistake in the request; StorageError, if storage cannot be created or
    accessed.
    """
    from virtinstall.request import Checks
    from virtinstall.run.boot_files import check_boot_files
    from virtinstall.storage.apply import check_storage

    check_boot_files(plan, host)
    return check_storage(plan, host, Checks() if plan.request is None else plan.request.checks)


def _apply(plan: Plan, host: Host, progress: Progress, warn: Report, *, paused: bool) -> HostGuest:
    """Apply the plan once, without planning it again."""
    from virtinstall.rollback.undo import Undo
    from virtinstall.run.boot import boot
    from virtinstall.run.boot_files import fetch_boot_files, make_seeds
    from virtinstall.run.own_guest import keep_journal_if_lost, require_free
    from virtinstall.run.placeholders import leave_placeholders, placeholder_sizes, remove_placeholders
    from virtinstall.run.reserve import reserve_addresses
    from virtinstall.run.store_record import planned_nvram, recorded, store_plan
    from virtinstall.run.uploads import send_files
    from virtinstall.storage.apply import make_storage

    for warning in check_storage_of(plan, host):
        warn(warning)
    name_is_generated = plan.name in plan.generated
    with journaled(plan.name, host, warn, str(plan.final.uuid), name_is_generated=name_is_generated) as journal:
        if not plan.reinstall:
            # claimed again just before the definition: this is to fail before anything is fetched
            require_free(
                plan.name,
                str(plan.final.uuid),
                host,
                name_is_generated=name_is_generated,
                uuid_is_new=plan.final.uuid in plan.generated,
            )
        remove_placeholders(plan, host)
        with Undo(journal) as undo, keep_journal_if_lost(journal, host):
            make_storage(plan, host, undo, progress, journal)
            fetch_boot_files(plan, host, undo, progress, journal)
            make_seeds(plan, host, undo, progress, journal)
            send_files(plan, host, undo, progress, journal)
            if journal is not None and not plan.reinstall:
                journal.record_final(plan.steps[-1])
                journal.record("domain", plan.name, uuid=plan.final.uuid)
            reserve_addresses(plan, host, undo, journal)
            nvram = planned_nvram(plan, host)
            guest = boot(recorded(plan, host, nvram), host, undo, paused=paused)
            sizes = placeholder_sizes(plan)
            # last of all: a guest whose definition has changed is not rolled back
            unrecorded = store_plan(plan, guest, host, nvram)
            left = undo.commit()
        left += [unrecorded] if unrecorded is not None else []
        left += leave_placeholders(plan, host, sizes)
        for failure in left:
            warn(failure)
    return guest


def remove_traces(name: str | None, host: Host, on_warning: Report | None = None, named: Iterable[str] = ()) -> bool:
    """Remove objects that killed runs left; return whether such objects were found for the guest `name`.

    For all guests, files that only an installation needs are removed. For the guest `name`, incomplete files are
    removed too, and the remaining objects are reported. If `name` is None, this step is skipped, and the result is
    False. `on_warning` is called with a line about each object; if `on_warning` is None, the lines are logged. `named`
    contains the strings in the current request; a file that one of these strings names is kept.

    Raises: StorageError, if an incomplete file cannot be removed.
    """
    if not has_real_storage(host):
        return False
    from virtinstall.rollback.leftovers import remove_leftovers, remove_served_of_others

    warn = on_warning or log_warning
    remove_served_of_others(name, host, warn)
    if name is None:
        return False
    found: list[str] = []
    remove_leftovers(name, host, found.append, named)
    for text in found:
        warn(text)
    return bool(found)


@contextmanager
def journaled(
    name: str, host: Host, on_warning: Report, uuid: str | None = None, *, name_is_generated: bool = False
) -> Iterator[Journal | None]:
    """Keep a journal for the guest `name` within the `with` block; explain errors that a lost connection causes.

    Within the `with` block, other runs cannot create a guest with that name or, if `uuid` is not None, with that UUID.
    The context manager yields the journal. It yields None if the journal cannot be written, in which case `on_warning`
    is called with a warning, or if libvirt's test driver simulates the guest.

    Raises: HypervisorError, if another run is creating a guest with that name or UUID; TakenError instead, if
    `name_is_generated` is true, because a different name can be generated.
    """
    from virtinstall.rollback.leftovers import begin_journal

    journal = (
        None
        if not has_real_storage(host)
        else begin_journal(name, on_warning, host.uri, uuid, generated=name_is_generated)
    )
    with explain_lost_connection(host, name):
        if journal is None:
            yield None
        else:
            with journal:
                yield journal


def retry_while_taken(
    plan: P, action: Callable[[P], R], plan_again: Callable[[P], P] | None, report: Report
) -> tuple[R, P]:
    """Call `action` with `plan`; return the result and the plan of the last call.

    If `action` raises TakenError, `plan_again` is called with the plan and must return a plan with different generated
    names. `action` is then called with the new plan. `report` is called with a line about each retry.

    Raises: TakenError, if `action` still raises it after many attempts, or if `plan_again` is None.
    """
    for _ in range(_ATTEMPTS):
        try:
            return action(plan), plan
        except TakenError as error:
            if plan_again is None:
                raise
            report(f"{error.message}; trying again with another name or address.")
            plan = plan_again(plan)
    return action(plan), plan
