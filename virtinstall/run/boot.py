"""Definition and boot of a guest: the installation's transient configuration first, then the final one.

Source: https://libvirt.org/formatdomain.html#events-configuration (on_reboot=destroy ends the installation boot when
the installer reboots); virDomainCreateXML, virDomainDefineXML.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from virtinstall.compose.final_xml import completed
from virtinstall.domain.domain import Domain
from virtinstall.errors import HypervisorError, TakenError
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.run.own_guest import OwnGuest

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host, HostGuest
    from virtinstall.plan import Plan
    from virtinstall.rollback.undo import Undo

_KVM_MESSAGES = ("kvm", "msr ", "nested virtualization")


def boot(plan: Plan, host: Host, undo: Undo, *, paused: bool = False) -> HostGuest:
    """Start the guest, and define its final configuration; return the guest.

    If the plan contains an installation, the guest is started with the configuration for the installation. A transient
    guest is started, but not defined. If `paused` is true, the guest stays paused until `resume_if_paused` is called.
    The removal of the guest is pushed to `undo`.

    Raises: HypervisorError, if the guest cannot be started or defined; TakenError, if another guest has in the meantime
    been created with the same generated name or MAC address.
    """
    own = OwnGuest(
        plan.final.to_xml(),
        host,
        undo,
        replaces=plan.reinstall,
        uuid_is_new=plan.final.uuid in plan.generated,
        name_is_generated=plan.name in plan.generated,
    )
    own.claim()
    transient, waits = plan.run.transient, paused
    if plan.install is None and not transient:
        guest = own.define(plan.final.to_xml())
        with _explain_kvm_failure(plan.final):
            own.start(guest, paused=paused)
    else:
        # the guest is defined before it runs: one that powers off immediately would be gone until then
        waits = paused or (host.driver() == "qemu" and not transient)
        with _explain_kvm_failure(plan.started):
            guest = own.start_undefined(plan.started.to_xml(), paused=waits)
        if not transient:
            guest = own.define(_final_domain(plan, guest).to_xml())
    _require_own_macs(plan, guest, host)
    if plan.run.autostart and not transient:
        guest.set_autostart()
    if waits and not paused:
        guest.resume_if_paused()
    return guest


def _final_domain(plan: Plan, guest: HostGuest) -> Domain:
    """Return the XML to define while `guest` runs its first boot; a guest that is reinstalled keeps its definition."""
    if plan.install is None or plan.reinstall:
        return plan.final
    return completed(plan.final, plan.started, Domain.parse(guest.xml(inactive=True)))


@contextmanager
def _explain_kvm_failure(domain: Domain) -> Iterator[None]:
    """Add a hint to the error of a start that failed because of KVM: some hosts list KVM but cannot use it."""
    try:
        yield
    except HypervisorError as error:
        message_text = error.message.lower()
        if domain.type != "kvm" or not any(word in message_text for word in _KVM_MESSAGES):
            raise
        hint = "KVM does not work on this host; for emulation, use --virt-type qemu"
        raise HypervisorError(error.message, hint=hint, code=error.code) from error


def _require_own_macs(plan: Plan, guest: HostGuest, host: Host) -> None:
    """Check that no other run has generated the same MAC address at the same time.

    Raises: TakenError.
    """
    # guests of the test driver belong to this process, whose plans know each other's
    macs = [word for word in plan.generated if ":" in word] if has_real_storage(host) else []
    ours = host.shared_macs(guest.uuid, macs) if macs else None
    if ours:
        raise TakenError(f"the MAC address {min(ours)} is now also in use by another guest")
