"""The replacement of a guest by a copy (`virt-clone --replace`), after libvirt has accepted the copy.

The copy is first defined under a name that no guest has. Then the old guest is removed, and the copy gets its name.
Drivers that cannot rename guests validate the copy in the same way, and define it again afterwards.

Source: https://libvirt.org/html/libvirt-libvirt-domain.html (virDomainDefineXML, virDomainRename)
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.rollback.file_state import remove_file
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.clone.request import ClonePlan
    from virtinstall.libvirt_host.host import Host, HostGuest
    from virtinstall.rollback.undo import Undo

_LONGEST_STEM = 40


def replace_guest(plan: ClonePlan, host: Host, undo: Undo) -> HostGuest:
    """Define the copy in place of the guest that has the same name; return the copy.

    If libvirt rejects the copy, the old guest is unchanged. The rollback of each change is pushed to `undo`. If `host`
    is this machine, the UEFI variables of the old guest are kept until `remove_old_nvram` is called.

    Raises: HypervisorError, if libvirt rejects the copy or cannot remove the old guest.
    """
    old = host.guest_named(plan.name)
    can_rename = host.driver() == "qemu" and (old is None or old.uuid != plan.uuid)
    name = f"{plan.name[:_LONGEST_STEM]}.{os.urandom(6).hex()}"
    staged = host.define_guest(_renamed(plan.xml, name, None if can_rename else _random_uuid()))
    step = undo.push(f"the guest '{name}'", staged.undefine)
    if not can_rename:
        staged.undefine()
        undo.forget(step)
    if old is not None:
        _remove(old, host, undo)
    if can_rename:
        # rolled back before the old guest's definition, which has the same name
        undo.forget(step)
        undo.push(f"the guest '{plan.name}'", staged.undefine, uses_older=True)
        staged.rename(plan.name)
    # as planned: libvirt has added paths that contain the first name
    guest = host.define_guest(plan.xml)
    if not can_rename:
        undo.push(f"the guest '{plan.name}'", guest.undefine, uses_older=True)
    return guest


def remove_old_nvram(plan: ClonePlan, nvram: str | None, host: Host) -> str | None:
    """Remove the replaced guest's UEFI variables if the copy does not use them.

    `nvram` is the path of these variables, or None if there are none. Return a warning if another guest uses the file
    or if the file cannot be removed, otherwise None.
    """
    written = {copy.target for copy in plan.copies}
    if nvram is None or not host.is_local() or not has_real_storage(host) or nvram in written or plan.keeps_nvram:
        return None
    from virtinstall.storage.in_use import files_in_use

    if any(use.guest != plan.name for use in files_in_use(host).uses(nvram)):
        return f"the replaced guest's UEFI variables '{nvram}' were not removed: another guest uses them"
    try:
        remove_file(nvram)
    except OSError as error:
        return f"cannot remove the replaced guest's UEFI variables '{nvram}': {reason_of(error)}"
    return None


def nvram_of(guest: HostGuest | None) -> str | None:
    """Return the path of the guest's UEFI variables; None if `guest` is None or has no UEFI variables."""
    if guest is None:
        return None
    from virtinstall.storage.file_uses import Role, uses_in

    uses = uses_in(guest.name, etree.fromstring(guest.xml(inactive=True).encode()))
    return next((use.path for use in uses if use.role is Role.NVRAM), None)


def _remove(old: HostGuest, host: Host, undo: Undo) -> None:
    """Remove the old guest; a rollback restores the definition."""
    xml, autostart = old.xml(inactive=True), old.is_autostarted()
    if old.is_active():
        old.destroy()
    if host.guest_named(old.name) is None:
        return

    def define_again() -> None:
        restored = host.define_guest(xml)
        if autostart:
            restored.set_autostart()

    undo.push(f"the definition of the replaced guest '{old.name}'", define_again, is_thing=False)
    # its UEFI variables are removed last, because they cannot be restored. A remote host's are removed with the
    # definition
    old.undefine(remove_nvram=not host.is_local(), remove_tpm=True, remove_saved=True)


def _renamed(xml: str, name: str, uuid: str | None) -> str:
    domain = etree.fromstring(xml.encode())
    for tag, text in (("name", name), ("uuid", uuid)):
        node = domain.find(tag)
        if node is not None and text is not None:
            node.text = text
    return etree.tostring(domain, encoding="unicode")


def _random_uuid() -> str:
    from virtinstall.naming import Random

    return Random(os.urandom(16)).uuid()
