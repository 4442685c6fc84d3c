"""The completion of a guest's record when the guest's files exist, and its storage in the guest's metadata."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from virtinstall import __version__
from virtinstall.errors import HypervisorError
from virtinstall.guest_record import (
    NAMESPACE,
    PREFIX,
    CreatedFile,
    GuestRecord,
    created_files,
    parse_record,
    record_of,
    reservations_of,
)
from virtinstall.rollback.birth_time import birth_time_ns

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host, HostGuest
    from virtinstall.plan import Plan

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def planned_nvram(plan: Plan, host: Host) -> str | None:
    """Return the path that the user specified for the guest's UEFI variables, if this run will create the file.

    The result is None if the user specified no path, if the file exists already, or if libvirt runs on another host. It
    is also None if the guest is reinstalled. Call this before the guest is started, because the start creates the file.
    """
    path = None if plan.request is None or plan.reinstall else plan.request.domain.os.nvram
    return path if path is not None and host.is_local() and not os.path.lexists(path) else None


def recorded(plan: Plan, host: Host, nvram: str | None) -> Plan:
    """Return the plan with the guest's record in the <metadata> of the guest's definition.

    Because of the record, a later deletion finds all disks even if this run is killed just after the definition.
    `nvram` is the path of the UEFI variables that the run creates, or None. If the guest is reinstalled, the plan is
    returned unchanged: the guest already has a record, which `store_plan` updates.
    """
    from lxml import etree

    if plan.reinstall:
        return plan
    record = _completed(record_of(plan, __version__).replace(nvram=nvram, uuid=str(plan.final.uuid)), host)
    node = etree.fromstring(record.fitted().to_xml())
    for each in node.iter():
        each.tag = f"{{{NAMESPACE}}}{each.tag}"
    final = plan.final.clone()
    root = final.ensure_node()
    above = root.find("metadata")
    if above is None:
        # libvirt accepts any order
        above = etree.SubElement(root, "metadata")
    added = etree.SubElement(
        above, node.tag, {str(name): str(value) for name, value in node.attrib.items()}, nsmap={PREFIX: NAMESPACE}
    )
    added.extend(list(node))
    return plan.replace(final=final)


def store_plan(plan: Plan, guest: HostGuest, host: Host, nvram: str | None) -> str | None:
    """Store the record of the guest that was created from `plan`; return None, or a warning if this is not possible.

    `nvram` is the path of the UEFI variables that the run created, or None.
    """
    if not plan.reinstall and guest.metadata(NAMESPACE) is not None:
        # it is in the definition already
        return None
    record = record_of(plan, __version__).replace(nvram=nvram)
    if plan.reinstall:
        # its disks are those it had; those that this run created are added to them
        before = parse_record(guest.metadata(NAMESPACE), guest.uuid)
        if before is not None:
            kept = tuple(each for each in before.files if each.path not in {new.path for new in record.files})
            record = record.replace(
                created=before.created,
                files=(*kept, *record.files),
                nvram=before.nvram,
                reservations=before.reservations,
            )
    return store(record, guest, host)


def record_added(plan: Plan, guest: HostGuest, host: Host) -> list[str]:
    """Add the disks and reservations in `plan` to the record of an existing guest; return warnings.

    The list is empty if the record is stored or there is nothing to add.
    """
    new, files = reservations_of(plan), created_files(plan)
    if not (new or files):
        return []
    record = parse_record(guest.metadata(NAMESPACE), guest.uuid)
    if record is None:
        reason = "the guest's metadata does not list what virtinstall created"
        return [f"virt-guest delete will keep the DHCP reservation of '{guest.name}': {reason}"] if new else []
    kept = tuple(each for each in record.reservations if each not in new)
    old = tuple(each for each in record.files if each.path not in {file.path for file in files})
    warning = store(record.replace(reservations=(*kept, *new), files=(*old, *files)), guest, host)
    return [] if warning is None else [warning]


def store(record: GuestRecord, guest: HostGuest, host: Host) -> str | None:
    """Complete `record` with the paths and inodes of its files, and store it in the guest's metadata.

    Return None, or a warning if the record cannot be stored completely. Files whose inode is already recorded are not
    examined again, because their paths may now belong to other files.
    """
    complete = _completed(record.replace(uuid=guest.uuid), host)
    kept = "the disks"
    try:
        fitted = complete.fitted()
        omitted = len(complete.files) - len(fitted.files)
        if not guest.set_metadata(NAMESPACE, PREFIX, fitted.to_xml()):
            reason = f"libvirt's driver '{host.driver()}' does not store metadata"
        elif omitted:
            kept = f"{omitted} {'file' if omitted == 1 else 'files'}"
            reason = "the guest's metadata cannot list all files that were created"
        else:
            return None
    except HypervisorError as error:
        reason = error.message
    return f"virt-guest delete will keep {kept} of '{guest.name}': {reason}"


def _completed(record: GuestRecord, host: Host) -> GuestRecord:
    return record.replace(
        created=record.created or time.strftime(_TIME, time.gmtime()),
        files=tuple(_complete(each, host) for each in record.files),
    )


def _complete(file: CreatedFile, host: Host) -> CreatedFile:
    if file.pool is not None and file.volume is not None:
        volume = host.volume(file.pool, file.volume)
        if volume is not None:
            file = file.replace(path=volume.path)
    if file.inode is not None or not host.is_local():
        return file
    try:
        return file.replace(inode=os.stat(file.path).st_ino, born=birth_time_ns(file.path))
    except OSError:
        # the test driver has no files
        return file
