"""The sub-options of virt-xml's conversions."""

from __future__ import annotations

from virtinstall.xml.element import Element
from virtinstall.xml.field import Setting
from virtinstall.xml.kinds import INTEGER, SWITCH


class ConvertToQ35(Element):
    """--convert-to-q35: the conversion from i440FX to q35."""

    tag = "convert-to-q35"
    option = "--convert-to-q35"

    num_pcie_root_ports = Setting(INTEGER, "Number of PCIe root ports of the guest; default: 14.")


class ConvertToVnc(Element):
    """--convert-to-vnc: the conversion from SPICE to VNC."""

    tag = "convert-to-vnc"
    option = "--convert-to-vnc"

    qemu_vdagent = Setting(SWITCH, "Add a channel that shares the clipboard.", name="qemu-vdagent")
