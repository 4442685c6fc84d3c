"""`virt-guest export` of guests of other programs: the file contains each value of the definition.

The definitions are those of the golden cases, as libvirt's test driver stores them, and random ones of its schema.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import cast

import libvirt
import pytest
from lxml import etree

from tests.cases.case import case_names
from tests.cases.facts import CASES
from tests.xml.domain_generator import random_domain
from virtinstall import Hypervisor, Lab
from virtinstall.fleet.export import Exported, export_guest, export_text
from virtinstall.fleet.export_edits import differences_of, edits_between
from virtinstall.fleet.leaves import differences, leaves_of
from virtinstall.fleet.planning import plan_again
from virtinstall.fleet.sessions import Sessions
from virtinstall.libvirt_host.host import HostGuest
from virtinstall.options.command import parse_request
from virtinstall.request import Checks
from virtinstall.xml.override import apply_edit

URI = "test:///default"
UNCHECKED = Checks(
    path_in_use=False, disk_size=False, path_exists=False, path_access=False, mac_in_use=False, xml=False
)
# the test driver has no machine types, which one of the cases requires
GOLDEN = [name for name in case_names() if (CASES / name / "expected.xml").exists() and name != "launch-security-sev"]
LEFT_TO_LIBVIRT = re.compile(r"devices/controller\[pci|.*/address/@")
# values that libvirt changes each time it stores them
CHANGED_BY_LIBVIRT = {"migration-checks-of-devices": "devices/shmem/size"}


@pytest.fixture(scope="module")
def raw() -> Iterator[libvirt.virConnect]:
    """A plain connection to the test driver, for definitions of other programs."""
    connection = libvirt.open(URI)
    yield connection
    connection.close()


def golden_xml(name: str) -> str:
    """Return the guest of a case, adapted to the architecture of the test driver."""
    root = etree.fromstring(
        re.findall(r"<domain[\s>].*?</domain>", (CASES / name / "expected.xml").read_text(), re.S)[-1]
    )
    root.set("type", "test")
    kind, label = root.find("os/type"), root.find("name")
    assert kind is not None and label is not None
    kind.attrib.clear()
    kind.set("arch", "i686")
    kind.text = "hvm"
    for uuid in root.findall("uuid"):
        root.remove(uuid)
    label.text = "golden"
    return etree.tostring(root, encoding="unicode")


def defined(raw: libvirt.virConnect, xml: str) -> etree._Element:
    """Return the definition as libvirt stores it."""
    guest = raw.defineXML(xml)
    try:
        return etree.fromstring(guest.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    finally:
        guest.undefine()


def exported_by(hypervisor: Hypervisor, root: etree._Element) -> Exported:
    """Export a guest with this definition, which need not exist."""

    class Guest:
        name, uuid = root.findtext("name"), root.findtext("uuid")

        def xml(self, *, inactive: bool = False) -> str:
            return etree.tostring(root, encoding="unicode")

        def metadata(self, namespace: str) -> None:
            return None

    return export_guest(cast("HostGuest", Guest()), hypervisor)


def planned(hypervisor: Hypervisor, exported: Exported) -> etree._Element:
    """Return the definition of the guest that the file would create."""
    (guest,) = Lab.parse(export_text([exported]), variables={}).guests
    assert guest.request is not None and guest.name == exported.name
    request = guest.request.replace(checks=UNCHECKED)
    return plan_again(guest, "export", Sessions(hypervisor).of(None), request).final.ensure_node()


@pytest.mark.parametrize("name", GOLDEN)
def test_exported_definition_is_equal(name: str, hypervisor: Hypervisor, raw: libvirt.virConnect) -> None:
    """This includes values that libvirt adds; passwords are omitted with a comment."""
    try:
        before = defined(raw, golden_xml(name))
    except libvirt.libvirtError as error:
        pytest.skip(str(error))
    found = exported_by(hypervisor, before)
    assert [line for line in found.omitted if not line.startswith("the password of")] == []
    assert found.problem is None
    after = defined(raw, etree.tostring(planned(hypervisor, found), encoding="unicode"))
    left = [each for each in differences(leaves_of(before), leaves_of(after)) if not LEFT_TO_LIBVIRT.match(each.path)]
    known = CHANGED_BY_LIBVIRT.get(name, "none")
    assert [each for each in left if not each.path.startswith(known)] == []


@pytest.mark.parametrize("seed", range(40))
def test_export_of_any_definition_can_be_loaded(seed: int, hypervisor: Hypervisor) -> None:
    """The definitions are random: this host need not support them, and options may reject their values."""
    root = random_domain(random.Random(seed))
    root.set("type", "test")
    name = root.find("name")
    if name is None:
        name = etree.SubElement(root, "name")
    name.text = f"random-{seed}"
    (guest,) = Lab.parse(export_text([exported_by(hypervisor, root)]), variables={}).guests
    assert guest.name == name.text


@pytest.mark.parametrize("seed", range(40))
def test_edits_change_one_definition_into_another(seed: int) -> None:
    """An exception are elements in a namespace without a prefix, which XPath cannot name."""
    before, after = (random_domain(random.Random(number)) for number in (seed, seed + 1))
    words = [word for each in edits_between(before, after, ()) for word in ("--xml", as_text(each))]
    request = parse_request(["--name", "a", *words])
    for edit in request.domain.settings.get("xpath_edits", ()):
        apply_edit(before, edit)
    left = [path for path, value in differences_of(before, after, ()) if value]
    assert [path for path in left if path != "datacenterpath"] == []


def as_text(edit: object) -> str:
    """Return a value of the key `xml` as an argument of --xml."""
    if isinstance(edit, dict):
        quoted = re.sub(r"([,\\\"'])", r"\\\1", edit["xpath.value"])
        return f"xpath.set={edit['xpath.set']},xpath.value={quoted}"
    return str(edit)
