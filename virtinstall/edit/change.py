"""A change of virt-xml to a domain (edit, add or remove), without access to the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from virtinstall.compose.boot_order import keep_places, use_classes
from virtinstall.compose.security import fill_model
from virtinstall.compose.small_devices import match_watchdogs
from virtinstall.compose.sysinfo import resolve_sysinfo
from virtinstall.devices.console import Console
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.interface import Interface
from virtinstall.devices.serial import Serial
from virtinstall.domain.os import Os
from virtinstall.domain.seclabel import Seclabel
from virtinstall.domain.sysinfo import Sysinfo
from virtinstall.domain.xml_edits import XmlEdits
from virtinstall.edit import convert
from virtinstall.edit.replace import follow_up, make_room
from virtinstall.edit.select import is_device, objects_of, select
from virtinstall.errors import RequestError
from virtinstall.named import NamedTuple
from virtinstall.options.suboptions import Fallback, Pair, apply_pairs, cut, says_none
from virtinstall.xml.children import Children
from virtinstall.xml.override import apply_edit

if TYPE_CHECKING:
    from virtinstall.devices.device import Device
    from virtinstall.domain.domain import Domain
    from virtinstall.xml.element import Element


class XmlOption(NamedTuple):
    """An XML option on the command line of virt-xml, such as --disk.

    `name` is the option with dashes, `cls` the class that declares its sub-options, and `texts` the values of all its
    occurrences. `fallback` handles sub-options that `cls` does not declare; if it is None, these are errors.
    """

    name: str
    cls: type[Element]
    texts: tuple[str, ...]
    fallback: Fallback | None

    def described(self) -> tuple[str, ...]:
        """Return the values that describe an object, that is, all values except `none`."""
        return tuple(text for text in self.texts if not says_none(self.cls, text))


def edit(domain: Domain, option: XmlOption, selector: str) -> list[Element]:
    """Apply `option` to the devices or sections of `domain` that match `selector`; return them.

    `selector` is the value of --edit (see `select`). A missing section is created if `selector` is empty.

    Raises: RequestError, if nothing matches, or if a value is invalid.
    """
    spice = option.cls is Graphics and convert.has_spice(domain)
    found = _objects_to_edit(domain, option, selector)
    texts = option.described()
    for text in texts[-1:] if is_device(option.cls) else texts:
        pairs = [
            pair
            for pair in cut(option.cls, option.name, text, option.fallback)
            if not _leaves_open(option.cls, option.name, pair)
        ]
        for element in found:
            make_room(element, pairs)
            apply_pairs(element, option.name, pairs, option.fallback)
            follow_up(element, pairs)
            _require_xml_values(element)
            keep_places(domain, [element])
        if any(_lists_classes(pair) for pair in pairs):
            use_classes(domain)
    for element in found:
        for each in element.settings.pop("xpath_edits", ()):
            apply_edit(element.ensure_node(), each)
            if option.cls is XmlEdits and each.action != "delete" and each.xpath.startswith("./os/boot"):
                use_classes(domain)
        keep_places(domain, [element])
    if spice:
        convert.remove_spice_parts(domain)
    resolve_requirements(domain, found)
    return found


def _require_xml_values(element: Element) -> None:
    """Reject settings that only a new interface can have.

    Raises: RequestError.
    """
    if isinstance(element, Interface) and (element.ip or element.gateway or element.nameservers):
        raise RequestError(
            "--edit --network does not support ip=, gateway= or nameservers=, which apply only to new interfaces",
            hint="use --add-device --network, or change the address in the virtual network with virsh net-update",
        )


def _leaves_open(cls: type[Element], option: str, pair: Pair) -> bool:
    """Return whether `pair` selects the default (`--video default`), which does not change an existing object."""
    if pair.value != "default" or pair.target is None or pair.target.declared is Interface.type_option:
        return False
    fresh = cls()
    apply_pairs(fresh, option, [pair])
    node = fresh.ensure_node()
    return not (node.attrib or len(node))


def _lists_classes(pair: Pair) -> bool:
    """Return whether `pair` sets the classes of devices that <os> lists: `--boot hd`, `--boot boot0.dev=hd`."""
    if pair.target is None or not pair.value:
        return False
    listed = bool(pair.target.hops) and pair.target.hops[0].attribute == "boot_devices"
    return listed or pair.target.declared is Os.boot_devices_option


def resolve_requirements(domain: Domain, changed: Sequence[Element]) -> None:
    """Adapt the other parts of `domain` that depend on changed SMBIOS data or watchdogs.

    `changed` are the changed elements of the domain.
    """
    if any(isinstance(element, Sysinfo) for element in changed):
        resolve_sysinfo(domain)
    match_watchdogs(domain, changed)


def _objects_to_edit(domain: Domain, option: XmlOption, selector: str) -> list[Element]:
    """Return the objects to edit; a missing section is created, but a missing device is an error."""
    if selector == "" and not is_device(option.cls) and not objects_of(domain, option.cls):
        return [domain.section(option.cls)]
    return select(domain, option.cls, option.name, "--edit", selector, option.fallback)


def remove(domain: Domain, option: XmlOption) -> list[Device]:
    """Remove the devices that the last value of the option selects; return them.

    Raises: RequestError, if no device matches, or if the option does not describe devices.
    """
    if not is_device(option.cls):
        raise RequestError(
            f"--remove-device does not support {option.name}",
            hint="use a device option, for example: --remove-device --disk 1",
        )
    spice = option.cls is Graphics and convert.has_spice(domain)
    found: list[Device] = select(  # type: ignore[assignment]
        domain, option.cls, option.name, "--remove-device", option.texts[-1], option.fallback
    )
    for device in [*found, *_twins(domain, found)]:
        domain.remove(device)
    if spice:
        convert.remove_spice_parts(domain)
    return found


def _twins(domain: Domain, removed: Sequence[Device]) -> list[Device]:
    """Return the console of the first serial port if the port is removed, because libvirt would add the port again.

    If the console is removed, its serial port is not, because it may be used for another purpose.
    """
    serials, consoles = domain.devices_of(Serial), domain.devices_of(Console)
    if not serials or not consoles or consoles[0].target_type not in (None, "serial"):
        return []
    return [consoles[0]] if serials[0] in removed and consoles[0] not in removed else []


def can_add(domain: Domain, cls: type[Element]) -> bool:
    """Return whether a guest may have several devices or sections of the class `cls`."""
    return is_device(cls) or any(
        isinstance(declared, Children) and declared.cls is cls for _, declared in type(domain).declarations()
    )


def add_sections(domain: Domain, option: XmlOption, security_models: Sequence[str] = ()) -> list[Element]:
    """Add sections of a kind that can occur several times, such as <seclabel>; return them.

    `security_models` are the security models of the host; they determine the model of a <seclabel>
    without one (see `fill_model`).

    Raises: RequestError, if the option has an invalid value.
    """
    elements = []
    for text in option.described():
        pairs = cut(option.cls, option.name, text, option.fallback)
        element = domain.section(option.cls)
        apply_pairs(element, option.name, pairs, option.fallback)
        if isinstance(element, Seclabel):
            element.type = element.type or "dynamic"
            fill_model(element, security_models)
        elements.append(element)
    resolve_requirements(domain, elements)
    return elements
