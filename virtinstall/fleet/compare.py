"""Compare a guest of the file with the guest that exists: last applied, live, wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from virtinstall.errors import RequestError
from virtinstall.fleet.applied import Applied, option_hashes, read_applied
from virtinstall.fleet.leaves import differences, leaves_of
from virtinstall.fleet.planning import SEED_NETWORK, plan_again, planned_leaves, uuid_of
from virtinstall.named import NamedTuple
from virtinstall.record import Record

if TYPE_CHECKING:
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.libvirt_host.host import Guest, Host
    from virtinstall.plan import Plan

# they act when a guest is created, and its XML does not show them
_AT_CREATION = (
    *("image", "cloud_init", "ignition", "location", "cdrom", "unattended", "install", "initrd_inject"),
    *("extra_args", "pxe", "import_disk", "livecd", "disk"),
)
# they act during the run alone
_OF_THE_RUN = (
    *("wait_for", "timeout", "check", "noreboot"),
    *("kubevirt_drop", "kubevirt_namespace", "kubevirt_run_strategy"),
    *("kubevirt_instancetype", "kubevirt_preference", "kubevirt_device"),
)


class Difference(NamedTuple):
    """One value: `path` in the guest's XML, the value before (None: not there) and after."""

    path: str
    before: str | None
    after: str | None


class Comparison(Record):
    """The actions of `apply` for one guest.

    `action` is `create`, `update`, `delete` or `none`. `changes` are values that the file changes, `drift` those that
    something else changed since the last apply, and `at_creation` changed options that act only when a guest is
    created. `adopted`: the guest was created by a run that ended before it stored its record.
    """

    name: str
    action: str
    changes: tuple[Difference, ...] = ()
    drift: tuple[Difference, ...] = ()
    at_creation: tuple[str, ...] = ()
    adopted: bool = False
    applied: Applied | None = None
    plan: Plan | None = None

    @property
    def is_different(self) -> bool:
        """Whether the guest is not as the file describes it."""
        return self.action != "none" or bool(self.at_creation)

    def as_document(self) -> dict[str, Any]:
        """Return the comparison for `--output json`."""
        return {
            "name": self.name,
            "action": self.action,
            "changes": [each._asdict() for each in self.changes],
            "drift": [each._asdict() for each in self.drift],
            "recreate_needed_for": list(self.at_creation),
        }


def compare(guest: LabGuest, project: str, host: Host, *, adopt: bool = False) -> Comparison:
    """Compare one guest; change nothing. `adopt` takes a guest that was created without the file as it is.

    Raises: RequestError, when the guest exists and belongs to something else; as `make_plan`.
    """
    found = host.guest_named(guest.name)
    if found is None:
        return Comparison(name=guest.name, action="none" if guest.request is None else "create")
    applied = read_applied(found)
    interrupted = applied is None and found.uuid.lower() == uuid_of(project, guest.name)
    if not adopt and not interrupted and (applied is None or applied.project != project):
        raise _foreign(guest, applied)
    if guest.request is None:
        return Comparison(name=guest.name, action="delete")
    live = leaves_of(etree.fromstring(found.xml(inactive=True).encode()))
    if applied is None or applied.project != project:
        plan = plan_again(guest, project, host)
        applied = Applied(project=project, options=option_hashes(guest), planned=planned_leaves(plan), base=live)
        return Comparison(name=guest.name, action="update", adopted=True, applied=applied)
    drift = tuple(Difference(*each) for each in differences(applied.base, live))
    hashes = option_hashes(guest)
    changed = {name for name in {*hashes, *applied.options} if hashes.get(name) != applied.options.get(name)}
    if not changed - set(_OF_THE_RUN):
        return Comparison(name=guest.name, action="none", drift=drift, applied=applied)
    plan = plan_again(guest, project, host)
    changes = tuple(Difference(*each) for each in differences(applied.planned, planned_leaves(plan)))
    at_creation = tuple(sorted(name.replace("_", "-") for name in changed if name in _AT_CREATION))
    if "disk" in changed and any(each.path.startswith("devices/disk") for each in changes):
        at_creation = tuple(name for name in at_creation if name != "disk")
    return Comparison(
        name=guest.name,
        action="update" if changes else "none",
        changes=changes,
        drift=_kept(drift, changes),
        at_creation=at_creation,
        applied=applied,
        plan=plan,
    )


def _kept(drift: tuple[Difference, ...], changes: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """The drift that stays: the file does not change these values."""
    changed = {each.path for each in changes}
    # a new device that a run attached before it ended is not drift
    new = tuple(_device_of(each.path) for each in changes if each.before is None and each.path.startswith("devices/"))
    return tuple(
        each for each in drift if each.path not in changed and not (each.before is None and each.path.startswith(new))
    )


def _device_of(path: str) -> str:
    return "/".join(path.split("/")[:2]) + "/"


def _foreign(guest: LabGuest, applied: Applied | None) -> RequestError:
    owner = "was not created from this file" if applied is None else f"belongs to the project '{applied.project}'"
    return RequestError(
        f"{guest.place}: the guest '{guest.name}' exists and {owner}",
        hint=f"to take it over as it is: virt-guest apply --adopt {guest.name}; or rename one of them",
    )


def record_of(guest: LabGuest, project: str, plan: Plan, handle: Guest) -> Applied:
    """Return the record of a guest that was created now."""
    return Applied(
        project=project,
        options=option_hashes(guest),
        planned=planned_leaves(plan),
        base=leaves_of(etree.fromstring(handle.xml(inactive=True).encode())),
    )


def record_after_update(guest: LabGuest, comparison: Comparison, handle: Guest) -> Applied:
    """Return the record of a guest that was updated now: drift stays drift."""
    applied, plan = comparison.applied, comparison.plan
    assert applied is not None
    base = leaves_of(etree.fromstring(handle.xml(inactive=True).encode()))
    for each in comparison.drift:
        if each.before is None:
            base.pop(each.path, None)
        else:
            base[each.path] = each.before
    hashes = option_hashes(guest)
    for name in (each.replace("-", "_") for each in comparison.at_creation):
        # the guest still has what it was created with
        hashes.pop(name, None)
        if name in applied.options:
            hashes[name] = applied.options[name]
    planned = dict(applied.planned if plan is None else planned_leaves(plan))
    planned.pop(SEED_NETWORK, None)
    if SEED_NETWORK in applied.planned:
        planned[SEED_NETWORK] = applied.planned[SEED_NETWORK]
    return applied.replace(options=hashes, planned=planned, base=base)
