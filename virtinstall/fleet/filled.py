"""The values that libvirt fills in where a definition omits them; two definitions are compared without these values.

Removing such a value never changes the guest, because libvirt fills in the same value again.

`patch.by_libvirt` has a similar purpose for updates: it compares the plan with the definition in the record of the last
apply, which also shows the addresses and machine types that libvirt chose for the guest. An export cannot use it,
because guests that other programs created have no record, and the plan with which an export compares a guest was never
defined.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from virtinstall.xml.paths import remove

if TYPE_CHECKING:
    from lxml import etree

# PATH=VALUE below <domain>, as regular expressions; numbers of siblings are not part of the path
_FILLED = re.compile(
    "|".join(
        (
            r"(on_poweroff|on_crash)=destroy",
            r"on_reboot=restart",
            r"vcpu/@placement=static",
            r"clock/@offset=utc",
            r"(?!devices/shmem).*/@unit=KiB",
            r"cpu/@mode=custom",
            r"cpu/@match=exact",
            r"cpu/@check=(none|partial)",
            r"cpu/model/@fallback=allow",
            r"features/gic/@version=2",
            r"features/hyperv/@mode=custom",
            r"os/nvram=.*/nvram/[^/]*_VARS\.(fd|qcow2)",
            r"resource/partition=/machine",
            r"seclabel/@relabel=no",
            r"devices/audio/@id=1",
            r"devices/channel/source/@mode=bind",
            r"devices/disk/@device=disk",
            r"devices/filesystem/@accessmode=passthrough",
            r"devices/graphics/@(port|tlsPort)=-1",
            r"devices/graphics/@autoport=(yes|no)",
            r"devices/graphics/listen/@type=address",
            r"devices/interface/target/@dev=(vnet|testnet|macvtap|macvlan|vif)[0-9.]+",
            r"devices/(serial|parallel|console)/target/@port=[0-9]+",
            r"devices/(serial|console)/target/@type=(serial|(isa|system|spapr-vio|sclp)-serial)",
            r"devices/serial/target/model/@name=(isa-serial|pl011|spapr-vty|16550a|sclpconsole)",
            r"devices/tpm/backend/@version=2\.0",
            r"devices/video/model/@heads=1",
            r"devices/video/model/@primary=yes",
            r"devices/video/model/@(ram|vram|vgamem)=(4096|9216|16384|65536)",
        )
    )
)
_FILLED_BY_QEMU = re.compile(r"cpu/@migratable=on|devices/disk/driver/@name=qemu")
# elements that mean the same without any content
_WITHOUT_CONTENT = ("driver", "listen", "source", "target", "model", "backend", "gic", "nvram", "partition", "resource")
_BRIDGES = ("pci-root", "pcie-root", "pcie-root-port", "pci-bridge", "dmi-to-pci-bridge", "pcie-to-pci-bridge")
_DEFAULT_MODELS = (None, "lsilogic", "piix3-uhci")
# the types of addresses that libvirt assigns
_CHOSEN_PLACES = ("pci", "drive", "usb", "virtio-serial", "ccid", "ccw", "spapr-vio", "virtio-mmio", "dimm")
# the devices that libvirt adds such a controller for; None: most machines have one
_NEEDED_BY = {
    "usb": None,
    "ide": None,
    "sata": None,
    "isa": None,
    "fdc": "disk[target/@bus='fdc']",
    "scsi": "disk[target/@bus='scsi'] | hostdev[@type='scsi']",
    "virtio-serial": "*[self::channel or self::console][target/@type='virtio']",
    "ccid": "smartcard",
}


def drop_filled(root: etree._Element) -> None:
    """Remove from a `<domain>` the values and devices that libvirt adds, and the device addresses that it assigns."""
    for node in [each for each in root.iter() if not isinstance(each.tag, str)]:
        remove(node)
    _one_boot_device(root)
    _same_memory(root)
    for devices in root.findall("devices"):
        _reduce_devices(devices)
    is_qemu = root.get("type") in ("kvm", "qemu")
    for child in list(root):
        _reduce(child, _name(child), is_qemu)


def _reduce(node: etree._Element, path: str, is_qemu: bool) -> None:
    changed = False
    for name, value in list(node.attrib.items()):
        if _is_filled(f"{path}/@{name!s}={value!s}", is_qemu):
            del node.attrib[name]
            changed = True
    text = str(node.text or "").strip()
    if not len(node) and not node.attrib and _is_filled(f"{path}={text}", is_qemu):
        node.text = None
        changed = True
    for child in list(node):
        _reduce(child, f"{path}/{_name(child)}", is_qemu)
    is_empty = not len(node) and not node.attrib and not (node.text or "").strip()
    if is_empty and (_name(node) in _WITHOUT_CONTENT or (changed and path.count("/") != 1)):
        remove(node)


def _is_filled(text: str, is_qemu: bool) -> bool:
    return bool(_FILLED.fullmatch(text) or (is_qemu and _FILLED_BY_QEMU.fullmatch(text)))


def _reduce_devices(devices: etree._Element) -> None:
    _one_text_console(devices)
    for device in [each for each in devices if is_added(each, devices)]:
        remove(device)
    for device in devices:
        for address in device.findall("address"):
            if address.get("type") in _CHOSEN_PLACES:
                remove(address)
        for listen in device.findall("listen"):
            if device.get("listen") is not None and listen.get("address") == device.get("listen"):
                remove(listen)


def is_added(device: etree._Element, devices: etree._Element) -> bool:
    """Return whether libvirt automatically adds devices such as `device`.

    `devices` is the <devices> element that contains `device`.
    """
    kind, model = device.get("type"), device.get("model")
    if device.tag == "watchdog":
        # part of q35 boards; all watchdogs have one action. Source: https://libvirt.org/formatdomain.html#watchdog-device
        first = devices.find("watchdog")
        action = "reset" if first is None or first is device else first.get("action", "reset")
        return model == "itco" and device.get("action", "reset") == action and not len(device)
    if device.tag == "panic":
        board = devices.find("../os/type")
        arch = "" if board is None else board.get("arch", "")
        return model is not None and model == {"ppc": "pseries", "s39": "s390"}.get(arch[:3]) and not len(device)
    if device.tag == "input":
        return kind in ("mouse", "keyboard") and device.get("bus") in ("ps2", "xen")
    if device.tag == "audio":
        return device.get("id") == "1" and len(device.attrib) == 2 and not len(device)
    if device.tag == "hub":
        return True
    if device.tag != "controller":
        return False
    if kind == "pci":
        return model in _BRIDGES
    if kind not in _NEEDED_BY or model not in _DEFAULT_MODELS or set(device.attrib) - {"type", "index", "model"}:
        return False
    if any(each.tag != "address" for each in device):
        return False
    index, needed_by = device.get("index", "0"), _NEEDED_BY[kind]
    if index != "0":
        return any(address.get("controller") == index for address in devices.iterfind("*/address"))
    return needed_by is None or bool(devices.xpath(needed_by))


def _one_text_console(devices: etree._Element) -> None:
    """Leave the first serial port in place of the text console that is the same."""
    console = devices.find("console")
    if console is None:
        return
    target = console.find("target")
    if target is not None and target.get("type") not in (None, "serial", "xen", "sclp"):
        return
    if devices.find("serial") is not None:
        remove(console)
    elif target is None or target.get("type") in (None, "serial"):
        console.tag = "serial"


def _one_boot_device(root: etree._Element) -> None:
    """Drop `<boot dev="hd"/>` if it is the only one."""
    boots = root.findall("os/boot")
    if len(boots) == 1 and boots[0].get("dev") == "hd":
        remove(boots[0])


def _same_memory(root: etree._Element) -> None:
    current, most = root.find("currentMemory"), root.find("memory")
    if current is None or most is None or current.text is None or most.text is None:
        return
    if (current.text.strip(), current.get("unit", "KiB")) == (most.text.strip(), most.get("unit", "KiB")):
        remove(current)


def _name(node: etree._Element) -> str:
    return str(node.tag).rpartition("}")[2]
