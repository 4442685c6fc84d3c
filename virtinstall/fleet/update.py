"""The application of a comparison to an existing guest, in the least disruptive way.

The definition is changed first, so that a running guest never gets values that libvirt rejects. Then the running guest
gets the changes that it accepts; the other changes take effect after the guest is shut down and started again. A new
device, however, is attached to the running guest before it is added to the definition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.devices.disk import Disk
from virtinstall.devices.interface import Interface
from virtinstall.errors import HypervisorError
from virtinstall.fleet.addresses import add_reservations, remove_reservations
from virtinstall.fleet.effects import (
    device_is_live,
    groups_of,
    has_device,
    is_boot_order,
    is_other_machine,
    is_replaced,
)
from virtinstall.fleet.growth import SIZE, grow_disk
from virtinstall.fleet.leaves import GENERATED, Difference, leaves_of
from virtinstall.fleet.patch import (
    DEVICE,
    added_devices,
    by_libvirt,
    forget_places,
    insert_device,
    node_at,
    patch_all,
    with_source_of,
    without_order,
)
from virtinstall.fleet.planning import AUTOSTART, RESERVATION
from virtinstall.fleet.running import (
    Applying,
    attach_live,
    change_running,
    definition_of,
    device_at,
    final_of,
    plug_in_defined,
    tried,
    unplug,
)
from virtinstall.guest_record import NAMESPACE, parse_record
from virtinstall.xml.paths import remove

if TYPE_CHECKING:
    from virtinstall.devices.device import Device


def update_guest(work: Applying) -> bool:
    """Change an existing guest; return whether it must be shut down and started again before all changes take effect.

    Disks are enlarged. New disks and network interfaces are attached. Disks and network interfaces that the file no
    longer contains are detached, but the storage of these disks is kept. A running guest gets all changes that it
    accepts.

    Raises: RequestError, if a change is not possible; StorageError, if a disk cannot be enlarged; HypervisorError.
    """
    changes = work.comparison.changes
    addresses = [each for each in changes if each.path.startswith(f"{RESERVATION}[")]
    grown = [each for each in changes if _grows(each)]
    rest = [each for each in changes if each not in addresses and each not in grown and each.path != AUTOSTART]
    if addresses:
        # a MAC address and a name have one reservation; it precedes the interface that requests the address
        remove_reservations(addresses, work.handle.handle, work.host)
        add_reservations(addresses, work.comparison, work.handle.handle, work.host)
    for each in changes:
        if each.path == AUTOSTART:
            work.handle.handle.set_autostart(each.after is not None)
    for each in grown:
        device = DEVICE.match(each.path)
        assert device is not None and each.after is not None
        grow_disk(work.handle.handle, device[2], int(each.after), work.host)
    pending = False
    active = work.handle.state.is_active
    before = leaves_of(definition_of(work))
    after = leaves_of(final_of(work)) if rest else {}
    moved = work.comparison.moved
    if moved:
        _move(work)
        pending = active
    running = leaves_of(etree.fromstring(work.handle.handle.xml().encode())) if active else {}
    for prefix, mine in groups_of(rest).items():
        if not prefix:
            continue
        if prefix in moved or prefix in moved.values():
            pass
        elif not has_device(prefix, after):
            pending = _remove(work, prefix, before, running) or pending
        elif not has_device(prefix, before):
            pending = _add(work, prefix, mine, after, running) or pending
        elif is_replaced(prefix, mine, after):
            # another file in the same place: the one of the former disk is kept
            _detach_defined(work, prefix)
            _attach(work, prefix, live=False)
            pending = active or pending
        else:
            if active and not has_device(prefix, running):
                # a run that ended halfway has only defined it
                pending = not plug_in_defined(work, prefix, before) or pending
            continue
        rest = [each for each in rest if each not in mine]
    if after and any(is_boot_order(each.path) or DEVICE.match(each.path) for each in changes):
        rest = [each for each in rest if not is_boot_order(each.path)] + _boot_order(work, before, after)
    if rest:
        _define(work, rest, after)
        # a boot order takes effect at a boot by its nature
        now = [each for each in rest if not is_boot_order(each.path)]
        pending = (active and not change_running(work, now, before)) or pending
    return pending


def _grows(change: Difference) -> bool:
    device = DEVICE.match(change.path)
    return device is not None and change.path == f"{device[0]}{SIZE}"


def _boot_order(work: Applying, before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """Return the changes to the planned boot order, which is one value of all devices together.

    A new device is attached without its order, and libvirt adds <os><boot> if no device has one.
    """
    applied, present = work.comparison.applied, leaves_of(definition_of(work))
    assert applied is not None
    drift = {path for path, value in before.items() if applied.base.get(path) != value and path not in applied.planned}
    paths = [path for path in {**present, **after} if is_boot_order(path) and path not in drift]
    return [
        Difference(path, present.get(path), after.get(path)) for path in paths if present.get(path) != after.get(path)
    ]


def _add(
    work: Applying, prefix: str, mine: Sequence[Difference], after: Mapping[str, str], running: Mapping[str, str]
) -> bool:
    """Add a device that the definition does not have; return whether it is missing until the guest is started again."""
    if not running:
        return _attach(work, prefix, live=False)
    if not has_device(prefix, running):
        return not _attach(work, prefix, device_is_live(prefix, after))
    if not prefix.startswith("devices/disk"):
        # a run that ended halfway has plugged it in
        _attach(work, prefix, live=False)
        return False
    source = f"{prefix}source/@file"
    if _is_created(work, running.get(source), next((each.after for each in mine if each.path == source), None)):
        wanted = node_at(final_of(work), prefix)
        assert wanted is not None
        _attach_again(work, with_source_of(wanted, prefix, running), live=False)
        return False
    name = prefix.removeprefix("devices/disk[").removesuffix("]/")
    work.warn(
        f"the target '{name}' is already in use by another disk of the running guest; the new disk is attached after "
        "the guest is shut down and started again"
    )
    _attach(work, prefix, live=False)
    return True


def _is_created(work: Applying, path: str | None, planned: str | None) -> bool:
    """Return whether a disk of the running guest is the planned one: it has its path, or was created for the guest."""
    if planned != GENERATED:
        return path == planned
    record = parse_record(work.handle.handle.metadata(NAMESPACE), work.handle.handle.uuid)
    return record is not None and path in [each.path for each in record.files]


def _attach(work: Applying, prefix: str, live: bool) -> bool:
    """Attach the device that the file adds, as it was planned; return whether the running guest has it.

    A disk that the guest had before keeps its image.
    """
    plan, applied = work.comparison.plan, work.comparison.applied
    assert plan is not None and plan.request is not None and applied is not None
    wanted = node_at(plan.final.ensure_node(), prefix)
    assert wanted is not None
    planned = next(each for each in plan.final.devices if each.ensure_node() is wanted)
    position = [each.ensure_node() for each in plan.final.devices_of(type(planned))].index(wanted)
    requested = plan.request.domain.devices_of(type(planned))
    kept = None
    if isinstance(planned, Disk) and applied.base.get(f"{prefix}@device", "disk") == (planned.device or "disk"):
        kept = applied.base.get(f"{prefix}source/@file")
    if kept is not None and (position >= len(requested) or getattr(requested[position], "path", None) in (None, kept)):
        return _attach_again(work, with_source_of(wanted, prefix, applied.base), live)
    device: Device = (requested[position] if position < len(requested) else planned).clone()
    if isinstance(device, Interface) and isinstance(planned, Interface):
        device.mac_address = planned.mac_address
        device.ip = device.gateway = device.nameservers = None
    elif isinstance(device, Disk) and isinstance(planned, Disk):
        device.target_dev = planned.target_dev
    if live:
        try:
            work.handle.attach(device.clone(), on_warning=work.warn)
            return True
        except HypervisorError as error:
            work.warn(f"{error.message}; the device is attached after the guest is shut down and started again")
    work.handle.attach(device, live=False, persistent=True, on_warning=work.warn)
    return False


def _attach_again(work: Applying, node: etree._Element, live: bool) -> bool:
    """Attach a device that the guest had before, with its storage; return whether the running guest has it."""
    root = definition_of(work)
    insert_device(root, without_order(node))
    work.host.define_guest(etree.tostring(root, encoding="unicode"))
    return live and tried(work, lambda: attach_live(work.handle.handle, node))


def _move(work: Applying) -> None:
    """Change targets of disks in the definition; the disks keep their storage."""
    root = definition_of(work)
    base = leaves_of(root)
    for new, old in work.comparison.moved.items():
        node, wanted = node_at(root, old), node_at(final_of(work), new)
        if node is not None and wanted is not None:
            remove(node)
            insert_device(root, without_order(with_source_of(wanted, old, base)))
    work.host.define_guest(etree.tostring(root, encoding="unicode"))


def _remove(work: Applying, prefix: str, before: Mapping[str, str], running: Mapping[str, str]) -> bool:
    """Detach a device that the file no longer contains; return whether the running guest still has it.

    If the running guest has another disk in its place, that disk is not detached.
    """
    defined, runs = has_device(prefix, before), has_device(prefix, running)
    source = f"{prefix}source/@file"
    if defined and runs and prefix.startswith("devices/disk") and before.get(source) != running.get(source):
        runs = False
    released = not runs or (device_is_live(prefix, running) and unplug(work, prefix))
    if defined:
        _detach_defined(work, prefix)
    return not released


def _detach_defined(work: Applying, prefix: str) -> None:
    work.handle.detach(device_at(work.handle.domain, prefix), live=False, persistent=True, on_warning=work.warn)


def _define(work: Applying, changes: Sequence[Difference], after: Mapping[str, str]) -> None:
    root, applied = definition_of(work), work.comparison.applied
    assert applied is not None
    filled, left_out = by_libvirt(changes, applied, leaves_of(root), after)
    other_board = is_other_machine(changes)
    added = added_devices(root, changes, after, of_all_kinds=other_board)
    patch_all(root, final_of(work), [*changes, *left_out], filled)
    for device in added:
        remove(device)
    if other_board:
        forget_places(root, after)
    work.host.define_guest(etree.tostring(root, encoding="unicode"))
