"""Controllers that the guest's devices and machine require: USB, PCIe ports and SCSI.

Source: https://libvirt.org/formatdomain.html#controllers, https://libvirt.org/pci-hotplug.html
"""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.devices.controller import Controller

_PCIE_ROOT_PORTS = 14
_XHCI_PORTS = 15
_USB2_COMPANIONS = (("ich9-uhci1", 0), ("ich9-uhci2", 2), ("ich9-uhci3", 4))
_NVME_SERIAL_LENGTH = 20
_XHCI_QEMU_VERSION = 2009000


def expand_keywords(draft: Draft) -> None:
    """Replace the short forms `--controller usb2` and `--controller usb3` with the controllers that they stand for.

    The number in `--controller num_pcie_root_ports=N` is stored in the draft for `fill_controllers`.
    """
    for controller in draft.domain.devices_of(Controller):
        if controller.set_of is None and controller.num_pcie_root_ports is None:
            continue
        if controller.num_pcie_root_ports is not None:
            draft.pcie_root_ports = controller.num_pcie_root_ports
        else:
            for new in _usb2() if controller.set_of == "usb2" else _usb3():
                draft.domain.add(new, before=controller)
        draft.domain.remove(controller)


def fill_controllers(draft: Draft) -> None:
    """Add the controllers that the machine type and the devices require and that libvirt does not add automatically."""
    _fill_usb(draft)
    fill_scsi(draft)
    fill_nvme(draft)
    _fill_pcie(draft)
    # after all others: only the installation needs it
    fill_scsi(draft, for_seeds=True)


def _has(draft: Draft, kind: str) -> bool:
    return any(controller.type == kind for controller in draft.domain.devices_of(Controller))


def _fill_usb(draft: Draft) -> None:
    platform = draft.platform
    if _has(draft, "usb") or platform.is_container or platform.is_s390x or platform.is_fixed_board:
        return
    if not platform.is_like_qemu:
        return
    for controller in _usb3() if not platform.is_x86 or _xhci_suits(draft) else _usb2():
        draft.domain.add(controller)


def _xhci_suits(draft: Draft) -> bool:
    host = draft.facts.host
    return draft.os.supports_usb3(draft.platform.arch) and host.driver == "qemu" and host.version >= _XHCI_QEMU_VERSION


def _usb3() -> list[Controller]:
    return [Controller(type="usb", model="qemu-xhci", ports=_XHCI_PORTS)]


def _usb2() -> list[Controller]:
    companions = [Controller(type="usb", model=model, master_startport=start) for model, start in _USB2_COMPANIONS]
    return [Controller(type="usb", model="ich9-ehci1"), *companions]


def fill_scsi(draft: Draft, *, for_seeds: bool = False) -> None:
    """Add a virtio-scsi controller for disks on the SCSI bus, if there is no SCSI controller yet.

    The guest's operating system must have a driver for virtio-scsi; otherwise, nothing is added. If `for_seeds` is
    true, only the disks that contain seeds are considered; if it is false, only the other disks.
    """
    from virtinstall.devices.disk import Disk

    disks = [
        disk
        for position, disk in enumerate(draft.domain.devices_of(Disk))
        if (position in draft.seed_disks) == for_seeds and disk.target_bus == "scsi"
    ]
    if _has(draft, "scsi") or not disks:
        return
    platform = draft.platform
    # boards have a built-in controller
    if platform.is_qemu and not platform.is_fixed_board and draft.os.supports_virtio_scsi(platform.arch):
        draft.domain.add(Controller(type="scsi", model="virtio-scsi"))


def fill_nvme(draft: Draft) -> None:
    """Add the controller for disks on the NVMe bus, with the serial number that libvirt requires."""
    from virtinstall.devices.disk import Disk

    if any(disk.target_bus == "nvme" for disk in draft.domain.devices_of(Disk)) and not _has(draft, "nvme"):
        draft.domain.add(Controller(type="nvme", serial=str(draft.domain.name)[:_NVME_SERIAL_LENGTH]))


def _fill_pcie(draft: Draft) -> None:
    """Add pcie-root with free ports, so that devices can be plugged in while the guest runs."""
    if not draft.platform.has_pcie or not draft.platform.is_qemu or _has(draft, "pci"):
        return
    ports = draft.pcie_root_ports
    if ports == 0:
        return
    draft.domain.add(Controller(type="pci", model="pcie-root"))
    for _ in range(_PCIE_ROOT_PORTS if ports is None else ports):
        draft.domain.add(Controller(type="pci", model="pcie-root-port"))
