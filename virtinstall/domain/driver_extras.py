"""Elements in the XML namespaces of single drivers: QEMU's overrides, capabilities and deprecations, LXC's namespaces,
and arguments for bhyve and Xen.

Source: https://libvirt.org/drvqemu.html; https://libvirt.org/drvlxc.html; https://libvirt.org/drvbhyve.html
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.convert import shell_arguments
from virtinstall.xml.element import Element
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import TEXT


class QemuProperty(Element):
    """<qemu:property>: one property of a QEMU device."""

    tag = "qemu:property"

    name: XmlField[str] = XmlField("./@name", TEXT, "Name of the QEMU property.")
    type: XmlField[str] = XmlField(
        "./@type", TEXT, "Type of the value: `string`, `unsigned`, `signed`, `bool`; `remove` omits the property."
    )
    value: XmlField[str] = XmlField("./@value", TEXT, "Value of the property.")


class QemuDevice(Element):
    """<qemu:device>: the alias of a device, and its QEMU properties."""

    tag = "qemu:device"

    alias: XmlField[str] = XmlField("./@alias", TEXT, "Alias of the device, such as `hostdev0`.")
    properties: Children[QemuProperty] = Children(
        "./qemu:frontend/qemu:property", QemuProperty, "Properties.", prefix="property"
    )


class QemuOverride(Section):
    """<qemu:override>: values that replace those that libvirt passes to QEMU."""

    tag = "qemu:override"

    devices: Children[QemuDevice] = Children("./qemu:device", QemuDevice, "Devices.", prefix="device")


class QemuCapability(Element):
    """<qemu:add> or <qemu:del>: a QEMU capability to add or remove, by libvirt's name for it."""

    tag = "qemu:add"

    capability: XmlField[str] = XmlField("./@capability", TEXT, "Capability to add: its name in libvirt.")


class QemuRemovedCapability(QemuCapability):
    """<qemu:del>: a QEMU capability that libvirt must not use."""

    tag = "qemu:del"

    capability: XmlField[str] = XmlField("./@capability", TEXT, "Capability to remove: its name in libvirt.")


class QemuCapabilities(Section):
    """<qemu:capabilities>: changes to the QEMU capabilities that libvirt detects."""

    tag = "qemu:capabilities"

    added: Children[QemuCapability] = Children("./qemu:add", QemuCapability, "Used.", prefix="add")
    removed: Children[QemuRemovedCapability] = Children(
        "./qemu:del", QemuRemovedCapability, "Capabilities not to use.", prefix="del"
    )


class QemuDeprecation(Section):
    """<qemu:deprecation>: the behavior of QEMU when deprecated features are used."""

    tag = "qemu:deprecation"
    bare = ("behavior",)

    behavior: XmlField[str] = XmlField(
        "./@behavior", TEXT, "Reaction to a deprecated feature: `none`, `omit`, `reject`, `crash`."
    )


class LxcNamespace(Section):
    """<lxc:namespace>: namespaces that the container shares with another container or process."""

    tag = "lxc:namespace"

    sharenet_type: XmlField[str] = XmlField(
        "./lxc:sharenet/@type",
        TEXT,
        "How `sharenet.value` identifies the network namespace: `netns`, `name` (a container), `pid`.",
        name="sharenet.type",
    )
    sharenet_value: XmlField[str] = XmlField(
        "./lxc:sharenet/@value",
        TEXT,
        "Name of the network namespace or container, or process ID.",
        name="sharenet.value",
    )
    shareipc_type: XmlField[str] = XmlField(
        "./lxc:shareipc/@type",
        TEXT,
        "How `shareipc.value` identifies the IPC namespace: `name` (a container), `pid`.",
        name="shareipc.type",
    )
    shareipc_value: XmlField[str] = XmlField(
        "./lxc:shareipc/@value", TEXT, "Name of the container, or process ID.", name="shareipc.value"
    )
    shareuts_type: XmlField[str] = XmlField(
        "./lxc:shareuts/@type",
        TEXT,
        "How `shareuts.value` identifies the UTS namespace (host name): `name` (a container), `pid`.",
        name="shareuts.type",
    )
    shareuts_value: XmlField[str] = XmlField(
        "./lxc:shareuts/@value", TEXT, "Name of the container, or process ID.", name="shareuts.value"
    )


class BhyveArgument(Element):
    """<bhyve:arg>: one argument for bhyve."""

    tag = "bhyve:arg"

    value: XmlField[str] = XmlField("./@value", TEXT, "One argument of bhyve.")


class XenArgument(Element):
    """<xen:arg>: one argument for Xen's device model."""

    tag = "xen:arg"

    value: XmlField[str] = XmlField("./@value", TEXT, "One argument of the device model.")


def _add_bhyve_arguments(commandline: BhyveCommandline, text: str) -> None:
    commandline.arguments = [BhyveArgument(value=word) for word in shell_arguments(text)]


def _add_xen_arguments(commandline: XenCommandline, text: str) -> None:
    commandline.arguments = [XenArgument(value=word) for word in shell_arguments(text)]


class BhyveCommandline(Section):
    """<bhyve:commandline>: arguments for bhyve."""

    tag = "bhyve:commandline"
    bare = ("args",)

    args_option = Suboption("args", _add_bhyve_arguments, "Arguments, split as in a shell.", commas=True)
    arguments: Children[BhyveArgument] = Children("./bhyve:arg", BhyveArgument, prefix=None)


class XenCommandline(Section):
    """<xen:commandline>: arguments for Xen's device model."""

    tag = "xen:commandline"
    bare = ("args",)

    args_option = Suboption("args", _add_xen_arguments, "Arguments, split as in a shell.", commas=True)
    arguments: Children[XenArgument] = Children("./xen:arg", XenArgument, prefix=None)
