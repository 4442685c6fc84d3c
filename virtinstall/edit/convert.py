"""Conversions of a guest: to the newest version of the machine type, from i440FX to q35, and from SPICE to VNC.

Source: https://libvirt.org/formatdomain.html, https://libvirt.org/pci-hotplug.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from virtinstall.devices.audio import Audio
from virtinstall.devices.channel import CLIPBOARD_NAME, Channel
from virtinstall.devices.controller import Controller
from virtinstall.devices.disk import Disk
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.interface import Interface
from virtinstall.devices.redirdev import Redirdev
from virtinstall.devices.smartcard import Smartcard
from virtinstall.devices.sound import Sound
from virtinstall.devices.video import Video
from virtinstall.errors import RequestError

if TYPE_CHECKING:
    from virtinstall.devices.device import Device
    from virtinstall.domain.domain import Domain

_VERSIONED = (
    ("pc-q35-", "q35"),
    ("pc-i440fx-", "pc"),
    ("s390-ccw-virtio-", "s390-ccw-virtio"),
    ("pseries-", "pseries"),
    ("virt-", "virt"),
)
_ROOT_PORTS = 14
_SPICE_ONLY = ("image", "jpeg", "zlib", "playback", "streaming", "clipboard", "mouse", "filetransfer", "gl", "channel")
_SPICE_ATTRIBUTES = ("tlsPort", "defaultMode")


def refresh_machine(domain: Domain) -> None:
    """Replace the machine type with its newest version, for example `pc-q35-6.2` with `q35`.

    Raises: RequestError, if the machine type has no versions.
    """
    machine = domain.os.type_machine or ""
    for prefix, newest in _VERSIONED:
        if machine.startswith(prefix) or machine == newest:
            domain.os.type_machine = newest
            return
    raise RequestError(
        f"--boot refresh-machine-type: the machine type{_quoted(machine)} has no versions",
        hint="omit refresh-machine-type, or set another machine type with --boot machine=",
    )


def _quoted(machine: str) -> str:
    """Return a machine type in quotes, after a space, for a message; empty if the guest has none."""
    return f" '{machine}'" if machine else ""


def remove_spice_parts(domain: Domain) -> None:
    """Remove the devices that only SPICE uses, unless the guest has a SPICE display."""
    if any(graphics.type == "spice" for graphics in domain.devices_of(Graphics)):
        return
    parts: list[Device] = [device for device in domain.devices_of(Channel) if device.type == "spicevmc"]
    parts += [device for device in domain.devices_of(Audio) if device.type == "spice"]
    parts += [device for device in domain.devices_of(Redirdev) if device.type == "spicevmc"]
    parts += [device for device in domain.devices_of(Smartcard) if device.type == "spicevmc"]
    for device in parts:
        domain.remove(device)


def has_spice(domain: Domain) -> bool:
    """Return whether the guest has a SPICE display."""
    return any(graphics.type == "spice" for graphics in domain.devices_of(Graphics))


def convert_to_vnc(domain: Domain, *, vdagent: bool) -> None:
    """Replace the SPICE displays with a VNC display, and the video model QXL with virtio.

    With `vdagent`, a channel that shares the clipboard is added.

    Raises: RequestError, if the guest has no SPICE display.
    """
    displays = [graphics for graphics in domain.devices_of(Graphics) if graphics.type == "spice"]
    if not displays:
        raise RequestError(
            "--convert-to-vnc: the guest has no SPICE display",
            hint="add a VNC display with: --add-device --graphics vnc",
        )
    has_vnc = any(graphics.type == "vnc" for graphics in domain.devices_of(Graphics))
    for graphics in displays:
        if has_vnc:
            domain.remove(graphics)
            continue
        has_vnc = True
        _make_vnc(graphics)
    remove_spice_parts(domain)
    for video in domain.devices_of(Video):
        if video.model_type == "qxl":
            _replace_qxl(video)
    if vdagent and not any(channel.type == "qemu-vdagent" for channel in domain.devices_of(Channel)):
        domain.add(Channel(type="qemu-vdagent", target_type="virtio", target_name=CLIPBOARD_NAME))


def _make_vnc(graphics: Graphics) -> None:
    node = graphics.ensure_node()
    etree.strip_attributes(node, *_SPICE_ATTRIBUTES)
    for tag in _SPICE_ONLY:
        for below in node.findall(tag):
            node.remove(below)
    graphics.type = "vnc"


def _replace_qxl(video: Video) -> None:
    """Replace the model qxl with virtio, without qxl's memory sizes, which other models do not have."""
    node = video.ensure_node().find("model")
    if node is not None:
        etree.strip_attributes(node, "ram", "vram", "vram64", "vgamem")
    video.model_type = "virtio"


def convert_to_q35(domain: Domain, root_ports: int | None) -> None:
    """Replace the i440FX machine type with q35.

    IDE disks become SATA disks, IDE and PCI controllers and PCI addresses are removed, and PCIe root ports are added.
    `root_ports` is the number of root ports to add; None stands for the default.

    Raises: RequestError, if the guest's machine type is not i440FX.
    """
    machine = domain.os.type_machine or ""
    if machine != "pc" and not machine.startswith("pc-i440fx"):
        raise RequestError(
            f"--convert-to-q35: the machine type{_quoted(machine)} is not i440FX",
            hint="omit --convert-to-q35: only guests with machine type pc or pc-i440fx-* can be converted",
        )
    domain.os.type_machine = "q35"
    _disks_to_sata(domain)
    for controller in domain.devices_of(Controller):
        if controller.type in ("pci", "ide"):
            domain.remove(controller)
    for interface in domain.devices_of(Interface):
        if interface.model_type == "e1000":
            interface.model_type = "e1000e"
    for sound in domain.devices_of(Sound):
        if sound.model == "ich6":
            sound.model = "ich9"
    for device in domain.devices:
        if device.address.type == "pci":
            _forget_address(device)
    domain.add(Controller(type="pci", model="pcie-root"))
    for _ in range(_ROOT_PORTS if root_ports is None else root_ports):
        domain.add(Controller(type="pci", model="pcie-root-port"))


def _disks_to_sata(domain: Domain) -> None:
    disks = domain.devices_of(Disk)
    used = {disk.target_dev for disk in disks if disk.target_bus != "ide"}
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    for disk in disks:
        if disk.target_bus == "ide":
            disk.target_bus = "sata"
            disk.target_dev = next(name for letter in letters if (name := f"sd{letter}") not in used)
            _forget_address(disk)


def _forget_address(device: Device) -> None:
    node = device.ensure_node()
    for address in node.findall("address"):
        node.remove(address)
