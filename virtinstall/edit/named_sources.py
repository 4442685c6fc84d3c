"""The sources that an edit refers to by a name on the host: volumes, host devices and network cards."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from virtinstall.added_devices import compose_devices
from virtinstall.compose.disk_sources import is_url, set_path
from virtinstall.compose.hostdevs import is_named
from virtinstall.devices.disk import Disk
from virtinstall.devices.hostdev import Hostdev
from virtinstall.devices.interface import Interface
from virtinstall.domain.domain import Domain

if TYPE_CHECKING:
    from virtinstall.devices.device import Device
    from virtinstall.libvirt_host.host import Host
    from virtinstall.plan import Plan
    from virtinstall.xml.element import Element

_KIND = ("mode", "type", "model", "managed")
"""The attributes of a device that describe the source."""
_LOCAL_TYPES = ("file", "block", "dir")


def resolve_named_sources(domain: Domain, changed: Sequence[Element], host: Host) -> Plan | None:
    """Replace names of volumes, images, host devices and network cards in changed devices with the actual sources.

    `changed` are the changed elements of `domain`. The result is the plan that creates the sources that do not exist
    yet, or None if no element refers to a source by name.

    Raises: RequestError, if the host does not have a source; HostError, if the host cannot be queried.
    """
    plan = None
    for element in changed:
        twin = _twin(element)
        if twin is None:
            if isinstance(element, Disk) and element.path is not None:
                _settle_type(element, host)
            continue
        given = Domain()
        given.add(twin)
        (found, *_), plan = compose_devices(given, domain, host)
        _take_source(element, found)
    return plan


def _twin(element: Element) -> Device | None:
    """Return a device with only the name of the source, or None if the edit does not name one."""
    if isinstance(element, Disk) and (
        any(value is not None for value in (element.vol, element.pool, element.image)) or is_url(element.path or "")
    ):
        twin = Disk(device=element.device or "disk")
        twin.vol, twin.pool, twin.size_bytes, twin.format = (
            element.vol,
            element.pool,
            element.size_bytes,
            element.format,
        )
        twin.image, twin.image_checksum = element.image, element.image_checksum
        twin.image_copy, twin.image_refresh = element.image_copy, element.image_refresh
        twin.path = element.path if element.image is not None or is_url(element.path or "") else None
        return twin
    if isinstance(element, Hostdev) and element.name is not None and not is_named(element, element.name):
        hostdev = Hostdev()
        hostdev.name = element.name
        return hostdev
    if isinstance(element, Interface) and (element.hostdev is not None or element.wanted_type is not None):
        interface = Interface(model_type=element.model_type, mac_address=element.mac_address)
        interface.hostdev, interface.wanted_type = element.hostdev, element.wanted_type
        return interface
    return None


def _settle_type(disk: Disk, host: Host) -> None:
    """Set the type of a local source to that of the new path, which may differ from the former type."""
    path = disk.source_file or disk.source_dev or disk.source_dir
    if path is None or disk.type not in _LOCAL_TYPES:
        return
    volume = host.volume_by_path(path)
    kind = volume.kind if volume is not None else _kind_of(path) if host.is_local() else None
    if kind in _LOCAL_TYPES and kind != disk.type:
        disk.type = kind
        set_path(disk, path, kind)


def _kind_of(path: str) -> str | None:
    """Return the type of a disk with a local path, or None if the path does not exist or is a character device."""
    from virtinstall.survey.storage import look_at

    kind = look_at(path, probe=False).kind
    return kind if kind != "file" or os.path.isfile(path) else None


def _take_source(element: Element, found: Device) -> None:
    """Replace the source of `element` with that of `found`."""
    node, other = element.ensure_node(), found.ensure_node()
    for name in _KIND:
        if other.get(name) is not None:
            node.set(name, str(other.get(name)))
    source, former = other.find("source"), node.find("source")
    if source is None:
        return
    source.tail = None
    if former is None:
        node.append(source)
    else:
        # the element keeps its place: an equal source must not show in the diff
        tail = former.tail
        former.clear()
        former.tail, former.text = tail, source.text
        former.attrib.update(source.attrib)
        former.extend(list(source))
    driver, wanted = node.find("driver"), other.find("driver")
    if driver is not None and wanted is not None and wanted.get("type") is not None:
        driver.set("type", str(wanted.get("type")))
