"""New devices for an existing guest, with the same defaults as at the guest's creation."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from virtinstall.compose import (
    controllers,
    disk_targets,
    images,
)
from virtinstall.compose.devices import fill_devices
from virtinstall.compose.draft import Draft
from virtinstall.compose.interfaces import want_addresses
from virtinstall.compose.platform import choose_platform
from virtinstall.compose.small_devices import number_audio
from virtinstall.devices.controller import Controller
from virtinstall.devices.disk import Disk
from virtinstall.devices.interface import Interface
from virtinstall.devices.table import DEVICE_TAGS
from virtinstall.domain.domain import Domain
from virtinstall.domain.placing import order_attributes
from virtinstall.naming import Random
from virtinstall.osinfo.record import GENERIC
from virtinstall.plan import Plan
from virtinstall.request import Checks, InstallRequest, OsRequest, PlatformRequest, Request
from virtinstall.xml.override import apply_edit

if TYPE_CHECKING:
    from virtinstall.devices.device import Device
    from virtinstall.libvirt_host.host import Host
    from virtinstall.xml.element import Element


E = TypeVar("E", bound="Element")

_NOBODY = "disk"


def compose_devices(
    devices: Domain,
    guest: Domain | None,
    host: Host,
    os_values: Mapping[str, str] | None = None,
    *,
    running: Domain | None = None,
    live: bool = False,
) -> tuple[list[Device], Plan]:
    """Complete new devices with defaults; return the devices, and a plan for creating their storage.

    `devices` contains the new devices, which are changed in place. `guest` is the configuration of the guest that gets
    the devices, or None if they are not for a particular guest. `os_values` contains the sub-options of --osinfo, and
    the operating system that they specify is also stored in `guest`. If `os_values` is None, the operating system that
    is stored in `guest` is used. `running` is the configuration of the running guest, or None if the guest is not
    running. New disks are not assigned targets that the disks of the running guest use. `live`: whether the devices
    will be plugged into the running guest. If `live` is true, the devices get a bus that supports hot-plug. If it is
    false, a new disk may request a target that only the running guest uses.

    Raises: RequestError, if a device contradicts itself or is not supported by the host; HostError, if an object that a
    device names cannot be read.
    """
    from virtinstall.survey.host import Environment
    from virtinstall.survey.survey import survey

    request = _request(devices, guest, host, os_values)
    environment = Environment.real()
    facts = survey(request, host, environment)
    platform = facts.platform
    if guest is None:
        # name of an image that is not for a particular guest
        devices.name = _NOBODY
        platform = platform.replace(machine=None)
    else:
        types = {way.type for known in facts.host.capabilities.guests for way in known.domains}
        if types and platform.virt_type not in types:
            # XML from elsewhere: the guest will run as the host can run it
            own = choose_platform(PlatformRequest(), facts.host.capabilities, GENERIC, facts.host.driver)
            platform = platform.replace(virt_type=own.virt_type)
    draft = Draft(request, facts, devices, platform, Random(os.urandom(128)))
    draft.running = running if live else None
    bare = [interface for interface in devices.devices_of(Interface) if interface.model_type is None]
    named = set() if live else {disk.target_dev for disk in devices.devices_of(Disk)}
    plugged_in = [disk for disk in _only_live_disks(guest, running) if disk.target_dev not in named]
    _fill(draft, guest, [*_disks(guest), *plugged_in])
    if guest is not None and want_addresses(devices):
        from virtinstall.compose.addresses import assign_addresses

        assign_addresses(draft)
    if guest is None:
        # the model is chosen by the guest's machine and operating system
        for interface in bare:
            interface.model_type = None
    for device in devices.devices:
        for edit in device.settings.get("xpath_edits", ()):
            apply_edit(device.ensure_node(), edit)
        for node in device.ensure_node().iter():
            order_attributes(node)
    if os_values is not None and guest is not None and not facts.os.is_generic:
        guest.os_id = facts.os.id
    plan = Plan(
        name=str(guest.name) if guest is not None else "",
        final=devices,
        install=None,
        images=tuple(draft.images),
        fetches=tuple(draft.fetches),
        volumes=tuple(draft.volumes),
        start_pools=tuple(draft.start_pools),
        uploads=tuple(draft.uploads),
        reservations=tuple(draft.reservations),
        request=request,
        warnings=() if guest is None else tuple(dict.fromkeys([*draft.warnings, *facts.warnings])),
    )
    return devices.devices, plan


def plugging_order(devices: Sequence[E]) -> list[E]:
    """Return the devices in the order in which they must be plugged into a running guest, controllers first."""
    return sorted(devices, key=lambda device: not isinstance(device, Controller))


def _disks(guest: Domain | None) -> list[Disk]:
    return [] if guest is None else guest.devices_of(Disk)


def _only_live_disks(guest: Domain | None, running: Domain | None) -> list[Disk]:
    """Return the disks of the running guest that are not in its definition."""
    known = {disk.target_dev for disk in _disks(guest)}
    return [disk for disk in _disks(running) if disk.target_dev not in known]


def _request(devices: Domain, guest: Domain | None, host: Host, os_values: Mapping[str, str] | None) -> Request:
    """Return a request for those devices on the guest's platform, without default devices."""
    devices.type = guest.type if guest is not None else None
    name = None
    if guest is not None:
        devices.name, devices.emulator = guest.name, guest.emulator
        devices.os.type, devices.os.type_arch = guest.os.type, guest.os.type_arch
        devices.os.type_machine = guest.os.type_machine
        devices.os_id = guest.os_id
        name = str(guest.name)
    return Request(
        domain=devices,
        install=InstallRequest(reinstall=name, no_install=True, boot_disk=True),
        os=OsRequest(values=os_values if os_values is not None or guest is not None else {"name": "generic"}),
        checks=Checks(path_in_use=False, mac_in_use=False),
        without=frozenset(DEVICE_TAGS),
    )


def _fill(draft: Draft, guest: Domain | None, present: list[Disk]) -> None:
    controllers.expand_keywords(draft)
    disks = draft.domain.devices_of(Disk)
    for disk, found in zip(disks, draft.facts.storage.disks, strict=True):
        images.resolve_disk(draft, disk, found)
    disk_targets.resolve_targets(draft, disks, present)
    number_audio(draft.domain, guest)
    fill_devices(draft)
    if guest is not None and not any(controller.type == "scsi" for controller in guest.devices_of(Controller)):
        controllers.fill_scsi(draft)
        controllers.fill_nvme(draft)
