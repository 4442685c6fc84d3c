"""Carry a comparison out on a guest that exists, in the least disruptive way."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.devices.disk import Disk
from virtinstall.devices.interface import Interface
from virtinstall.fleet.addresses import add_reservations, remove_reservations
from virtinstall.fleet.leaves import GENERATED, key_of_child
from virtinstall.fleet.planning import RESERVATION
from virtinstall.guest import Guest
from virtinstall.guest_record import CreatedFile
from virtinstall.named import NamedTuple
from virtinstall.run.store_record import store

if TYPE_CHECKING:
    from virtinstall.devices.device import Device
    from virtinstall.fleet.compare import Comparison, Difference
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.libvirt_host.connection import LibvirtHost

_STEP = re.compile(r"([^/@\[]+)(\[[^\]]*\])?/?")
_DEVICE = re.compile(r"devices/(disk|interface)\[([^\]]*)\]/?")
_LIVE = ("currentMemory", "vcpu@current", "vcpu/@current")


class Applying(NamedTuple):
    """The input for changing one guest; `warn` receives warnings."""

    guest: LabGuest
    comparison: Comparison
    handle: Guest
    host: LibvirtHost
    warn: Callable[[str], None]


def update_guest(work: Applying) -> bool:
    """Change the guest; return whether something takes effect only at its next boot.

    New disks and network interfaces are attached, those that are gone are detached (their storage is kept), and memory
    and vCPUs are set, all in the running guest too. Raises: RequestError, StorageError, HypervisorError.
    """
    changes = work.comparison.changes
    addresses = [each for each in changes if each.path.startswith(f"{RESERVATION}[")]
    rest = [each for each in changes if each not in addresses]
    pending = False
    if addresses:
        # a MAC address and a name have one reservation; it precedes the interface that asks for it
        remove_reservations(addresses, work.handle.handle, work.host)
        add_reservations(addresses, work.comparison, work.handle.handle, work.host)
    for prefix in _devices_in(rest):
        mine = [each for each in rest if each.path.startswith(prefix)]
        if all(each.before is None for each in mine) and not _was_there(work, prefix):
            # a run that ended halfway may have attached it
            if node_at(work.handle.domain.ensure_node(), prefix) is None:
                _attach(work, prefix)
        elif all(each.after is None for each in mine) and not _is_wanted(work, prefix):
            _detach(work, prefix)
        else:
            continue
        rest = [each for each in rest if each not in mine]
    if rest:
        _define(work, rest)
        pending = work.handle.state.is_active and not _set_live(work, rest)
    return pending


def _devices_in(changes: Iterable[Difference]) -> list[str]:
    found = (_DEVICE.match(each.path) for each in changes)
    return list(dict.fromkeys(each[0].rstrip("/") + "/" for each in found if each is not None))


def _was_there(work: Applying, prefix: str) -> bool:
    assert work.comparison.applied is not None
    return any(path.startswith(prefix) for path in work.comparison.applied.planned)


def _final(work: Applying) -> etree._Element:
    assert work.comparison.plan is not None
    return work.comparison.plan.final.ensure_node()


def _is_wanted(work: Applying, prefix: str) -> bool:
    return node_at(_final(work), prefix) is not None


def _attach(work: Applying, prefix: str) -> None:
    """Attach the device that the file adds, with the target and the MAC address that were planned for it."""
    plan, request = work.comparison.plan, work.guest.request
    assert plan is not None and request is not None
    wanted = node_at(plan.final.ensure_node(), prefix)
    assert wanted is not None
    planned = next(each for each in plan.final.devices if each.ensure_node() is wanted)
    position = [each.ensure_node() for each in plan.final.devices_of(type(planned))].index(wanted)
    asked = request.domain.devices_of(type(planned))
    device: Device = asked[position].clone() if position < len(asked) else planned.clone()
    if isinstance(device, Interface) and isinstance(planned, Interface):
        device.mac_address = planned.mac_address
        device.ip = device.gateway = device.nameservers = None
    elif getattr(device, "target_dev", "") is None:
        device.target_dev = planned.target_dev  # type: ignore[attr-defined]
    created = isinstance(device, Disk) and device.path is None and device.size_bytes is not None
    added = work.handle.attach(device, on_warning=work.warn)
    if created and isinstance(added, Disk) and added.source_file is not None:
        _record_file(work, added.source_file)


def _record_file(work: Applying, path: str) -> None:
    """Add a created disk to the guest's record, so that it is deleted with the guest."""
    record = work.handle.record
    if record is not None:
        files = (*record.files, CreatedFile(kind="disk", path=path))
        warning = store(record.replace(files=files), work.handle.handle, work.host)
        if warning is not None:
            work.warn(warning)


def _detach(work: Applying, prefix: str) -> None:
    """Detach the device that is gone from the file; its storage is kept."""
    definition = work.handle.domain
    node = node_at(definition.ensure_node(), prefix)
    if node is None:
        return
    device = next(each for each in definition.devices if each.ensure_node() is node)
    work.handle.detach(device, on_warning=work.warn)


def _define(work: Applying, changes: Iterable[Difference]) -> None:
    root = etree.fromstring(work.handle.handle.xml(inactive=True).encode())
    for each in changes:
        if each.after != GENERATED:
            after = each.after
            if after is not None and after.startswith("sha256:"):
                # a password, which is compared by its hash
                after = value_at(_final(work), each.path)
            patch(root, _final(work), each.path, after)
    work.host.define_guest(etree.tostring(root, encoding="unicode"))


def _set_live(work: Applying, changes: list[Difference]) -> bool:
    """Set memory and vCPUs of the running guest; return whether it has all of `changes` now."""
    done = True
    for each in changes:
        if each.after is None or each.path.replace("/@", "@") not in _LIVE:
            done = done and each.path.startswith(("title", "description"))
            continue
        value = int(each.after)
        if each.path == "currentMemory":
            done = work.handle.handle.set_memory(value) and done
        else:
            done = work.handle.handle.set_vcpus(value) and done
    return done


def _steps(path: str) -> tuple[list[tuple[str, str]], str | None]:
    """`devices/disk[vda]/source/@file` -> the steps with their keys, and the attribute."""
    elements, at, attribute = path.partition("@")
    return [(step[1], step[2] or "") for step in _STEP.finditer(elements)], attribute if at else None


def _child(node: etree._Element, tag: str, key: str) -> etree._Element | None:
    numbers = 0
    for child in node:
        if isinstance(child.tag, str) and etree.QName(child).localname == tag:
            if key_of_child(child, tag, numbers) == key:
                return child
            numbers += 1
    return None


def node_at(root: etree._Element, path: str) -> etree._Element | None:
    """Return the element at a leaf's path, or at the beginning of one."""
    node: etree._Element | None = root
    for tag, key in _steps(path)[0]:
        node = None if node is None else _child(node, tag, key)
    return node


def value_at(root: etree._Element, path: str) -> str | None:
    """Return the value of a leaf."""
    node, attribute = node_at(root, path), _steps(path)[1]
    if node is None:
        return None
    return node.text if attribute is None else node.get(attribute)


def patch(root: etree._Element, planned: etree._Element, path: str, value: str | None) -> None:
    """Set the leaf at `path` to `value` (None removes it); elements that are missing are copied from `planned`."""
    steps, attribute = _steps(path)
    node, twin = root, planned
    for tag, key in steps:
        child, wanted = _child(node, tag, key), _child(twin, tag, key)
        if child is None:
            if value is not None and wanted is not None:
                node.append(copy.deepcopy(wanted))
            return
        if value is None and wanted is None:
            node.remove(child)
            return
        assert wanted is not None
        node, twin = child, wanted
    if attribute is not None and value is None:
        if attribute in node.attrib:
            del node.attrib[attribute]
    elif attribute is not None:
        node.set(attribute, str(value))
    else:
        node.text = value
