"""One run of virt-xml: change, print and define the XML, with confirmation; hot-plug devices and start the guest."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from virtinstall.accepted import check_change_accepted
from virtinstall.added_devices import compose_devices, plugging_order
from virtinstall.attach import add_to_definition, create_storage, still_has
from virtinstall.capabilities import Capabilities
from virtinstall.cli.messages import Messages
from virtinstall.cli.progress import progress_on
from virtinstall.create import journaled
from virtinstall.domain.domain import Domain
from virtinstall.domain.placing import new_ones_last, order_attributes
from virtinstall.edit import change, convert
from virtinstall.edit.added import read_devices
from virtinstall.edit.difference import difference
from virtinstall.edit.named_sources import resolve_named_sources
from virtinstall.edit.select import is_device
from virtinstall.edit.settle import resolve_edit
from virtinstall.errors import RequestError
from virtinstall.rollback.undo import Undo
from virtinstall.run.store_record import record_added
from virtinstall.storage.plan_files import check_change_in_use
from virtinstall.xml.kinds import parse_switch

if TYPE_CHECKING:
    from virtinstall.devices.device import Device
    from virtinstall.edit.request import EditRequest
    from virtinstall.libvirt_host.connection import LibvirtHost
    from virtinstall.libvirt_host.host import HostGuest
    from virtinstall.plan import Plan
    from virtinstall.rollback.journal import Journal
    from virtinstall.xml.element import Element

_PLUGGING = {
    "add_device": ("Hotplug this device into the guest '{}'?", "Device hotplug successful."),
    "remove_device": ("Hotunplug this device from the guest '{}'?", "Device hotunplug successful."),
    "edit": ("Update this device in the guest '{}'?", "Device update successful."),
}


class Session:
    """One request, applied to the guest `guest_name` or, if it is None, to the XML on standard input."""

    def __init__(self, request: EditRequest, host: LibvirtHost, guest_name: str | None) -> None:
        self.request = request
        self.host = host
        self.messages = Messages(quiet=request.quiet)
        self.guest = self._find(guest_name)
        self.added: list[Device] = []
        self.plan: Plan | None = None
        self.applied: Plan | None = None

    def run(self) -> int:
        """Apply the request; return the exit status.

        Raises: VirtInstallError.
        """
        if self.request.action == "build_xml":
            return self._build()
        try:
            original = Domain.parse(self._original_text())
        except ValueError as error:
            raise RequestError(f"standard input: {error}", hint="pass the output of: virsh dumpxml NAME") from error
        changed = self._changed(original.clone())
        self._check_in_use(original, changed)
        if self.request.update and self.guest is not None and self.guest.is_active():
            self._refuse_update()
        with ExitStack() as stack:
            journal = None
            if self.plan is not None and (self.plan.images or self.plan.volumes):
                # only what creates files has something to clean up after a kill
                journal = stack.enter_context(journaled(str(original.name), self.host, self.messages.warn))
            undo = stack.enter_context(Undo(journal))
            self._apply(original, changed, undo, journal)
            undo.keep_everything()
        return 0

    def _check_in_use(self, original: Domain, changed: Domain) -> None:
        """Warn of files that other guests use, or that the guest would use twice.

        Raises: RequestError.
        """
        for warning in check_change_in_use(original, changed, self.host, self.request.checks):
            self.messages.warn(warning)

    def _find(self, name: str | None) -> HostGuest | None:
        if name is None:
            return None
        guest = self.host.find_guest(name)
        if guest is None:
            from virtinstall.virsh_commands import guest_hint

            raise RequestError(f"no such guest: '{name}'", hint=guest_hint(self.host, name))
        return guest

    def _original_text(self) -> str:
        if self.guest is not None:
            return self.guest.xml(inactive=True)
        text = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
        if not text.strip():
            raise RequestError("no guest specified", hint="specify the guest's name, or pass its XML on standard input")
        return text

    def _changed(self, domain: Domain) -> Domain:
        """Return `domain` with the change.

        Raises: RequestError.
        """
        self._change(domain)
        return domain

    def _change(self, domain: Domain) -> list[Element]:
        """Apply the change to `domain`; return the objects changed, added or removed."""
        with new_ones_last(domain):
            return self._make_change(domain)

    def _make_change(self, domain: Domain) -> list[Element]:
        request, option = self.request, self.request.option
        if option is None:
            self._convert(domain)
            return []
        if request.action == "edit":
            found = change.edit(domain, option, request.selector)
            self.plan = resolve_named_sources(domain, found, self.host) or self.plan
            for warning in resolve_edit(domain, self.host):
                self.messages.warn(warning)
            return found
        if request.action == "remove_device":
            return list(change.remove(domain, option))
        if not change.can_add(domain, option.cls):
            raise RequestError(
                f"--add-device does not support {option.name}", hint="use --edit instead of --add-device"
            )
        if not is_device(option.cls):
            return change.add_sections(domain, option, self._security_models())
        if not self.added:
            self._compose(domain)
        return list(add_to_definition(domain, self.added))

    def _compose(self, guest: Domain | None) -> None:
        assert self.request.option is not None
        devices = read_devices(self.request.option)
        running = None
        if self.guest is not None and self.guest.is_active():
            running = Domain.parse(self.guest.xml())
        self.added, self.plan = compose_devices(
            devices, guest, self.host, self.request.os_values, running=running, live=self.request.update
        )
        for warning in self.plan.warnings:
            self.messages.warn(warning)

    def _convert(self, domain: Domain) -> None:
        conversions = self.request.conversions
        if "convert_to_q35" in conversions:
            ports = conversions["convert_to_q35"].get("num_pcie_root_ports")
            convert.convert_to_q35(domain, None if ports is None else int(ports))
        else:
            convert.convert_to_vnc(
                domain, vdagent=parse_switch(conversions["convert_to_vnc"].get("qemu-vdagent", "no"))
            )

    def _build(self) -> int:
        option = self.request.option
        assert option is not None
        guest = None if self.guest is None else Domain.parse(self.guest.xml(inactive=True))
        if is_device(option.cls):
            self._compose(guest)
            built: list[Element] = list(self.added)
        elif option.cls.tag and change.can_add(Domain(), option.cls):
            built = change.add_sections(Domain(), option, self._security_models())
        elif option.cls.tag:
            guest = guest or Domain()
            with new_ones_last(guest):
                built = change.edit(guest, option, "")
        else:
            raise RequestError(
                f"--build-xml does not support {option.name}",
                hint="use an option for a device or section, such as --disk or --cputune",
            )
        for element in built:
            for node in element.ensure_node().iter():
                order_attributes(node)
        print("".join(element.to_xml() for element in built), end="")
        return 0

    def _security_models(self) -> list[str]:
        """Return the host's security models."""
        return [model for model in Capabilities(self.host.capabilities_xml()).security_models if model]

    def _refuse_update(self) -> None:
        option = self.request.option
        if option is None or not is_device(option.cls):
            action = "convert" if option is None else f"apply {option.name} to"
            raise RequestError(
                f"--update cannot {action} a running guest",
                hint="omit --update; the change then takes effect after the guest is shut down and started again",
            )

    def _apply(self, original: Domain, changed: Domain, undo: Undo, journal: Journal | None) -> None:
        request = self.request
        before, after = original.to_xml(), changed.to_xml()
        plugged = self._update(undo, journal)
        shown = difference(before, after)
        if not shown:
            self.messages.warn("No XML diff was generated. The requested changes will have no effect.")
        printing = request.print_xml or request.print_diff
        saving = request.define and (self.guest is not None or printing)
        if request.print_diff:
            print(shown)
        elif request.print_xml or (self.guest is None and not printing and not request.start):
            print(after, end="\n" if saving or request.start else "")
        elif request.confirm:
            print(shown)
        if not saving and not request.start:
            for warning in check_change_accepted(before, after, self.host, request.checks):
                self.messages.warn(warning)
            return
        what = "Define" if saving else "Start"
        if request.confirm and not _ask(f"{what} '{changed.name}' with the changed XML?"):
            return
        self._create_storage(undo, journal)
        if saving:
            self._define(before, after, str(changed.name), changed.uuid, plugged=plugged)
        if request.start:
            self._start(after, str(changed.name), defined=saving)

    def _define(self, before: str, after: str, name: str, uuid: str | None, *, plugged: bool) -> None:
        old = self.guest
        if old is not None and old.name != name and old.uuid == uuid and not old.is_active():
            old.rename(name)
        guest = self.host.define_guest(after)
        self.messages.report(f"Domain '{name}' defined successfully.")
        if self.guest is None:
            return
        if self.applied is not None:
            for warning in record_added(self.applied, guest, self.host):
                self.messages.warn(warning)
        if Domain.parse(guest.xml(inactive=True)).to_xml() == before and before != after:
            self.messages.warn(
                "the guest's definition did not change; libvirt may have replaced the new value with the default"
            )
        if self.guest.is_active() and not plugged:
            self.messages.report("Changes will take effect after the domain is fully powered off.")

    def _start(self, after: str, name: str, *, defined: bool) -> None:
        if self.guest is not None and self.guest.is_active():
            from virtinstall.virsh_commands import virsh_command

            shutdown = virsh_command(self.host.uri, "shutdown", name)
            raise RequestError(
                f"the guest '{name}' is already running",
                hint=f"omit --start, or first shut the guest down with: {shutdown}",
            )
        guest = self.host.find_guest(name) if defined else None
        if guest is not None:
            guest.start()
        else:
            self.host.start_guest(after)
        self.messages.report(f"Domain '{name}' started successfully.")

    def _update(self, undo: Undo, journal: Journal | None) -> bool:
        """Change the running guest; return False if that was not requested or the guest is not running."""
        request, guest = self.request, self.guest
        if not request.update or guest is None or request.print_xml or request.print_diff:
            return False
        if not guest.is_active():
            self.messages.warn(f"--update has no effect: the guest '{guest.name}' is not running")
            return False
        live = Domain.parse(guest.xml())
        before = live.to_xml()
        question, done = _PLUGGING[request.action]
        for element in plugging_order(self._change(live)):
            text = element.to_xml()
            if request.confirm:
                print(difference(before, live.to_xml()))
                print("\n".join("    " + line for line in text.splitlines()) + "\n\n")
                if not _ask(question.format(guest.name)):
                    return False
            self._create_storage(undo, journal)
            plug = {
                "add_device": guest.attach_device,
                "remove_device": guest.detach_device,
                "edit": guest.update_device,
            }[request.action]
            plug(text)
            undo.keep_everything()
            if request.action == "remove_device" and still_has(guest, text):
                done = f"Device hotunplug requested; the guest '{guest.name}' has not released the device yet."
            self.messages.report(done + "\n" if request.confirm else done)
        return True

    def _create_storage(self, undo: Undo, journal: Journal | None) -> None:
        """Create the storage that a new disk requires, once."""
        if self.plan is not None:
            plan, self.plan = self.plan, None
            progress = progress_on(sys.stderr, quiet=self.request.quiet)
            self.applied = create_storage(
                plan, self.host, undo, progress, self.messages.warn, journal, checks=self.request.checks
            )


def _ask(question: str) -> bool:
    print(f"{question} (y/n): ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
