"""The changes to a running guest that need no restart; other modules change the guest's definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.domain.domain import Domain
from virtinstall.errors import HypervisorError
from virtinstall.fleet.effects import MEMORY, TEXTS, VCPUS, device_is_live, groups_of, is_live
from virtinstall.fleet.leaves import Difference, leaves_of
from virtinstall.fleet.patch import DEVICE, node_at, patch_all
from virtinstall.guest import Guest
from virtinstall.named import NamedTuple

if TYPE_CHECKING:
    from virtinstall.devices.device import Device
    from virtinstall.fleet.compare import Comparison
    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.libvirt_host.connection import LibvirtHost
    from virtinstall.libvirt_host.host import HostGuest


class Applying(NamedTuple):
    """The input for changing one existing guest.

    `guest` is the guest in the file, `comparison` contains the changes, `handle` is the existing guest, and `host` is
    the connection. `warn` is called with each warning.
    """

    guest: LabGuest
    comparison: Comparison
    handle: Guest
    host: LibvirtHost
    warn: Callable[[str], None]


def definition_of(work: Applying) -> etree._Element:
    """Return a new copy of the guest's definition, a <domain>, which the caller may change."""
    return etree.fromstring(work.handle.handle.xml(inactive=True).encode())


def final_of(work: Applying) -> etree._Element:
    """Return the planned <domain> for the guest."""
    assert work.comparison.plan is not None
    return work.comparison.plan.final.ensure_node()


def plug_in_defined(work: Applying, prefix: str, before: Mapping[str, str]) -> bool:
    """Attach a device that only the definition has to the running guest; return whether this succeeded.

    `prefix` is the path prefix of the device, and `before` maps paths to the values in the definition. The result is
    False without an attempt if a device of this kind cannot be attached to a running guest.
    """
    node = node_at(definition_of(work), prefix)
    return (
        node is not None
        and device_is_live(prefix, before)
        and tried(work, lambda: attach_live(work.handle.handle, node))
    )


def attach_live(guest: HostGuest, node: etree._Element) -> bool:
    """Attach the device `node` to the running guest; return True, as `tried` requires.

    Raises: HypervisorError.
    """
    guest.attach_device(etree.tostring(node, encoding="unicode"))
    return True


def unplug(work: Applying, prefix: str) -> bool:
    """Detach the device with this path prefix from the running guest; return whether the guest released it."""
    refused: list[str] = []
    device = device_at(Domain.parse(work.handle.xml), prefix)
    try:
        work.handle.detach(device, live=True, persistent=False, on_warning=refused.append)
    except HypervisorError as error:
        refused.append(f"{error.message}; the device is removed after the guest is shut down and started again")
    for text in refused:
        work.warn(text)
    return not refused


def device_at(domain: Domain, prefix: str) -> Device:
    """Return the device in `domain` with this path prefix; the device must exist."""
    node = node_at(domain.ensure_node(), prefix)
    return next(each for each in domain.devices if each.ensure_node() is node)


def change_running(work: Applying, changes: list[Difference], before: Mapping[str, str]) -> bool:
    """Apply those of the changes that a running guest accepts; return whether all `changes` have taken effect.

    `before` maps paths to the values in the guest's definition before the changes.
    """
    guest = work.handle.handle
    root = etree.fromstring(guest.xml().encode())
    running = leaves_of(root)
    done = all(is_live(each, {**before, **running}) for each in changes)
    for prefix, mine in groups_of(changes).items():
        live = [each for each in mine if is_live(each, {**before, **running})]
        limits = [each for each in live if each.path.startswith(f"{prefix}iotune/")]
        if prefix and limits:
            done = tried(work, lambda prefix=prefix: _throttle(work, prefix)) and done  # type: ignore[misc]
            live = [each for each in live if each not in limits]
        if prefix and live:
            patch_all(root, final_of(work), live)
            node = node_at(root, prefix)
            if node is not None:
                done = tried(work, lambda node=node: _update_device(guest, node)) and done  # type: ignore[misc]
            continue
        for each in mine:
            if each.path == MEMORY and each.after is not None:
                # less than the new maximum: as much as it can have now
                value = min(int(each.after), int(running.get("memory", each.after)))
                done = tried(work, lambda value=value: guest.set_memory(value)) and done  # type: ignore[misc]
            elif each.path == VCPUS:
                count = int(each.after or running["vcpu"])
                done = tried(work, lambda count=count: guest.set_vcpus(count)) and done  # type: ignore[misc]
    if any(each.path in TEXTS for each in changes):
        final = definition_of(work)
        guest.set_texts(title=final.findtext("title"), description=final.findtext("description"))
    return done


def _throttle(work: Applying, prefix: str) -> bool:
    device = DEVICE.match(prefix)
    tune = node_at(final_of(work), f"{prefix}iotune")
    assert device is not None
    limits = {
        str(each.tag): int(each.text or 0) for each in ([] if tune is None else tune) if (each.text or "").isdecimal()
    }
    work.handle.handle.set_throttling(device[2], limits)
    return True


def _update_device(guest: HostGuest, node: etree._Element) -> bool:
    guest.update_device(etree.tostring(node, encoding="unicode"))
    return True


def tried(work: Applying, change: Callable[[], bool]) -> bool:
    """Call `change`, which changes the running guest; return whether the change took effect.

    `change` takes no arguments and returns whether the change took effect. If libvirt rejects the change, a warning is
    reported, and the result is False.
    """
    try:
        return change()
    except HypervisorError as error:
        work.warn(f"{error.message}; the change takes effect after the guest is shut down and started again")
        return False
