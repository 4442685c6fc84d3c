"""The values of an existing object that a new value replaces: former sources, CPU features and ports.

In a new guest, there are no former values to remove.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.compose.disk_sources import is_url
from virtinstall.compose.firmware_features import use_chosen_firmware, use_firmware_path
from virtinstall.devices.controller import Controller
from virtinstall.devices.disk import Disk
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.interface import Interface
from virtinstall.devices.rng import Rng
from virtinstall.domain.cpu import HOST_MODES, MODES, Cpu
from virtinstall.domain.os import Os
from virtinstall.errors import RequestError
from virtinstall.options.suboptions import Hop
from virtinstall.xml.paths import remove

if TYPE_CHECKING:
    from virtinstall.options.suboptions import Pair
    from virtinstall.xml.element import Element


_FIRMWARE_FEATURES = (Os.secure_boot_option, Os.firmware_secure_boot_option, Os.firmware_enrolled_keys_option)
_HOST_CPUS = (*MODES, *HOST_MODES, "host")


def make_room(element: Element, pairs: list[Pair]) -> None:
    """Remove the values of an existing element that the new sub-options `pairs` replace, before these are applied."""
    if isinstance(element, Interface):
        _leave_network(element, pairs)
    elif isinstance(element, Disk):
        _leave_address(element, pairs)
    elif isinstance(element, Rng):
        _leave_backend(element, pairs)
    elif isinstance(element, Cpu) and any(_is(pair, Cpu.model_option) and pair.value in _HOST_CPUS for pair in pairs):
        element.features.clear()
        element.model = element.model_fallback = element.model_vendor_id = element.vendor = None


def follow_up(element: Element, pairs: list[Pair]) -> None:
    """Set the values that depend on the new sub-options `pairs`, after these have been applied to `element`.

    Raises: RequestError, if `pairs` describe a set of controllers.
    """
    if isinstance(element, Os):
        _settle_firmware(element, pairs)
    if isinstance(element, Interface):
        for source in element.ensure_node().findall("source"):
            if not source.attrib and not len(source):
                remove(source)
    if isinstance(element, Disk) and any(_is(pair, Disk.path) for pair in pairs):
        _set_source(element)
    elif isinstance(element, Graphics) and any(
        _is(pair, Graphics.port) or _is(pair, Graphics.tls_port) for pair in pairs
    ):
        chosen_by_libvirt = element.type == "spice" and element.port == -1 and element.tls_port == -1
        element.autoport = True if chosen_by_libvirt else None
    elif isinstance(element, Controller) and element.set_of is not None:
        raise RequestError(
            f"--edit --controller {element.set_of}: {element.set_of} is a set of controllers, not a single controller",
            hint=f"add the set with: --add-device --controller {element.set_of}",
        )


def _is(pair: Pair, declared: object) -> bool:
    return pair.target is not None and pair.target.declared is declared


def _leave_network(interface: Interface, pairs: list[Pair]) -> None:
    """Remove the former source if `pairs` set another kind of connection or another network."""
    kind = next((pair.value for pair in pairs if _is(pair, Interface.type_option)), None)
    elsewhere = any(_is(pair, Interface.network) or _is(pair, Interface.bridge) for pair in pairs)
    if elsewhere and kind is None:
        interface.type = None
    elif kind is None or kind == interface.type:
        return
    for source in interface.ensure_node().findall("source"):
        # the element keeps its place for the new source
        source.attrib.clear()
        for below in list(source):
            source.remove(below)


def _leave_address(disk: Disk, pairs: list[Pair]) -> None:
    """Remove the address on the former bus if `pairs` set another bus and no address; libvirt chooses one."""
    bus = next((pair.value for pair in pairs if _is(pair, Disk.target_bus)), None)
    given = any(pair.target is not None and pair.target.hops[:1] == (Hop("address", None),) for pair in pairs)
    if bus and disk.target_bus is not None and bus != disk.target_bus and not given:
        for address in disk.ensure_node().findall("address"):
            remove(address)


def _settle_firmware(os: Os, pairs: list[Pair]) -> None:
    """Replace firmware by path with firmware that libvirt chooses by features, or vice versa, as `pairs` request."""
    features = any(
        pair.target is not None
        and (
            pair.target.declared in _FIRMWARE_FEATURES
            or (bool(pair.target.hops) and pair.target.hops[0].attribute == "firmware_features")
        )
        for pair in pairs
    )
    by_path = any(_is(pair, Os.loader) and pair.value for pair in pairs)
    if features and not by_path and os.loader is not None:
        use_chosen_firmware(os)
    elif by_path and os.firmware is not None and not features and not any(_is(pair, Os.firmware) for pair in pairs):
        use_firmware_path(os)


def _leave_backend(rng: Rng, pairs: list[Pair]) -> None:
    """Remove the source of the former kind if `pairs` set another kind; `backend` sets `random`, which has a device."""
    kinds = ["random" if pair.value.startswith("/") else pair.value for pair in pairs if _is(pair, Rng.backend_option)]
    kinds += ["random" for pair in pairs if _is(pair, Rng.backend) and pair.value]
    node = rng.ensure_node().find("backend")
    if node is None or not kinds or kinds[0] == rng.backend_model:
        return
    node.attrib.clear()
    node.text = None
    for below in list(node):
        node.remove(below)
    rng.backend_model = kinds[0] or None


def _set_source(disk: Disk) -> None:
    """Set `path` as the source of an existing disk, in the attribute that belongs to the type of the disk."""
    if disk.path is None:
        disk.leave_source()
    elif is_url(disk.path):
        # looked up like that of a new disk
        return
    elif disk.type == "block":
        disk.source_dev = disk.path.rstrip("/")
    elif disk.type == "dir":
        disk.source_dir = disk.path.rstrip("/") or "/"
    else:
        disk.source_file = disk.path.rstrip("/")
