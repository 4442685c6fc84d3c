"""`--network`: a network interface.

Source: https://libvirt.org/formatdomain.html#network-interfaces
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.devices.interface_parts import PortForward
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.xml.children import Children
from virtinstall.xml.convert import absolute_path
from virtinstall.xml.field import Setting, Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, TEXT, YES_NO, parse_switch

_SOURCE_ATTRIBUTES = {
    "network": "source_network",
    "bridge": "source_bridge",
    "direct": "source_dev",
    "vdpa": "source_dev",
}


def _set_type(interface: Interface, text: str) -> None:
    """Set the type: `default` leaves the choice to the composer; `passt` is user mode through passt."""
    interface.wanted_type = text if text == "default" else None
    if text == "passt":
        interface.type, interface.backend_type = "user", "passt"
    else:
        interface.type = None if text == "default" else text or None


def _set_source(interface: Interface, text: str) -> None:
    attribute = _SOURCE_ATTRIBUTES.get(interface.type or "")
    if attribute is not None:
        setattr(interface, attribute, text or None)


def _use_network(interface: Interface, text: str) -> None:
    if interface.type is None and interface.wanted_type is None and text:
        interface.type, interface.source_network = "network", text


def _use_bridge(interface: Interface, text: str) -> None:
    if interface.type is None and interface.wanted_type is None and text:
        interface.type, interface.source_bridge = "bridge", text


def _mac(text: str) -> str | None:
    return None if text.upper() == "RANDOM" else text


def _link_state(text: str) -> str:
    if text in ("up", "down"):
        return text
    try:
        return "up" if parse_switch(text) else "down"
    except ValueError:
        raise ValueError("must be up or down") from None


def _port_parameter(name: str, doc: str) -> XmlField[str]:
    return XmlField(f"./virtualport/parameters/@{name}", TEXT, doc, aliases=(f"virtualport_{name}",))


class Interface(Device, VirtioDriver):
    """<interface>: a network card and its connection."""

    tag = "interface"
    none_word = "suppress"
    bare = ("type",)

    boot_order: XmlField[int] = XmlField(
        "./boot/@order", INTEGER, "Position in the boot order: `1` is first.", aliases=("boot_order",)
    )
    boot_loadparm: XmlField[str] = XmlField("./boot/@loadparm", TEXT, "Boot parameter (s390).")
    type_option = Suboption(
        "type",
        _set_type,
        "Kind: `default`, `network`, `bridge`, `user`, `passt`, `direct`, `vhostuser`, `hostdev`, `vdpa`, ...",
        match=True,
    )
    source = Suboption("source", _set_source, "Network, bridge or host device, depending on `type`.", match=True)
    network = Suboption("network", _use_network, "Virtual network: `default`.", match=True)
    bridge = Suboption("bridge", _use_bridge, "Host bridge: `br0`.", match=True)
    wanted_type: Setting[str] = Setting(TEXT, "`default` if the kind is not specified.", name=None)
    type: XmlField[str] = XmlField("./@type", TEXT, "Kind of connection.", name=None)
    managed: XmlField[bool] = XmlField(
        "./@managed", YES_NO, "Whether libvirt detaches the device from the host (hostdev)."
    )
    backend_type: XmlField[str] = XmlField("./backend/@type", TEXT, "Backend of a user-mode interface: `passt`.")
    backend_hostname: XmlField[str] = XmlField(
        "./backend/@hostname", TEXT, "Host name that passt announces to the guest."
    )
    backend_fqdn: XmlField[str] = XmlField(
        "./backend/@fqdn", TEXT, "Fully qualified host name that passt announces to the guest."
    )
    backend_log_file: XmlField[str] = XmlField("./backend/@logFile", TEXT, "Log file of passt.", convert=absolute_path)
    trust_guest_rx_filters: XmlField[bool] = XmlField(
        "./@trustGuestRxFilters",
        YES_NO,
        "Whether the host trusts changes that the guest makes to its MAC address and rx filters.",
    )
    source_network: XmlField[str] = XmlField("./source/@network", TEXT, "Virtual network.")
    source_bridge: XmlField[str] = XmlField("./source/@bridge", TEXT, "Host bridge.")
    source_dev: XmlField[str] = XmlField("./source/@dev", TEXT, "Host device: `eth0`, `/dev/vhost-vdpa-0`.")
    source_mode: XmlField[str] = XmlField(
        "./source/@mode",
        TEXT,
        "Mode of macvtap (`bridge`, `vepa`, `private`, `passthrough`) or vhostuser (`client`, `server`).",
        aliases=("source_mode",),
    )
    source_type: XmlField[str] = XmlField(
        "./source/@type", TEXT, "Kind of a vhostuser source: `unix`.", aliases=("source_type",)
    )
    source_path: XmlField[str] = XmlField(
        "./source/@path", TEXT, "Socket of a vhostuser source.", aliases=("source_path",)
    )
    source_portgroup: XmlField[str] = XmlField(
        "./source/@portgroup", TEXT, "Port group of the network.", aliases=("portgroup",)
    )
    source_address_type: XmlField[str] = XmlField("./source/address/@type", TEXT, "Kind of host address: `pci`, `usb`.")
    source_address_domain: XmlField[int] = XmlField(
        "./source/address/@domain", INTEGER, "PCI domain of the host device."
    )
    source_address_bus: XmlField[int] = XmlField("./source/address/@bus", INTEGER, "Bus of the host device.")
    source_address_slot: XmlField[int] = XmlField("./source/address/@slot", INTEGER, "PCI slot of the host device.")
    source_address_function: XmlField[int] = XmlField(
        "./source/address/@function", INTEGER, "PCI function of the host device."
    )
    ip: Setting[str] = Setting(
        TEXT,
        "Fixed address (`192.168.122.10`, `10.0.0.5/24`): a DHCP reservation in a virtual network, otherwise set by "
        "cloud-init.",
        commas=True,
    )
    gateway: Setting[str] = Setting(TEXT, "Gateway for an `ip` that cloud-init sets.", commas=True)
    nameservers: Setting[str] = Setting(
        TEXT,
        "Name servers for an `ip` that cloud-init sets, separated by commas: `nameservers=192.0.2.1,192.0.2.2`.",
        commas=True,
    )
    hostdev: Setting[str] = Setting(TEXT, "Host network card to assign to the guest: name or PCI address.")
    target_dev: XmlField[str] = XmlField(
        "./target/@dev", TEXT, "Name of the tap device on the host.", aliases=("target",)
    )
    mac_address: XmlField[str] = XmlField(
        "./mac/@address", TEXT, "MAC address; generated by default.", aliases=("mac",), convert=_mac
    )
    model_type: XmlField[str] = XmlField(
        "./model/@type", TEXT, "Network card: `virtio`, `e1000e`, `rtl8139`.", aliases=("model",)
    )
    filterref_filter: XmlField[str] = XmlField(
        "./filterref/@filter", TEXT, "libvirt network filter.", aliases=("filterref",)
    )
    link_state: XmlField[str] = XmlField(
        "./link/@state",
        TEXT,
        "State of the link: `up`, `down`.",
        aliases=("link_state",),
        convert=_link_state,
    )
    driver_name: XmlField[str] = XmlField(
        "./driver/@name", TEXT, "Backend: `vhost`, `qemu`, `vfio`.", aliases=("driver_name",)
    )
    driver_queues: XmlField[int] = XmlField(
        "./driver/@queues", INTEGER, "Number of queues (virtio).", aliases=("driver_queues",)
    )
    rom_file: XmlField[str] = XmlField("./rom/@file", TEXT, "Path of the boot ROM.", aliases=("rom_file",))
    rom_bar: XmlField[bool] = XmlField(
        "./rom/@bar", ON_OFF, "Whether the guest sees the boot ROM.", aliases=("rom_bar",)
    )
    mtu_size: XmlField[int] = XmlField("./mtu/@size", INTEGER, "MTU of the interface.")
    virtualport_type: XmlField[str] = XmlField(
        "./virtualport/@type", TEXT, "Virtual port: `openvswitch`, `802.1Qbg`, ...", aliases=("virtualport_type",)
    )
    virtualport_managerid: XmlField[int] = XmlField(
        "./virtualport/parameters/@managerid",
        INTEGER,
        "Manager ID of an 802.1Qbg port.",
        aliases=("virtualport_managerid",),
    )
    virtualport_typeid: XmlField[int] = XmlField(
        "./virtualport/parameters/@typeid", INTEGER, "Type ID of an 802.1Qbg port.", aliases=("virtualport_typeid",)
    )
    virtualport_typeidversion: XmlField[int] = XmlField(
        "./virtualport/parameters/@typeidversion",
        INTEGER,
        "Version of the port's type ID.",
        aliases=("virtualport_typeidversion",),
    )
    virtualport_instanceid: XmlField[str] = _port_parameter("instanceid", "Instance ID of an 802.1Qbg port, a UUID.")
    virtualport_profileid: XmlField[str] = _port_parameter("profileid", "Profile ID of the port.")
    virtualport_interfaceid: XmlField[str] = _port_parameter(
        "interfaceid", "Interface ID of an Open vSwitch port, a UUID."
    )
    port_forwards: Children[PortForward] = Children(
        "./portForward", PortForward, "Host ports that are forwarded to the guest (passt)."
    )
