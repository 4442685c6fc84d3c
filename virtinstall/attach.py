"""Attachment, detachment and update of devices of an existing guest: in the running guest, its definition, or both.

A new device gets the same defaults as at the guest's creation. Storage that is created for the device is recorded in a
journal, and is removed after a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from lxml import etree

from virtinstall.added_devices import compose_devices, plugging_order
from virtinstall.compose.basics import require_hotplug
from virtinstall.compose.boot_order import keep_places
from virtinstall.compose.small_devices import match_watchdogs, require_shared_memory
from virtinstall.create import journaled, with_images
from virtinstall.devices.disk import Disk
from virtinstall.devices.interface import Interface
from virtinstall.devices.memory import MemoryDevice
from virtinstall.domain.domain import Domain
from virtinstall.domain.placing import new_ones_last
from virtinstall.errors import HypervisorError, RequestError
from virtinstall.guest_record import NAMESPACE, PREFIX
from virtinstall.request import Checks
from virtinstall.rollback.undo import Undo
from virtinstall.run.store_record import record_added
from virtinstall.storage.plan_files import check_change_in_use
from virtinstall.virsh_commands import virsh_command
from virtinstall.xml.absolute_paths import make_paths_absolute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from virtinstall.devices.device import Device
    from virtinstall.libvirt_host.host import Host, HostGuest
    from virtinstall.plan import Plan
    from virtinstall.progress import Progress
    from virtinstall.rollback.journal import Journal

D = TypeVar("D", bound="Device")

# libvirt's VIR_ERR_INTERNAL_ERROR (no free slot, no such controller), _NO_SUPPORT, _CONFIG_ and _OPERATION_UNSUPPORTED
_UNSUPPORTED = (1, 3, 67, 84)
# libvirt itself waits 5 s before it returns
_LOOKS, _LOOK_SECONDS = 5, 0.2


class Change:
    """The parts of a guest to change: the running guest if `live` is true, its definition if `persistent` is true."""

    def __init__(self, guest: HostGuest, live: bool | None, persistent: bool | None) -> None:
        """Choose the parts to change; a part whose parameter is None is changed if it exists.

        Raises: RequestError, if no part would be changed, or if a requested part does not exist.
        """
        active, defined = guest.is_active(), guest.is_persistent()
        if live and not active:
            raise RequestError(f"the guest '{guest.name}' is not running", hint="start the guest, or use live=False")
        if persistent and not defined:
            raise RequestError(
                f"the guest '{guest.name}' is transient and has no definition", hint="use persistent=False"
            )
        self.live = active if live is None else live
        self.persistent = defined if persistent is None else persistent
        if not (self.live or self.persistent):
            raise RequestError(
                f"the change would affect neither the running guest nor the definition of '{guest.name}'",
                hint=f"use {'persistent' if defined else 'live'}=True",
            )


def attach(
    guest: HostGuest, host: Host, device: D, change: Change, *, progress: Progress, on_warning: Callable[[str], None]
) -> D:
    """Add a copy of `device`, completed with defaults, to the guest; return the copy.

    `change` specifies whether the running guest, its definition or both are changed. `progress` receives the progress
    of downloads and copies. `on_warning` is called with each warning.

    Raises: RequestError, if the device is invalid or the guest does not support it; StorageError, if its storage cannot
    be created; FetchError, if its image cannot be downloaded; HypervisorError, if libvirt reports an error. After an
    error, everything that was created is removed.
    """
    definition, running = _documents(guest)
    base = definition if change.persistent else running or definition
    given = Domain()
    given.add(_with_absolute_paths(device))
    added, plan = compose_devices(given, base, host, running=running, live=change.live)
    after = base.clone()
    add_to_definition(after, added)
    for warning in (*plan.warnings, *check_change_in_use(base, after, host, Checks())):
        on_warning(warning)
    with _transaction(guest.name, host, plan, progress, on_warning) as (undo, plan):
        # recorded before the guest has them: a killed run must leave no disk that deletion does not know
        before = guest.metadata(NAMESPACE)
        if before is not None:
            undo.push("the guest's metadata", partial(_restore_record, guest, before), is_thing=False)
        for warning in record_added(plan, guest, host):
            on_warning(warning)
        if change.live:
            for each in plugging_order(added):
                text = each.to_xml()
                _plug_in(guest, text)
                undo.push("the attached device", lambda text=text: guest.detach_device(text))  # type: ignore[misc]
        if change.persistent:
            definition, _ = _documents(guest)
            add_to_definition(definition, added)
            host.define_guest(definition.to_xml())
    attached = added[0]
    assert isinstance(attached, type(device))
    return attached


def _restore_record(guest: HostGuest, record: str) -> None:
    guest.set_metadata(NAMESPACE, PREFIX, record)


def _plug_in(guest: HostGuest, text: str) -> None:
    try:
        guest.attach_device(text)
    except HypervisorError as error:
        if error.hint is None and error.code in _UNSUPPORTED:
            error.hint = "use live=False; the device is then available after the guest is shut down and started again"
        raise


def add_to_definition(domain: Domain, added: list[Device]) -> list[Device]:
    """Add copies of the devices to `domain`, each after the existing devices of the same kind; return the copies."""
    with new_ones_last(domain):
        copies = [device.clone() for device in added]
        for device in copies:
            domain.add(device)
        keep_places(domain, copies)
        match_watchdogs(domain, copies)
        if domain.type in ("kvm", "qemu", "hvf"):
            require_shared_memory(domain)
            if any(isinstance(device, MemoryDevice) for device in copies):
                require_hotplug(domain)
    return copies


def detach(guest: HostGuest, host: Host, device: Device, change: Change, *, on_warning: Callable[[str], None]) -> None:
    """Remove the guest's device that matches `device`, as defined by `find_device`; keep the device's storage.

    `change` specifies whether the running guest, its definition or both are changed. `on_warning` is called with a
    warning if the running guest has not released the device after a few seconds.

    Raises: RequestError, if no device or several devices match; HypervisorError.
    """
    definition, running = _documents(guest)
    device = _with_absolute_paths(device)
    found_live = find_device(running, device, host.uri) if change.live and running is not None else None
    found = find_device(definition, device, host.uri) if change.persistent else None
    if found_live is not None:
        text = found_live.to_xml()
        guest.detach_device(text)
        if still_has(guest, text):
            on_warning(f"the guest '{guest.name}' has not released the device yet")
    if found is not None:
        definition.remove(found)
        host.define_guest(definition.to_xml())


def update(guest: HostGuest, host: Host, device: D, change: Change) -> D:
    """Copy the values of `device` to the guest's device that matches `device`; return the changed device.

    `find_device` defines which device matches. Values that `device` does not specify are kept. `change` specifies
    whether the running guest, its definition or both are changed.

    Raises: RequestError, if no device or several devices match, or if another guest uses the new file; HypervisorError.
    """
    definition, running = _documents(guest)
    device = _with_absolute_paths(device)
    result: Device = device
    if change.live and running is not None:
        result = _changed(running, device, host)
        guest.update_device(result.to_xml())
    if change.persistent:
        result = _changed(definition, device, host)
        keep_places(definition, [result])
        match_watchdogs(definition, [result])
        host.define_guest(definition.to_xml())
    assert isinstance(result, type(device))
    return result


def _changed(domain: Domain, device: Device, host: Host) -> Device:
    """Change the device in `domain`; return it.

    Raises: RequestError, also if another guest uses the device's file.
    """
    before = domain.clone()
    found = find_device(domain, device, host.uri)
    overlay(found, device)
    check_change_in_use(before, domain, host, Checks())
    return found


def _with_absolute_paths(device: D) -> D:
    copy = device.clone()
    make_paths_absolute([copy])
    return copy


def _documents(guest: HostGuest) -> tuple[Domain, Domain | None]:
    """Return the guest's definition, and its running configuration (None if it is not running)."""
    return Domain.parse(guest.xml(inactive=True)), Domain.parse(guest.xml()) if guest.is_active() else None


@contextmanager
def _transaction(
    name: str, host: Host, plan: Plan, progress: Progress, on_warning: Callable[[str], None]
) -> Iterator[tuple[Undo, Plan]]:
    """Create the storage of `plan`, and yield the plan with the paths of its images; roll back after a failure."""
    # a journal claims the guest's name: only a change that creates files needs one
    creates = plan.images or plan.volumes or plan.reservations
    journal_of = journaled(name, host, on_warning) if creates else nullcontext()
    with journal_of as journal, Undo(journal) as undo:
        yield undo, create_storage(plan, host, undo, progress, on_warning, journal)
        undo.keep_everything()


def create_storage(
    plan: Plan,
    host: Host,
    undo: Undo,
    progress: Progress,
    on_warning: Callable[[str], None],
    journal: Journal | None = None,
    checks: Checks | None = None,
) -> Plan:
    """Create the storage and the DHCP reservations for new devices; return the plan with the paths of its images.

    The storage is checked first. `undo` collects the actions that remove the storage and reservations after a failure.
    `progress` receives the progress of downloads and copies. `on_warning` is called with each warning. `journal`
    records what is created, or is None if no journal is kept. `checks` are the enabled checks; None stands for the
    default checks.

    Raises: StorageError, if storage cannot be created or accessed; FetchError, if an image cannot be downloaded;
    RequestError, if a check finds a mistake in the request; HypervisorError, if libvirt reports an error.
    """
    from virtinstall.run.reserve import reserve_addresses
    from virtinstall.storage.apply import check_storage, make_storage

    for warning in check_storage(plan, host, checks or Checks()):
        on_warning(warning)
    plan = with_images(plan, host, progress, on_warning)
    make_storage(plan, host, undo, progress, journal)
    reserve_addresses(plan, host, undo, journal)
    return plan


def find_device(domain: Domain, device: D, uri: str) -> D:
    """Return the device in `domain` that matches `device`.

    Devices match if they have the same class and the same identifying value. This value is the first of the following
    that `device` specifies: for a disk, the target, the path or the alias; for an interface, the MAC address or the
    alias; for any other device, the alias. If `device` specifies none of them, a device matches if it has all values of
    `device`. `uri` is the URI of the connection, which the hints of errors contain.

    Raises: RequestError, if no device or several devices match.
    """
    found = [each for each in domain.devices_of(type(device)) if _is_same(each, device)]
    if len(found) == 1:
        return found[0]
    kind = type(device).tag
    if not found:
        raise RequestError(
            f"no <{kind}> device in the guest '{domain.name}' matches {_shown(device)}",
            hint=f"show the guest's devices with: {virsh_command(uri, 'dumpxml', str(domain.name))}",
        )
    raise RequestError(
        f"{len(found)} <{kind}> devices in the guest '{domain.name}' match {_shown(device)}",
        hint="specify the device's target, MAC address or alias",
    )


def _shown(device: Device) -> str:
    return " ".join(etree.tostring(device.ensure_node(), encoding="unicode", with_tail=False).split())


def _is_same(there: Device, wanted: Device) -> bool:
    if isinstance(there, Disk) and isinstance(wanted, Disk):
        if wanted.target_dev is not None:
            return there.target_dev == wanted.target_dev
        if wanted.path is not None:
            return wanted.path in (there.source_file, there.source_dev, there.source_dir)
    if isinstance(there, Interface) and isinstance(wanted, Interface) and wanted.mac_address is not None:
        return (there.mac_address or "").lower() == wanted.mac_address.lower()
    if wanted.alias_name is not None:
        return there.alias_name == wanted.alias_name
    return _holds(there.ensure_node(), wanted.ensure_node())


def _holds(there: etree._Element, wanted: etree._Element) -> bool:
    """Return whether `there` contains all values of `wanted`."""
    if any(there.get(name) != value for name, value in wanted.attrib.items()):
        return False
    text = (wanted.text or "").strip()
    if text and text != (there.text or "").strip():
        return False
    return all(any(_holds(twin, child) for twin in there.findall(str(child.tag))) for child in wanted)


def overlay(there: Device, wanted: Device) -> None:
    """Copy every value that `wanted` specifies to the device `there`.

    If both devices are disks and `wanted` has a `path`, the path replaces the source and the backing chain of `there`.
    """
    if isinstance(there, Disk) and isinstance(wanted, Disk) and wanted.path is not None:
        for part in ("source", "backingStore"):
            for node in there.ensure_node().findall(part):
                there.ensure_node().remove(node)
        block = wanted.path.startswith("/dev/")
        there.type = "block" if block else "file"
        if block:
            there.source_dev = wanted.path
        else:
            there.source_file = wanted.path
    _overlay(there.ensure_node(), wanted.ensure_node())


def _overlay(there: etree._Element, wanted: etree._Element) -> None:
    for name, value in wanted.attrib.items():
        there.set(name, value)
    if (wanted.text or "").strip():
        there.text = wanted.text
    for child in wanted:
        twin = there.find(str(child.tag))
        if twin is None:
            twin = etree.SubElement(there, str(child.tag))
        _overlay(twin, child)


def still_has(guest: HostGuest, text: str) -> bool:
    """Wait up to a second for a running guest to release a device; return whether the guest still has the device.

    `text` is the device's XML. If the XML contains no alias, the device cannot be identified, and the result is False.

    Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainDetachDeviceFlags
    """
    alias = etree.fromstring(text).find("alias")
    if alias is None:
        return False
    path = f"devices/*/alias[@name='{alias.get('name')}']"
    for _ in range(_LOOKS):
        if etree.fromstring(guest.xml().encode()).find(path) is None:
            return False
        time.sleep(_LOOK_SECONDS)
    return True
