"""`--input`: a tablet, mouse or keyboard, or an input device of the host.

Source: https://libvirt.org/formatdomain.html#input-devices
"""

from __future__ import annotations

from virtinstall.devices.device import Device, unless_default
from virtinstall.devices.virtio_driver import VirtioDriver
from virtinstall.xml.field import Setting, Suboption, XmlField
from virtinstall.xml.kinds import ON_OFF, SWITCH, TEXT


def _set_type(device: Input, text: str) -> None:
    device.wanted_default = text == "default" or None
    device.type = unless_default(text) or None


class Input(Device, VirtioDriver):
    """<input>: a pointing device or a keyboard."""

    tag = "input"
    none_word = "suppress"
    bare = ("type",)

    type_option = Suboption(
        "type", _set_type, "Kind of device: `tablet`, `mouse`, `keyboard`, `passthrough`, `evdev`.", match=True
    )
    wanted_default: Setting[bool] = Setting(SWITCH, "Whether the kind is chosen by default.", name=None)
    type: XmlField[str] = XmlField("./@type", TEXT, "Kind of device.", name=None)
    bus: XmlField[str] = XmlField("./@bus", TEXT, "Bus: `usb`, `ps2`, `virtio`, `xen`.", convert=unless_default)
    model: XmlField[str] = XmlField(
        "./@model", TEXT, "Virtio variant: `virtio`, `virtio-transitional`, `virtio-non-transitional`."
    )
    source_evdev: XmlField[str] = XmlField("./source/@evdev", TEXT, "Host device to pass through: `/dev/input/event1`.")
    source_dev: XmlField[str] = XmlField("./source/@dev", TEXT, "Host device that `evdev` reads.")
    source_repeat: XmlField[bool] = XmlField("./source/@repeat", ON_OFF, "Repeat keys that are held down (evdev).")
    source_grab: XmlField[str] = XmlField("./source/@grab", TEXT, "Grab all host input devices together: `all`.")
    source_grab_toggle: XmlField[str] = XmlField(
        "./source/@grabToggle", TEXT, "Keys that switch the input between host and guest: `ctrl-ctrl`, `alt-alt`, ..."
    )
