"""`virt-guest export` with libvirtd: the definitions of the golden cases, and a guest with new disks."""

from __future__ import annotations

import re

import libvirt
import pytest
from lxml import etree

from tests.cases.case import case_names
from tests.cases.facts import CASES
from tests.fleet.test_export_definitions import UNCHECKED
from virtinstall import Hypervisor, Lab
from virtinstall.fleet.export import export, export_text
from virtinstall.fleet.leaves import differences, leaves_of
from virtinstall.fleet.planning import plan_again
from virtinstall.fleet.sessions import Sessions

pytestmark = pytest.mark.live

GOLDEN = [name for name in case_names() if (CASES / name / "expected.xml").exists()]
# libvirt numbers these devices, sets their addresses, and adds ports for hot-plug
LEFT_TO_LIBVIRT = re.compile(r"(name|uuid|os/nvram)|devices/controller\[pci.*|.*/address/@.*")
# values that libvirt changes each time it stores them
CHANGED_BY_LIBVIRT = {"migration-checks-of-devices": "devices/shmem/size"}


def golden_xml(case: str, name: str) -> str:
    """Return the definition of a case, emulated and with a new identity."""
    root = etree.fromstring(
        re.findall(r"<domain[\s>].*?</domain>", (CASES / case / "expected.xml").read_text(), re.S)[-1]
    )
    if root.get("type") == "kvm":
        root.set("type", "qemu")
    label = root.find("name")
    assert label is not None
    label.text = name
    for uuid in root.findall("uuid"):
        root.remove(uuid)
    return etree.tostring(root, encoding="unicode")


def definition(guest: libvirt.virDomain) -> etree._Element:
    """Return the definition that libvirt stores."""
    return etree.fromstring(guest.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))


def undefine(guest: libvirt.virDomain) -> None:
    """Undefine the guest with its UEFI variables."""
    guest.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)


def planned_xml(hypervisor: Hypervisor, text: str, name: str) -> str:
    """Return the definition of the guest that a file would create."""
    (guest,) = Lab.parse(text, variables={}).guests
    assert guest.request is not None
    request = guest.request.replace(checks=UNCHECKED)
    final = plan_again(guest, "export", Sessions(hypervisor).of(None), request).final
    final.name, final.uuid = name, None
    return final.to_xml()


@pytest.mark.parametrize("case", GOLDEN)
def test_exported_definition_is_equal_with_libvirtd(case: str, hypervisor: Hypervisor, name: str) -> None:
    """This includes values that libvirtd adds."""
    raw = libvirt.open("qemu:///system")
    try:
        guest = raw.defineXML(golden_xml(case, name))
    except libvirt.libvirtError as error:
        pytest.skip(f"this libvirt cannot have it: {error}")
    try:
        before = definition(guest)
        (found,) = export(hypervisor, [name])
        assert [line for line in found.omitted if not line.startswith("the password of")] == []
        assert found.problem is None
        again = raw.defineXML(planned_xml(hypervisor, export_text([found]), f"{name}-again"))
        after = definition(again)
        undefine(again)
    finally:
        undefine(guest)
        raw.close()
    left = [
        each for each in differences(leaves_of(before), leaves_of(after)) if not LEFT_TO_LIBVIRT.fullmatch(each.path)
    ]
    known = CHANGED_BY_LIBVIRT.get(case, "none")
    assert [each for each in left if not each.path.startswith(known)] == []


def test_guest_created_from_its_export_has_the_same_definition(hypervisor: Hypervisor, name: str) -> None:
    """Before it is deleted, the file adopts the guest without a change."""
    lab = Lab.parse(
        f"version: 1\nguests:\n  {name}: {{memory: 160, virt-type: qemu, import: true, osinfo: linux2022, "
        "graphics: none, disk: [{size: 0.1}, {size: 0.1, bus: scsi}], network: none, metadata: {title: A title}, "
        "xml: [./devices/watchdog/@model=i6300esb]}\n"
    )
    assert [each.message for each in lab.apply(hypervisor)] == [None]
    before = leaves_of(etree.fromstring(hypervisor.guest(name).handle.xml(inactive=True).encode()))
    (found,) = export(hypervisor, [name])
    assert (found.omitted, found.problem) == ((), None)
    taken = Lab.parse(export_text([found]), project="taken")
    assert [each.message for each in taken.apply(hypervisor, adopt=[name])] == [None]
    assert [(each.is_different, each.drift) for each in taken.diff(hypervisor)] == [(False, ())]
    hypervisor.guest(name).delete(force=True, storage="own")
    assert [each.message for each in taken.apply(hypervisor)] == [None]
    assert leaves_of(etree.fromstring(hypervisor.guest(name).handle.xml(inactive=True).encode())) == before
