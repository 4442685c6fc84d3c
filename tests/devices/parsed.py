"""Devices from options of the command line, for tests."""

from __future__ import annotations

from typing import TypeVar

from lxml import etree

from virtinstall.devices.device import Device
from virtinstall.devices.table import DEVICES
from virtinstall.options.suboptions import apply_pairs, cut

D = TypeVar("D", bound=Device)


def parsed(cls: type[D], text: str, device: D | None = None) -> D:
    """Return the device after its option was applied with the value `text`, to `device` if specified."""
    result = device if device is not None else cls()
    option = next((row.option.split()[-1] for row in DEVICES if row.tag == cls.tag and row.option), "")
    apply_pairs(result, option, cut(cls, option, text))
    return result


def line(device: Device) -> str:
    """The device's XML on one line."""
    return str(etree.tostring(device.ensure_node(), encoding="unicode"))
