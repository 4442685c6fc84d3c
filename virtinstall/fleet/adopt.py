"""The adoption of an existing guest: its record is created as if the file had been applied to the guest before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.devices.disk import Disk
from virtinstall.devices.interface import Interface
from virtinstall.domain.domain import Domain
from virtinstall.fleet.devices import KINDS, Mark, keep_default_mac, key_of, kind_of, parts_of, pinned
from virtinstall.fleet.leaves import GENERATED, leaves_of
from virtinstall.fleet.patch import DEVICE
from virtinstall.fleet.planning import AUTOSTART, UNCHECKED, plan_again, planned_leaves
from virtinstall.fleet.records import record_of

if TYPE_CHECKING:
    from virtinstall.fleet.applied import Applied
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.fleet.sessions import Session
    from virtinstall.libvirt_host.host import HostGuest
    from virtinstall.request import Request

_ADOPTED = "adopted"


def as_found(guest: LabGuest, project: str, session: Session, handle: HostGuest) -> Applied:
    """Return the record for an existing guest that is adopted unchanged.

    `handle` is the existing guest. Later comparisons with the record report values that differ from the file, and
    devices in the file that the guest does not have.

    Raises: the same errors as `make_plan`.
    """
    request, domain = guest.request, Domain.parse(handle.xml(inactive=True))
    assert request is not None
    marks = _marks(request, domain)
    wanted = pinned(request, marks)
    plan = plan_again(guest, project, session, wanted.request.replace(checks=UNCHECKED))
    planned = planned_leaves(plan, keep_default_mac(wanted, plan.final, marks))
    live = leaves_of(domain.ensure_node())
    if handle.is_autostarted():
        live[AUTOSTART] = "yes"
    named = {*leaves_of(_with_keys(wanted.request, plan.final).ensure_node()), AUTOSTART}
    devices = {device[0] for path in planned if (device := DEVICE.match(path)) is not None}
    missing = tuple(prefix for prefix in devices if not any(path.startswith(prefix) for path in live))
    found: dict[str, str] = {}
    for path, value in planned.items():
        if path.startswith(missing):
            continue
        if path not in named or value == GENERATED:
            found[path] = value
        elif path in live:
            found[path] = live[path]
    applied = record_of(guest, project, plan, domain.ensure_node())
    # an option that no file has: the next comparison is not omitted
    options = applied.options if found == planned else {**applied.options, _ADOPTED: ""}
    return applied.replace(options=options, planned=found, base=live, devices=marks)


def _marks(request: Request, guest: Domain) -> tuple[Mark, ...]:
    """Return the marks of the requested devices that a guest has, matched by path or MAC address, then by order."""
    found = []
    for cls in KINDS:
        devices: list[Disk | Interface] = list(guest.devices_of(cls))
        pairs: list[tuple[Disk | Interface, Disk | Interface]] = []
        requested: list[Disk | Interface] = list(request.domain.devices_of(cls))
        for is_same in (_is_named, _is_similar):
            for each in [device for device in requested if device not in [pair[0] for pair in pairs]]:
                existing = next((twin for twin in devices if is_same(each, twin)), None)
                if existing is not None:
                    devices.remove(existing)
                    pairs.append((each, existing))
        found += [
            Mark(cls.tag, key_of(existing) or "", parts_of(each), getattr(each, "size_bytes", None))
            for each, existing in pairs
        ]
        if cls is Interface and not requested:
            found += [Mark(cls.tag, key_of(existing) or "", (), None) for existing in devices[:1]]
    return tuple(found)


def _is_named(requested: Disk | Interface, existing: Disk | Interface) -> bool:
    if isinstance(requested, Disk) and isinstance(existing, Disk):
        return requested.path is not None and requested.path in (existing.source_file, existing.source_dev)
    return key_of(requested) is not None and key_of(requested) == key_of(existing)


def _is_similar(requested: Disk | Interface, existing: Disk | Interface) -> bool:
    if isinstance(requested, Disk) and isinstance(existing, Disk):
        return (
            requested.path is None
            and key_of(requested) in (None, key_of(existing))
            and kind_of(requested) == kind_of(existing)
        )
    return key_of(requested) is None


def _with_keys(request: Request, final: Domain) -> Domain:
    """Return the requested values, with the targets and MAC addresses of `final`."""
    domain = request.domain.clone()
    for cls in KINDS:
        for requested, planned in zip(domain.devices_of(cls), final.devices_of(cls), strict=False):
            if isinstance(requested, Disk) and isinstance(planned, Disk):
                requested.target_dev = planned.target_dev
            elif isinstance(requested, Interface) and isinstance(planned, Interface):
                requested.mac_address = planned.mac_address
    return domain
