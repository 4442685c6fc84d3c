"""Define and boot: the installation's transient configuration first, the final one behind it.

Source: https://libvirt.org/formatdomain.html#events-configuration (on_reboot=destroy ends
the installation boot when the installer reboots); virDomainCreateXML, virDomainDefineXML.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.domain.domain import Domain
from virtinstall.errors import HypervisorError, TakenError
from virtinstall.rollback.signals import deferred_signals

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Guest, Host
    from virtinstall.plan import Plan
    from virtinstall.rollback.undo import Undo

_KVM_WORDS = ("kvm", "msr ", "nested virtualization")
_MEDIA_PARTS = ("driver", "source", "backingStore")


def boot(plan: Plan, host: Host, undo: Undo, *, paused: bool = False) -> Guest:
    """Start the guest (for its installation where it has one) and define what it is afterwards.

    Raises: HypervisorError, or TakenError, when another got its name or MAC address meanwhile;
    then `undo` takes the guest out again.
    """
    transient = plan.run.transient
    if plan.install is None and not transient:
        guest = _define(plan, plan.final, host, undo)
        with deferred_signals(), _explain_kvm_failure(plan.final):
            guest.start(paused=paused)
            undo.push(f"running guest {plan.name}", lambda: _stop(guest))
    else:
        guest = _start_undefined(plan, plan.install or plan.final, host, undo, paused)
        if not transient:
            final = plan.final if plan.install is None else finished(Domain.parse(guest.xml(inactive=True)), plan.final)
            guest = _define(plan, final, host, undo)
    _require_own_macs(plan, guest, host)
    if plan.run.autostart and not transient:
        guest.set_autostart()
    return guest


@contextmanager
def _explain_kvm_failure(domain: Domain) -> Iterator[None]:
    """A start that fails through KVM is told with the way out: there are hosts that list KVM and can't use it."""
    try:
        yield
    except HypervisorError as error:
        words = error.message.lower()
        if domain.type != "kvm" or not any(word in words for word in _KVM_WORDS):
            raise
        hint = "this host lists KVM but can't run a guest with it: --virt-type qemu takes emulation"
        raise HypervisorError(error.message, hint=hint, code=error.code) from error


@contextmanager
def _name_taken(plan: Plan, host: Host) -> Iterator[None]:
    """libvirt keeps names apart: a guest of another uuid may have got ours since the plan was made."""
    try:
        yield
    except HypervisorError as error:
        other = host.find_guest(plan.name) if host.is_alive() else None
        if other is None or other.uuid == plan.final.uuid:
            raise
        message = f"a guest named '{plan.name}' exists by now"
        if plan.name in plan.generated:
            raise TakenError(message) from error
        raise HypervisorError(
            message, hint="another run has made it: choose another --name", code=error.code
        ) from error


def _require_own_macs(plan: Plan, guest: Guest, host: Host) -> None:
    """Of two runs that drew the same address at once, the later sees the other's guest. Raises: TakenError."""
    macs = [word for word in plan.generated if ":" in word]
    ours = host.shared_macs(guest.uuid, macs) if macs else None
    if ours:
        raise TakenError(f"the MAC address {min(ours)} belongs to another guest by now")


def _start_undefined(plan: Plan, domain: Domain, host: Host, undo: Undo, paused: bool) -> Guest:
    with deferred_signals(), _explain_kvm_failure(domain), _name_taken(plan, host):
        guest = host.start_guest(domain.to_xml(), paused=paused)
        undo.push(f"running guest {domain.name}", lambda: _stop(guest))
    return guest


def _define(plan: Plan, domain: Domain, host: Host, undo: Undo) -> Guest:
    """Define the guest; what is undone is only a definition that this run made."""
    with deferred_signals(), _name_taken(plan, host):
        guest = host.define_guest(domain.to_xml())
        if not plan.reinstall:
            undo.push(f"definition of guest {plan.name}", guest.undefine)
    return guest


def _stop(guest: Guest) -> None:
    """Power the guest off, if it hasn't ended by itself meanwhile."""
    if guest.is_active():
        try:
            guest.destroy()
        except HypervisorError:
            if guest.is_active():
                raise


def finished(held: Domain, final: Domain) -> Domain:
    """The final configuration: what libvirt holds of the installation, edited.

    Addresses and values that libvirt filled in stay; boot, events and media are those of
    `final`. Devices are told apart by their target (disks) or MAC address (interfaces).
    """
    held_node, final_node = held.ensure_node(), final.ensure_node()
    for name in ("kernel", "initrd", "cmdline", "dtb"):
        _replace_all(held_node, final_node, f"os/{name}")
    for name in ("os/smbios", "sysinfo"):
        _replace_all(held_node, final_node, name)
    if not _boots_from_disk_anyway(held_node, final_node):
        _replace_all(held_node, final_node, "os/boot")
        _resolve_orders(held_node, final_node)
    _replace_all(held_node, final_node, "on_reboot", "restart")
    _copy_missing_devices(held_node, final_node)
    _resolve_disks(held_node, final_node)
    return held


def _boots_from_disk_anyway(held: etree._Element, final: etree._Element) -> bool:
    """Whether libvirt filled in `<boot dev='hd'/>`, and the final order says the same by a number at the first disk."""
    if [boot.get("dev") for boot in held.findall("os/boot")] != ["hd"] or final.find("os/boot") is not None:
        return False
    ordered = [device for device in final.iterfind("devices/*") if device.find("boot") is not None]
    first = next((disk for disk in final.iterfind("devices/disk") if disk.get("device", "disk") == "disk"), None)
    return ordered == [first]


def _replace_all(held: etree._Element, final: etree._Element, path: str, otherwise: str | None = None) -> None:
    """Have `held` hold at `path` what `final` does; `otherwise` is the text where `final` has nothing."""
    above_path, _, tag = path.rpartition("/")
    above = held if not above_path else held.find(above_path)
    wanted = final.findall(path)
    if above is None:
        return
    for old in above.findall(tag):
        if otherwise is not None and not wanted:
            old.text = otherwise
        else:
            above.remove(old)
    for new in wanted:
        above.append(_copied(new))


def _copied(node: etree._Element) -> etree._Element:
    import copy

    twin = copy.deepcopy(node)
    twin.tail = None
    return twin


def _target(disk: etree._Element) -> str | None:
    target = disk.find("target")
    return None if target is None else target.get("dev")


def _copy_missing_devices(held: etree._Element, final: etree._Element) -> None:
    """Devices that only the finished guest has (a TPM that the first boot went without)."""
    have, want = held.find("devices"), final.find("devices")
    if have is None or want is None:
        return
    for tag in ("tpm",):
        if have.find(tag) is None:
            have.extend([_copied(node) for node in want.findall(tag)])


def _resolve_disks(held: etree._Element, final: etree._Element) -> None:
    """Media as in `final`: ejected ones are empty drives, and what only the installation had is gone."""
    wanted = {_target(disk): disk for disk in final.iterfind("devices/disk")}
    devices = held.find("devices")
    for disk in held.findall("devices/disk"):
        twin = wanted.get(_target(disk))
        if twin is None:
            if devices is not None:
                devices.remove(disk)
            continue
        if twin.find("source") is None and disk.find("source") is not None:
            for part in _MEDIA_PARTS:
                for node in disk.findall(part):
                    disk.remove(node)
            disk.set("type", twin.get("type", "file"))


def _resolve_orders(held: etree._Element, final: etree._Element) -> None:
    """Boot orders at devices as in `final`."""
    orders: dict[tuple[str, str | None], etree._Element | None] = {}
    for disk in final.iterfind("devices/disk"):
        orders["disk", _target(disk)] = disk.find("boot")
    for interface in final.iterfind("devices/interface"):
        orders["interface", _mac(interface)] = interface.find("boot")
    for tag, key in (("disk", _target), ("interface", _mac)):
        for device in held.iterfind(f"devices/{tag}"):
            for old in device.findall("boot"):
                device.remove(old)
            new = orders.get((tag, key(device)))
            if new is not None:
                device.append(_copied(new))


def _mac(interface: etree._Element) -> str | None:
    mac = interface.find("mac")
    return None if mac is None else mac.get("address")
