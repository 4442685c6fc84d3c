"""`--hostdev`: a device of the host that is assigned to the guest.

Source: https://libvirt.org/formatdomain.html#host-device-assignment
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.xml.field import Setting, XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, TEXT, YES_NO


class Hostdev(Device):
    """<hostdev>: passthrough of a PCI, USB, SCSI or mediated device."""

    tag = "hostdev"
    bare = ("name",)

    boot_order: XmlField[int] = XmlField(
        "./boot/@order", INTEGER, "Position in the boot order: `1` is first.", aliases=("boot_order",)
    )
    mode: XmlField[str] = XmlField("./@mode", TEXT, "`subsystem`, or `capabilities` for containers.", name=None)
    type: XmlField[str] = XmlField("./@type", TEXT, "Kind: `pci`, `usb`, `scsi`, `mdev`, ...; detected from the name.")
    managed: XmlField[bool] = XmlField(
        "./@managed", YES_NO, "Whether libvirt detaches the device from the host.", name=None
    )
    model: XmlField[str] = XmlField("./@model", TEXT, "Model of a mediated device: `vfio-pci`.", name=None)
    display: XmlField[bool] = XmlField(
        "./@display", ON_OFF, "Whether a mediated device is shown on the guest's display."
    )
    ramfb: XmlField[bool] = XmlField(
        "./@ramfb", ON_OFF, "Whether the display works before the guest has loaded the device's driver."
    )
    name: Setting[str] = Setting(
        TEXT,
        "Device: a name from `virsh nodedev-list`, a PCI address, USB BUS.DEVICE or VENDOR:PRODUCT.",
        match=True,
    )
    driver_name: XmlField[str] = XmlField("./driver/@name", TEXT, "Host driver: `vfio`.", aliases=("driver_name",))
    driver_iommufd: XmlField[bool] = XmlField("./driver/@iommufd", YES_NO, "Use the host's IOMMUFD.")
    rom_bar: XmlField[bool] = XmlField(
        "./rom/@bar", ON_OFF, "Whether the guest sees the device's ROM.", aliases=("rom_bar",)
    )
    rom_file: XmlField[str] = XmlField("./rom/@file", TEXT, "ROM file to use instead of the device's.")
    acpi_nodeset: XmlField[str] = XmlField(
        "./acpi/@nodeset", TEXT, "Guest NUMA nodes for the device's memory.", commas=True
    )
    source_startup_policy: XmlField[str] = XmlField(
        "./source/@startupPolicy", TEXT, "Policy for a missing USB device: `mandatory`, `requisite`, `optional`."
    )
    source_address_domain: XmlField[int] = XmlField(
        "./source/address/@domain", INTEGER, "PCI domain on the host.", name=None
    )
    source_address_bus: XmlField[int] = XmlField("./source/address/@bus", INTEGER, "Bus of the device.", name=None)
    source_address_slot: XmlField[int] = XmlField("./source/address/@slot", INTEGER, "PCI slot on the host.", name=None)
    source_address_function: XmlField[int] = XmlField(
        "./source/address/@function", INTEGER, "PCI function on the host.", name=None
    )
    source_address_device: XmlField[int] = XmlField(
        "./source/address/@device", INTEGER, "Device number on the USB bus.", name=None
    )
    source_address_target: XmlField[int] = XmlField("./source/address/@target", INTEGER, "SCSI target.", name=None)
    source_address_unit: XmlField[int] = XmlField("./source/address/@unit", INTEGER, "SCSI unit.", name=None)
    source_address_uuid: XmlField[str] = XmlField(
        "./source/address/@uuid", TEXT, "UUID of a mediated device.", name=None
    )
    source_address_cssid: XmlField[str] = XmlField(
        "./source/address/@cssid", TEXT, "Channel subsystem (s390).", name=None
    )
    source_address_ssid: XmlField[str] = XmlField("./source/address/@ssid", TEXT, "Subchannel set (s390).", name=None)
    source_address_devno: XmlField[str] = XmlField("./source/address/@devno", TEXT, "Device number (s390).", name=None)
    source_vendor_id: XmlField[str] = XmlField("./source/vendor/@id", TEXT, "USB vendor.", name=None)
    source_product_id: XmlField[str] = XmlField("./source/product/@id", TEXT, "USB product.", name=None)
    source_adapter_name: XmlField[str] = XmlField(
        "./source/adapter/@name", TEXT, "SCSI adapter on the host.", name=None
    )
    source_interface: XmlField[str] = XmlField(
        "./source/interface", TEXT, "Network interface for a container.", name=None
    )
    source_char: XmlField[str] = XmlField("./source/char", TEXT, "Character device for a container.", name=None)
    source_block: XmlField[str] = XmlField("./source/block", TEXT, "Block device for a container.", name=None)
