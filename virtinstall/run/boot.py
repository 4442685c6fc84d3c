"""Define and boot: the installation's transient configuration first, the final one behind it.

Source: https://libvirt.org/formatdomain.html#events-configuration (on_reboot=destroy ends
the installation boot when the installer reboots); virDomainCreateXML, virDomainDefineXML.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from virtinstall.compose.final_xml import completed
from virtinstall.domain.domain import Domain
from virtinstall.errors import HypervisorError, TakenError
from virtinstall.rollback.signals import deferred_signals

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Guest, Host
    from virtinstall.plan import Plan
    from virtinstall.rollback.undo import Undo

_KVM_WORDS = ("kvm", "msr ", "nested virtualization")


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
            guest = _define(plan, _final_domain(plan, guest), host, undo)
    _require_own_macs(plan, guest, host)
    if plan.run.autostart and not transient:
        guest.set_autostart()
    return guest


def _final_domain(plan: Plan, guest: Guest) -> Domain:
    """What to define while `guest` runs its first boot; a guest that is reinstalled keeps its definition."""
    if plan.install is None or plan.reinstall:
        return plan.final
    return completed(plan.final, plan.install, Domain.parse(guest.xml(inactive=True)))


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
