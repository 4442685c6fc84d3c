"""The comparison of a guest in the file with the existing guest: last applied, present and requested values."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import TYPE_CHECKING, Any

from lxml import etree

from virtinstall.devices.disk import Disk
from virtinstall.errors import RequestError
from virtinstall.fleet.adopt import as_found
from virtinstall.fleet.applied import Applied, option_hashes, read_applied
from virtinstall.fleet.devices import keep_default_mac, marks_of, moves, part_of, pinned, prefixes
from virtinstall.fleet.effects import next_boot
from virtinstall.fleet.growth import growth_of
from virtinstall.fleet.leaves import GENERATED, Difference, device_of, differences, leaves_of
from virtinstall.fleet.patch import DEVICE, added_since
from virtinstall.fleet.planning import AUTOSTART, SEED_NETWORK, UNCHECKED, plan_again, planned_leaves, uuid_of
from virtinstall.fleet.records import CREATION, as_created, record_of
from virtinstall.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from virtinstall.fleet.devices import Pinned
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.fleet.sessions import Session
    from virtinstall.libvirt_host.host import HostGuest
    from virtinstall.plan import Plan

# they act when a guest is created, and its XML does not show them
_AT_CREATION = (*CREATION, "cloud_init", "ignition", "unattended", "extra_args", "disk", "transient")
# they act during the run alone
_OF_THE_RUN = (
    *("wait_for", "timeout", "check", "noreboot", "destroy_on_exit"),
    *("kubevirt_drop", "kubevirt_namespace", "kubevirt_run_strategy"),
    *("kubevirt_instancetype", "kubevirt_preference", "kubevirt_device"),
)


class Comparison(Record):
    """The differences between a guest and its description in the guests file, and the action that `apply` would take.

    `action` is `create`, `update`, `adopt` (a record of the guest's present state is stored, so that later changes to
    the file are applied to the guest; the guest itself is not changed), `delete`, `recreate` (the guest is deleted and
    created again), `reboot` (the guest is shut down and started again), `none`, or `unreachable` (the guest's host
    cannot be reached). If it is `unreachable`, `problem` is the error message, and `hint` is the hint of the error or
    None; otherwise, both are None. `host` is the name of the guest's host, or None if the file lists no hosts. `exists`
    is true if the host has a guest with the name in the description.

    `changes` are the values to change. `at_next_boot` are the paths (see `leaves_of`) of the changes that take effect
    in the running guest only after it is shut down and started again. `added` and `removed` are the paths of the
    devices to add and to remove, such as `devices/disk[vda]`. `moved` has an entry for each disk whose target changes:
    the key is the new prefix of the disk's paths, and the value is the present prefix. `drift` are the differences that
    other programs have caused since the last apply and that `apply` does not revert. `at_creation` are the names of the
    changed options that have an effect only at creation.

    `pending` is true if changes from an earlier apply take effect only after the running guest is shut down and started
    again. `interrupted` is true if the run that created the guest ended before it stored the guest's record. `applied`
    is the record of the last apply, and `plan` is the plan for the changed guest. Each of them is None if `apply` does
    not need it.
    """

    name: str
    action: str
    host: str | None = None
    problem: str | None = None
    hint: str | None = None
    exists: bool = False
    at_next_boot: tuple[str, ...] = ()
    moved: Mapping[str, str] = {}
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    pending: bool = False
    changes: tuple[Difference, ...] = ()
    drift: tuple[Difference, ...] = ()
    at_creation: tuple[str, ...] = ()
    interrupted: bool = False
    applied: Applied | None = None
    plan: Plan | None = None

    @property
    def is_different(self) -> bool:
        """Whether the guest differs from its description; also true if the action is `reboot` or `unreachable`."""
        return self.action != "none" or bool(self.at_creation)

    def as_document(self) -> dict[str, Any]:
        """Return the comparison as data for `--output json`."""
        return {
            "name": self.name,
            "host": self.host,
            "action": self.action,
            "problem": self.problem,
            "changes": [{**each._asdict(), "at_next_boot": each.path in self.at_next_boot} for each in self.changes],
            "drift": [each._asdict() for each in self.drift],
            "recreate_needed_for": list(self.at_creation),
            "pending": self.pending,
        }


def compare(guest: LabGuest, project: str, session: Session, *, adopt: bool = False) -> Comparison:
    """Compare one guest in the file with the existing guest of the same name; change nothing.

    With `adopt`, the action for an existing guest that was not created from the file is `adopt`.

    Raises: RequestError, if the existing guest was not created from the file and `adopt` is false, or if a disk cannot
    be resized as requested; the same errors as `make_plan`.
    """
    found = session.host.guest_named(guest.name)
    if found is None:
        return Comparison(name=guest.name, host=guest.host, action="none" if guest.absent else "create")
    applied = read_applied(found)
    interrupted = applied is None and found.uuid.lower() == uuid_of(project, guest.name)
    if not adopt and not interrupted and (applied is None or applied.project != project):
        raise _foreign(guest, applied)
    known = Comparison(name=guest.name, host=guest.host, exists=True, action="none")
    if guest.absent:
        return known.replace(action="delete")
    definition = etree.fromstring(found.xml(inactive=True).encode())
    if applied is None or applied.project != project:
        if not interrupted:
            return known.replace(action="adopt", applied=as_found(guest, project, session, found))
        assert guest.request is not None
        plan = plan_again(guest, project, session, guest.request.replace(checks=UNCHECKED))
        applied = record_of(guest, project, plan, definition)
        return known.replace(action="update", interrupted=True, applied=applied)
    live = leaves_of(definition)
    if (AUTOSTART in applied.planned or _autostarts(guest)) and found.is_autostarted():
        live[AUTOSTART] = "yes"
    drift = tuple(sorted(differences(applied.base, live)))
    if drift:
        by_libvirt = added_since(definition, applied.base)
        drift = tuple(each for each in drift if device_of(each.path) not in by_libvirt)
    hashes = option_hashes(guest)
    changed = {name for name in {*hashes, *applied.options} if hashes.get(name) != applied.options.get(name)}
    changed -= set(_OF_THE_RUN)
    if applied.pending is not None:
        known = known.replace(pending=_instance(found) == applied.pending)
    if not changed and not drift:
        # the record is large: only a lost reservation may still change the guest
        return known.replace(applied=applied if guest.has_addresses else None)
    return _compared(known, guest, project, session, found, applied, live, drift, changed)


def _compared(
    known: Comparison,
    guest: LabGuest,
    project: str,
    session: Session,
    handle: HostGuest,
    applied: Applied,
    live: Mapping[str, str],
    drift: tuple[Difference, ...],
    changed: set[str],
) -> Comparison:
    known = known.replace(applied=applied, drift=drift)
    wanted = pinned(as_created(guest, applied), applied.devices)
    reverted = list(_reverted(drift, live, applied.base, wanted))
    if not changed and not reverted:
        return known
    plan = plan_again(guest, project, session, wanted.request)
    planned = planned_leaves(plan, keep_default_mac(wanted, plan.final, applied.devices))
    changes, hidden = _split(_without_defaults(differences(applied.planned, planned), wanted))
    if "disk" in changed or "image" in changed:
        changes += growth_of(guest, wanted.devices, handle, session.host)
    shows_disks = any(each.path.startswith("devices/disk") for each in changes)
    changes = [each for each in changes if not _is_there(each, applied, live)]
    values = {each.path: each for each in reverted if each.path not in {change.path for change in changes}}
    changes += values.values()
    after, moved = leaves_of(plan.final.ensure_node()), moves(wanted, plan.final, live)
    at_creation = {name for name in changed if name in _AT_CREATION}
    if not hidden and shows_disks:
        at_creation.discard("disk")
    return known.replace(
        action="update" if changes else "none",
        changes=tuple(changes),
        at_next_boot=tuple(next_boot(changes, live, after, moved)) if handle.is_active() else (),
        drift=_kept(drift, changes),
        at_creation=tuple(sorted(name.replace("_", "-") for name in at_creation)),
        moved=moved,
        added=tuple(_devices(changes, without=live)),
        removed=tuple(_devices(changes, without=after)),
        plan=plan,
    )


def _autostarts(guest: LabGuest) -> bool:
    # the whole request takes longer to read than the guest to compare
    return bool(guest.given.get("autostart")) if guest.read is None else guest.read.run.autostart


def _is_there(change: Difference, applied: Applied, live: Mapping[str, str]) -> bool:
    """Return whether the guest already has the value, because the file only names or omits the chosen value."""
    present = live.get(change.path)
    if change.after == GENERATED:
        return present is not None
    return change.after is not None and change.after == present == applied.base.get(change.path)


def _devices(changes: Iterable[Difference], without: Iterable[str]) -> Iterator[str]:
    """Yield each device with changes of which no value is among the paths of `without`."""
    known = set(map(device_of, without))
    devices = dict.fromkeys(map(device_of, (each.path for each in changes)))
    yield from (device for device in devices if device is not None and device not in known)


def _without_defaults(changes: Iterable[Difference], wanted: Pinned) -> list[Difference]:
    """Return the changes without the discarding of unused blocks, which only new images have by default."""
    defaults = {
        Difference(f"devices/disk[{mark.key}]/driver/@discard", "unmap", None)
        for device, mark in wanted.devices
        if isinstance(device, Disk) and mark is not None and device.driver_discard is None
        if part_of("driver/@discard", "unmap") not in mark.parts
    }
    return [each for each in changes if each not in defaults]


def _split(changes: list[Difference]) -> tuple[list[Difference], bool]:
    """Return the changes without formats of disks that keep their source, and whether any were removed.

    The format of a disk is that of its image; another format would destroy the data in the image.
    """
    sources = {device[0] for each in changes if (device := DEVICE.match(each.path)) and "/source/" in each.path}
    kept = []
    for each in changes:
        device = DEVICE.match(each.path)
        is_format = device is not None and each.path == f"{device[0]}driver/@type" and None not in each[1:]
        if not is_format or device is None or device[0] in sources:
            kept.append(each)
    return kept, len(kept) != len(changes)


def _reverted(
    drift: Iterable[Difference], live: Mapping[str, str], base: Mapping[str, str], wanted: Pinned
) -> Iterator[Difference]:
    """Yield changes that restore drifted values and missing devices that the file sets.

    A device whose target or MAC address was changed is not missing.
    """
    named = leaves_of(wanted.request.domain.ensure_node())
    present = {device[0] for path in live if (device := DEVICE.match(path))}
    added = {DEVICE.fullmatch(prefix)[1] for prefix in present if not any(path.startswith(prefix) for path in base)}  # type: ignore[index]
    missing = tuple(
        prefix
        for mark, prefix in zip(wanted.marks, prefixes(wanted.marks), strict=True)
        if prefix not in present and mark.tag not in added
    )
    for each in drift:
        device = DEVICE.match(each.path)
        if each.before is None or (device is not None and device[0] not in present and device[0] not in missing):
            continue
        if each.path in named or each.path == AUTOSTART or each.path.startswith(missing):
            yield Difference(each.path, each.after, each.before)


def _kept(drift: tuple[Difference, ...], changes: Sequence[Difference]) -> tuple[Difference, ...]:
    """Return the drift in values that the file does not change."""
    changed = {each.path for each in changes}
    # a new device that a run attached before it ended is not drift
    new = tuple(f"{device}/" for each in changes if each.before is None and (device := device_of(each.path)))
    return tuple(
        each for each in drift if each.path not in changed and not (each.before is None and each.path.startswith(new))
    )


def _instance(guest: HostGuest) -> str | None:
    """Return the ID of the running guest, which each boot changes; None if the guest is off."""
    return etree.fromstring(guest.xml().encode()).get("id")


def _foreign(guest: LabGuest, applied: Applied | None) -> RequestError:
    owner = "was not created from this file" if applied is None else f"belongs to the project '{applied.project}'"
    return RequestError(
        f"{guest.place}: the guest '{guest.name}' already exists and {owner}",
        hint="use another guest name, or adopt the guest unchanged with: "
        f"{guest.apply_command} --adopt {quote(guest.name)}",
    )


def record_after_update(
    guest: LabGuest, comparison: Comparison, definition: etree._Element, pending: str | None = None
) -> Applied:
    """Return the record of a guest that was just updated.

    `comparison` is the comparison that was applied, and `definition` is the guest's new <domain>. The drift in the
    comparison is not recorded, so that later comparisons report it again. `pending` is None if all changes have taken
    effect. Otherwise, it is the libvirt ID of the running guest, which must be shut down and started again.
    """
    applied, plan = comparison.applied, comparison.plan
    assert applied is not None
    if comparison.action == "adopt":
        return applied
    base = leaves_of(definition)
    if AUTOSTART in applied.base if plan is None else plan.run.autostart:
        base[AUTOSTART] = "yes"
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
    changed = applied.replace(options=hashes, base=base, pending=pending, groups=guest.groups)
    if plan is None:
        return changed
    wanted = pinned(as_created(guest, applied), applied.devices)
    planned = planned_leaves(plan, keep_default_mac(wanted, plan.final, applied.devices))
    planned.pop(SEED_NETWORK, None)
    if SEED_NETWORK in applied.planned:
        planned[SEED_NETWORK] = applied.planned[SEED_NETWORK]
    return changed.replace(planned=planned, devices=marks_of(wanted.request, plan.final))
