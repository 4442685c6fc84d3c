"""`--controller`: USB, SCSI, PCI and other controllers.

Source: https://libvirt.org/formatdomain.html#controllers
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.xml.field import Setting, Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, TEXT, parse_integer

SETS = ("usb2", "usb3")
"""Values of `type` that mean a set of controllers."""


def _set_type(controller: Controller, text: str) -> None:
    controller.set_of = text if text in SETS else None
    controller.type = None if text in SETS or not text else text


def _set_address(controller: Controller, text: str) -> None:
    """Set the address from [DOMAIN:]BUS:SLOT.FUNCTION, decimal as in virt-install or hexadecimal with the prefix 0x."""
    rest, dot, function = text.rpartition(".")
    parts = rest.split(":")
    try:
        if not dot or len(parts) not in (2, 3):
            raise ValueError
        domain, bus, slot, number = (parse_integer(part) for part in (*["0", *parts][-3:], function))
    except ValueError:
        raise ValueError("must be a PCI address in the form [DOMAIN:]BUS:SLOT.FUNCTION") from None
    address = controller.address
    address.type, address.domain, address.bus = "pci", domain, bus
    address.slot, address.function = slot, number


class Controller(Device, VirtioDriver):
    """<controller>: a controller to which other devices are attached."""

    tag = "controller"
    bare = ("type",)

    type_option = Suboption(
        "type",
        _set_type,
        "Kind: `usb`, `scsi`, `pci`, `sata`, `virtio-serial`, ...; `usb2`, `usb3`: a set of USB controllers.",
        match=True,
    )
    set_of: Setting[str] = Setting(TEXT, "Set of controllers: `usb2`, `usb3`.", name=None)
    type: XmlField[str] = XmlField("./@type", TEXT, "Kind of controller.", name=None)
    index: XmlField[int] = XmlField("./@index", INTEGER, "Index of the controller among those of this kind.")
    model: XmlField[str] = XmlField("./@model", TEXT, "Model: `virtio-scsi`, `qemu-xhci`, `pcie-root-port`, ...")
    ports: XmlField[int] = XmlField("./@ports", INTEGER, "Number of ports.")
    max_grant_frames: XmlField[int] = XmlField("./@maxGrantFrames", INTEGER, "Maximum number of grant frames (xenbus).")
    vectors: XmlField[int] = XmlField("./@vectors", INTEGER, "Number of interrupt vectors (virtio).")
    master_startport: XmlField[int] = XmlField(
        "./master/@startport",
        INTEGER,
        "First port of the EHCI controller that this companion controller serves.",
        aliases=("master",),
    )
    driver_iothread: XmlField[int] = XmlField(
        "./driver/@iothread", INTEGER, "ID of the I/O thread that serves the controller."
    )
    driver_queues: XmlField[int] = XmlField(
        "./driver/@queues", INTEGER, "Number of queues.", aliases=("driver_queues",)
    )
    target_chassis_nr: XmlField[int] = XmlField("./target/@chassisNr", INTEGER, "Chassis number of a PCI bridge.")
    target_chassis: XmlField[int] = XmlField("./target/@chassis", INTEGER, "Chassis of a PCIe root port.")
    target_port: XmlField[int] = XmlField("./target/@port", INTEGER, "Port of a PCIe root port.")
    target_hotplug: XmlField[bool] = XmlField("./target/@hotplug", ON_OFF, "Whether devices can be hot-plugged.")
    target_bus_nr: XmlField[int] = XmlField("./target/@busNr", INTEGER, "First bus number of an expander bus.")
    target_index: XmlField[int] = XmlField("./target/@index", INTEGER, "Index of a pseries host bridge.")
    target_node: XmlField[int] = XmlField("./target/node", INTEGER, "NUMA node of an expander bus.")
    target_mem_reserve: XmlField[int] = XmlField(
        "./target/@memReserve", INTEGER, "Memory to reserve for devices below the bridge, in KiB."
    )
    pcihole64: XmlField[int] = XmlField("./pcihole64", INTEGER, "Size of the 64-bit PCI hole, in `pcihole64.unit`.")
    pcihole64_unit: XmlField[str] = XmlField("./pcihole64/@unit", TEXT, "Unit of `pcihole64`: `KiB`.")
    serial: XmlField[str] = XmlField("./serial", TEXT, "Serial number (NVMe).")
    address_option = Suboption(
        "address", _set_address, "Short form of a PCI address: `0:4.7` is bus 0, slot 4, function 7."
    )
    num_pcie_root_ports: Setting[int] = Setting(
        INTEGER, "Number of PCIe root ports of the guest, specified without `type`; default: 14."
    )
