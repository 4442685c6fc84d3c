"""--sysinfo: one <sysinfo> element for each type, and a domain that is consistent with these elements."""

from __future__ import annotations

from virtinstall.domain.domain import Domain
from virtinstall.domain.sysinfo import Sysinfo
from virtinstall.xml.field import XmlField


def resolve_sysinfo(domain: Domain) -> None:
    """Merge the <sysinfo> elements of the same type, and set the domain's SMBIOS mode and UUID accordingly.

    An element of the type `host` or `emulate` is replaced by the SMBIOS mode with the same name. SMBIOS values require
    the mode `sysinfo`. A UUID among these values becomes the guest's UUID, because libvirt requires the same UUID in
    both places.
    """
    blocks: dict[str, Sysinfo] = {}
    for sysinfo in list(domain.sysinfos):
        kind = sysinfo.type or "smbios"
        if kind in ("host", "emulate"):
            domain.os.smbios_mode = kind
            domain.sysinfos.remove(sysinfo)
            continue
        sysinfo.type = kind
        if kind == "smbios":
            domain.os.smbios_mode = "sysinfo"
            domain.uuid = sysinfo.system_uuid or domain.uuid
        if kind in blocks:
            _merge(blocks[kind], sysinfo)
            domain.sysinfos.remove(sysinfo)
        else:
            blocks[kind] = sysinfo


def _merge(former: Sysinfo, later: Sysinfo) -> None:
    """Copy the values of `later` into `former`; a later value replaces a former one of the same name."""
    for attribute, declared in Sysinfo.declarations():
        if isinstance(declared, XmlField):
            value = getattr(later, attribute)
            if value is not None:
                setattr(former, attribute, value)
    for string in list(later.oem_strings):
        former.oem_strings.append(string)
    for entry in list(later.entries):
        for known in list(former.entries):
            if entry.name is not None and known.name == entry.name:
                former.entries.remove(known)
        former.entries.append(entry)
