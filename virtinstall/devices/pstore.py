"""`--pstore`: a store for the guest's crash logs.

Source: https://libvirt.org/formatdomain.html#pstore
"""

from __future__ import annotations

from virtinstall.devices.device import Device
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, TEXT


class Pstore(Device):
    """<pstore>: a store for the guest's crash logs."""

    tag = "pstore"

    backend: XmlField[str] = XmlField("./@backend", TEXT, "Backend: `acpi-erst`.")
    path: XmlField[str] = XmlField("./path", TEXT, "File on the host that contains the store.")
    size: XmlField[int] = XmlField("./size", INTEGER, "Size of the store, in `size.unit`.")
    size_unit: XmlField[str] = XmlField("./size/@unit", TEXT, "Unit of `size`; default: `KiB`.")
