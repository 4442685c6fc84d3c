"""`--sysinfo`: SMBIOS strings and fw_cfg blobs that the guest can read.

Source: https://libvirt.org/formatdomain.html#smbios-system-information
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import TEXT


class OemString(Element):
    """<entry> below <oemStrings>: a string for use by the guest."""

    tag = "entry"

    value: XmlField[str] = XmlField(".", TEXT, "OEM string.", commas=True)


class FwCfgEntry(Element):
    """<entry> below <sysinfo> of the type `fwcfg`: one item that the guest reads through fw_cfg."""

    tag = "entry"

    value: XmlField[str] = XmlField(".", TEXT, "Content of a fw_cfg entry (`type=fwcfg`).", commas=True)
    name: XmlField[str] = XmlField(
        "./@name", TEXT, "Name of the fw_cfg entry, such as `opt/com.example/name`.", commas=True
    )
    file: XmlField[str] = XmlField("./@file", TEXT, "File with the content of the fw_cfg entry.", commas=True)


def _entry(block: str, name: str, doc: str, *, old: bool = True) -> XmlField[str]:
    return XmlField(
        f"./{block}/entry[@name='{name}']",
        TEXT,
        doc,
        name=f"{block}.{name}",
        aliases=(f"{block}_{name}",) if old else (),
    )


class Sysinfo(Section):
    """<sysinfo>: SMBIOS values or fw_cfg items for the guest."""

    tag = "sysinfo"
    bare = ("type",)

    type: XmlField[str] = XmlField(
        "./@type",
        TEXT,
        "Source of the values: `smbios` or `fwcfg` (this option), `host` (the host's), `emulate` (QEMU's).",
        commas=True,
        own_values=("host", "emulate"),
    )
    bios_vendor: XmlField[str] = _entry("bios", "vendor", "BIOS: vendor.")
    bios_version: XmlField[str] = _entry("bios", "version", "BIOS: version.")
    bios_date: XmlField[str] = _entry("bios", "date", "BIOS: date, MM/DD/YYYY.")
    bios_release: XmlField[str] = _entry("bios", "release", "BIOS: release, MAJOR.MINOR.")
    system_manufacturer: XmlField[str] = _entry("system", "manufacturer", "System: manufacturer.")
    system_product: XmlField[str] = _entry("system", "product", "System: product name.")
    system_version: XmlField[str] = _entry("system", "version", "System: version.")
    system_serial: XmlField[str] = _entry("system", "serial", "System: serial number.")
    system_uuid: XmlField[str] = _entry("system", "uuid", "System: UUID, which becomes the guest's UUID.")
    system_sku: XmlField[str] = _entry("system", "sku", "System: stock keeping unit.")
    system_family: XmlField[str] = _entry("system", "family", "System: product family.")
    base_board_manufacturer: XmlField[str] = _entry("baseBoard", "manufacturer", "Board: manufacturer.")
    base_board_product: XmlField[str] = _entry("baseBoard", "product", "Board: product name.")
    base_board_version: XmlField[str] = _entry("baseBoard", "version", "Board: version.")
    base_board_serial: XmlField[str] = _entry("baseBoard", "serial", "Board: serial number.")
    base_board_asset: XmlField[str] = _entry("baseBoard", "asset", "Board: asset tag.")
    base_board_location: XmlField[str] = _entry("baseBoard", "location", "Board: location in the chassis.")
    chassis_manufacturer: XmlField[str] = _entry("chassis", "manufacturer", "Chassis: manufacturer.", old=False)
    chassis_version: XmlField[str] = _entry("chassis", "version", "Chassis: version.", old=False)
    chassis_serial: XmlField[str] = _entry("chassis", "serial", "Chassis: serial number.", old=False)
    chassis_asset: XmlField[str] = _entry("chassis", "asset", "Chassis: asset tag.", old=False)
    chassis_sku: XmlField[str] = _entry("chassis", "sku", "Chassis: stock keeping unit.", old=False)
    oem_strings: Children[OemString] = Children("./oemStrings/entry", OemString, "Strings for use by the guest.")
    entries: Children[FwCfgEntry] = Children("./entry", FwCfgEntry, "Blobs of `type=fwcfg`.")
