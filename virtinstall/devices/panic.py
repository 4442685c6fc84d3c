"""`--panic`: a device that notifies the host when the guest's kernel panics.

Source: https://libvirt.org/formatdomain.html#panic-device
"""

from __future__ import annotations

from virtinstall.devices.device import Device, unless_default
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import TEXT


def _set_model(panic: Panic, text: str) -> None:
    """Set the model, or the I/O port of an ISA device."""
    if text.startswith("0x"):
        _set_iobase(panic, text)
    else:
        panic.model = unless_default(text) or None


def _set_iobase(panic: Panic, text: str) -> None:
    panic.address.type = "isa" if text else None
    panic.address.iobase = text or None


class Panic(Device):
    """<panic>: a device that reports crashes of the guest's kernel."""

    tag = "panic"
    bare = ("model",)

    model_option = Suboption(
        "model", _set_model, "Model: `isa`, `pseries`, `hyperv`, `s390`, or an ISA port such as `0x505`.", match=True
    )
    model: XmlField[str] = XmlField("./@model", TEXT, "Model of the device.", name=None)
    iobase = Suboption("iobase", _set_iobase, "Deprecated form of `address.iobase`.", match=True)
