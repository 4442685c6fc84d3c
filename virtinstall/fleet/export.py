"""The export of existing guests as a guests file.

For a guest that virtinstall created, the file contains the image, the cloud-init settings and the disk sizes from the
guest's record. Other differences from the plan are expressed as options if possible, otherwise as edits of the XML.
Values that cannot be expressed are listed in comments.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from virtinstall.devices.disk import Disk
from virtinstall.devices.interface import Interface
from virtinstall.domain.cpu import Cpu
from virtinstall.domain.domain import Domain
from virtinstall.errors import VirtInstallError
from virtinstall.fleet.export_base import Base
from virtinstall.fleet.export_edits import differences_of, edits_between
from virtinstall.fleet.export_pairs import has_secret, pairs_of
from virtinstall.fleet.filled import drop_filled
from virtinstall.fleet.keys import key_of, options_by_key
from virtinstall.fleet.load import load
from virtinstall.fleet.nodes import FileError
from virtinstall.fleet.planning import UNCHECKED, plan_again
from virtinstall.fleet.sessions import Sessions
from virtinstall.fleet.spec_file import plain
from virtinstall.fleet.substitute import protect
from virtinstall.fleet.values import quoted
from virtinstall.options.read import section_class
from virtinstall.record import Record
from virtinstall.safe_text import one_line
from virtinstall.xml.children import Child, Children
from virtinstall.xml.override import apply_edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from virtinstall.fleet.lab_guest import LabGuest
    from virtinstall.hypervisor import Hypervisor
    from virtinstall.libvirt_host.host import HostGuest
    from virtinstall.options.table import Option
    from virtinstall.xml.element import Element


class Exported(Record):
    """An exported guest.

    `options` maps the keys of the guest in the guests file to values. `omitted` has a string for each value that the
    options cannot express. `problem` is the reason why this host cannot create such a guest, or None if it can.
    """

    name: str
    options: Mapping[str, Any]
    omitted: tuple[str, ...] = ()
    problem: str | None = None


def export(hypervisor: Hypervisor, names: Sequence[str]) -> list[Exported]:
    """Return the existing guests with these names as options for a guests file.

    Raises: GuestNotFound, if a guest does not exist; RequestError, if a guest cannot be described by options;
    HostError.
    """
    return [export_guest(hypervisor.guest(name).handle, hypervisor) for name in names]


def export_guest(handle: HostGuest, hypervisor: Hypervisor) -> Exported:
    """Return one existing guest as options for a guests file.

    Raises: RequestError, if the guest cannot be described by options; HostError.
    """
    return _Export(handle, hypervisor).run()


def export_text(guests: Sequence[Exported], connect: str | None = None) -> str:
    """Return a guests file (YAML) that contains the exported guests.

    Comments at the top list everything that the file does not express. `connect` is the connection URI to write to the
    file, or None to write no URI.
    """
    import yaml

    document: dict[str, Any] = {"version": 1}
    if connect is not None:
        document["connect"] = connect
    document["guests"] = {protect(guest.name): dict(guest.options) for guest in guests}
    comments = "".join(f"# {guest.name}: {line}\n" for guest in guests for line in _comments(guest))
    return comments + str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100))


def _comments(guest: Exported) -> Iterator[str]:
    if guest.problem is not None:
        yield f"this host cannot create the guest: {guest.problem}"
    yield from (f"not expressed: {each}" for each in guest.omitted)


class _Export:
    def __init__(self, handle: HostGuest, hypervisor: Hypervisor) -> None:
        self.name = handle.name
        self.session = Sessions(hypervisor).of(None)
        self.definition = Domain.parse(handle.xml(inactive=True)).ensure_node()
        self.live = _reduced(self.definition)
        self.base = Base(handle, self.live, self.session)
        self.options: dict[str, Any] = {}
        self.problem: str | None = None
        self.omitted = [f"the password of <{each.tag}>" for each in self.live.devices if has_secret(each)]

    def run(self) -> Exported:
        self.options = self.base.options()
        self.drop_rejected()
        self.plan()
        if not self.base.can_be_planned:
            self.options = self.base.options()
            self.drop_rejected()
        self.add_options()
        self.drop_rejected()
        planned = self.plan()
        edits = [*self.base.edits, *edits_between(planned, self.definition, self.base.created)]
        if edits:
            self.options["xml"] = edits
            self.drop_rejected()
            planned = self.plan()
        for path, value in differences_of(planned, self.definition, self.base.created):
            self.omitted.append(path if not value else f"{path}: {value}")
        options = {name: _protected(value) for name, value in self.options.items()}
        omitted = tuple(dict.fromkeys(map(one_line, self.omitted)))
        return Exported(name=self.name, options=options, omitted=omitted, problem=self.problem)

    def add_options(self) -> None:
        """Add options for the differences between the guest and the plan that the present options result in."""
        base = _reduced(self.plan())
        for option in dict.fromkeys(options_by_key().values()):
            if option.describes == "section":
                self.add_section(option, base)
            elif option.describes == "device":
                self.add_devices(option, base)

    def loaded(self, options: Mapping[str, Any]) -> LabGuest:
        """Load a guests file that contains a guest with these options; return the guest.

        Raises: FileError, if an option or a value is invalid.
        """
        protected = {key: _protected(value) for key, value in options.items()}
        document = {"version": 1, "guests": {protect(self.name): protected}}
        return load(json.dumps(document), "export", "export", {}).guests[0]

    def plan(self) -> etree._Element:
        """Return the planned `<domain>` for the present options.

        If no plan is possible, `problem` is set, and the result is that of `requested`.
        """
        guest = self.loaded(self.options)
        request = guest.request
        assert request is not None
        # the guest may be exported where its disks are missing, or in use
        request = request.replace(checks=UNCHECKED)
        try:
            return plan_again(guest, "export", self.session, request).final.ensure_node()
        except VirtInstallError as error:
            self.base.can_be_planned = False
            self.problem = one_line(error.message)
            return self.requested(request.domain)

    def requested(self, domain: Domain) -> etree._Element:
        """Return a `<domain>` with the requested values and with the guest's type, architecture and machine type.

        `domain` contains the requested values. Defaults are not added.
        """
        domain = domain.clone()
        domain.type, domain.os.type_arch, domain.os.type_machine = self.live.type, *self.base.machine
        for element in (domain, *domain.devices):
            for edit in element.settings.get("xpath_edits", ()):
                apply_edit(element.ensure_node(), edit)
        return domain.ensure_node()

    def drop_rejected(self) -> None:
        """Remove the options and values that are invalid in a guests file; XML edits express these values instead.

        Raises: FileError, if no valid options remain.
        """
        try:
            self.loaded(self.options)
            return
        except FileError as error:
            problem = error
        for key, value in list(self.options.items()):
            accepted = self.accepted(key, value)
            if accepted is None:
                del self.options[key]
            else:
                self.options[key] = accepted
        for key in reversed(list(self.options)):
            try:
                self.loaded(self.options)
                return
            except FileError as error:
                problem = error
                del self.options[key]
        raise problem

    def accepted(self, key: str, value: Any) -> Any:
        """Return `value`, the value of the option `key`, without its invalid parts; None if nothing remains."""
        try:
            self.loaded({key: value})
            return value
        except FileError:
            pass
        if isinstance(value, list):
            return [part for each in value if (part := self.accepted(key, each)) is not None] or None
        if isinstance(value, dict) and len(value) > 1:
            parts = {name: each for name, each in value.items() if self.accepted(key, {name: each}) is not None}
            return self.accepted(key, parts) if 0 < len(parts) < len(value) else None
        return None

    def add_section(self, option: Option, base: Domain) -> None:
        """Add the sub-options of `option` whose values are different in the guest and in the planned guest `base`.

        `option` describes a section of the XML, such as <cpu>.
        """
        cls, name = section_class(option), key_of(option)
        if cls is Cpu:
            if _cpu(self.live) != _cpu(base) and _cpu(self.live):
                self.options["cpu"] = _cpu(self.live)
            return
        wanted, present = ([pairs_of(each, cls) for each in _sections(domain, cls)] for domain in (self.live, base))
        if len(wanted) != 1 or len(present) > 1:
            if wanted != present and wanted:
                self.options[name] = wanted
            return
        before = present[0] if present else {}
        changed = {key: value for key, value in wanted[0].items() if before.get(key) != value}
        if changed and cls.tag and not isinstance(self.live, cls):
            # the section of the file replaces the defaults
            changed = wanted[0]
        if name == "vcpus":
            counts = self.options[name] if isinstance(self.options[name], dict) else {"vcpus": self.options[name]}
            changed = {key: value for key, value in changed.items() if key not in ("vcpus", "maxvcpus", "vcpu.current")}
            changed = {**counts, **changed} if changed else changed
        if name == "boot":
            # the platform has them
            changed = {key: value for key, value in changed.items() if key not in ("arch", "machine")}
        if changed and name not in ("memory", "xml"):
            self.options[name] = changed

    def add_devices(self, option: Option, base: Domain) -> None:
        """Add the guest's devices that `option` describes if they differ from those of the planned guest `base`.

        Disks and network interfaces are not added, because the options already contain them.
        """
        cls: Any = section_class(option)
        if cls.tag in (Disk.tag, Interface.tag):
            return
        wanted, present = ([pairs_of(each) for each in domain.devices_of(cls)] for domain in (self.live, base))
        if wanted != present:
            self.options[key_of(option)] = wanted or "none"


def _reduced(root: etree._Element) -> Domain:
    """Return a copy of a guest without the values that libvirt fills in."""
    root = copy.deepcopy(root)
    drop_filled(root)
    found = Domain()
    found.bind(root, {})
    return found


def _cpu(domain: Domain) -> str:
    """Return the value of --cpu: model or mode, features, and the sub-options."""
    cpu = domain.cpu
    node = cpu.node
    if node is None:
        return ""
    features = [f"{each.get('policy', 'require')}={each.get('name')}" for each in node.iterfind("feature")]
    pairs = pairs_of(cpu)
    if cpu.model is not None or cpu.mode not in (None, "custom"):
        pairs.pop("mode", None)
    parts = [cpu.model or cpu.mode or "", *features, *(f"{key}={quoted(value)}" for key, value in pairs.items())]
    return ",".join(part for part in parts if part and part != "custom")


def _sections(domain: Domain, cls: Any) -> Iterator[Element]:
    """Yield the elements of a section that a guest has: the domain itself for those that are mixed into it."""
    if not cls.tag or isinstance(domain, cls):
        yield domain
        return
    for attribute, declared in domain.declarations():
        if isinstance(declared, Children) and declared.cls is cls:
            yield from getattr(domain, attribute)
        elif isinstance(declared, Child) and declared.cls is cls and getattr(domain, attribute).node is not None:
            yield getattr(domain, attribute)


def _protected(value: Any) -> Any:
    """Return the value with escaped placeholders and variables; a number stays a number."""
    if isinstance(value, Mapping):
        return {key: _protected(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_protected(each) for each in value]
    return plain(value) if isinstance(value, str) else value
