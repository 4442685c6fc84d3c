"""The complete domain: devices, sections, order, copies."""

from __future__ import annotations

import time

import pytest

from tests.domain.parsed import inside, parsed
from virtinstall.devices.device import Device
from virtinstall.devices.watchdog import Watchdog
from virtinstall.domain.domain import Domain
from virtinstall.domain.metadata import Metadata
from virtinstall.domain.os import Os
from virtinstall.domain.seclabel import Seclabel
from virtinstall.domain.xml_edits import XmlEdits
from virtinstall.errors import RequestError
from virtinstall.xml.field import Setting, XmlField
from virtinstall.xml.kinds import TEXT


class Plate(Device):
    """A disk reduced to what these tests need."""

    tag = "disk"

    parsed: Setting[str] = Setting(TEXT, "A setting.")
    dev: XmlField[str] = XmlField("./target/@dev", TEXT, "Name.")


class Card(Device):
    """An interface reduced to what these tests need."""

    tag = "interface"

    model: XmlField[str] = XmlField("./model/@type", TEXT, "Model.")


def test_devices_are_in_libvirts_order() -> None:
    """Devices may be added in any order; the order within a kind is kept."""
    domain = Domain()
    for device in (Watchdog(model="itco"), Card(model="a"), Plate(dev="vda"), Card(model="b"), Plate(dev="vdb")):
        domain.add(device)
    domain.emulator = "/usr/bin/emu"
    assert inside(domain) == (
        "<devices><emulator>/usr/bin/emu</emulator>"
        '<disk><target dev="vda"/></disk><disk><target dev="vdb"/></disk>'
        '<interface><model type="a"/></interface><interface><model type="b"/></interface>'
        '<watchdog model="itco"/></devices>'
    )


def test_a_device_keeps_its_wrapper_and_its_settings() -> None:
    """A device that is added is found with its settings, also in a copy."""
    domain = Domain()
    plate = Plate(dev="vda", parsed="20 GiB")
    domain.add(plate)
    assert domain.devices_of(Plate) == [plate]
    [copied] = domain.clone().devices_of(Plate)
    assert copied is not plate
    assert (copied.dev, copied.parsed) == ("vda", "20 GiB")
    copied.dev = "vdb"
    assert plate.dev == "vda"


def test_devices_are_in_document_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each device of a known kind has the same wrapper each time; the emulator and comments are omitted."""
    known = {"disk": Plate, "interface": Card}
    monkeypatch.setattr("virtinstall.devices.device_class", known.get, raising=False)
    domain = Domain.parse(
        "<domain><devices><emulator>/e</emulator><!-- mine --><interface/><novelty/>"
        "<disk/><interface/></devices></domain>"
    )
    assert [type(device) for device in domain.devices] == [Card, Plate, Card]
    assert domain.devices == domain.devices
    assert [device for device in domain.devices if isinstance(device, Plate)] == domain.devices_of(Plate)
    assert Domain().devices == []


def test_a_removed_device_can_be_added_again() -> None:
    """It is added to the same domain or to another one."""
    domain, other = Domain(), Domain()
    plate = Plate(dev="vda", parsed="20 GiB")
    domain.add(plate)
    domain.remove(plate)
    assert domain.devices_of(Plate) == []
    other.add(plate)
    assert [found.parsed for found in other.devices_of(Plate)] == ["20 GiB"]


def test_option_belongs_to_the_domain_or_a_section() -> None:
    """The section is the only one of its kind or a new element."""
    domain = Domain()
    assert domain.section(Metadata) is domain
    assert domain.section(XmlEdits) is domain
    assert domain.section(Os) is domain.os
    first, second = domain.section(Seclabel), domain.section(Seclabel)
    assert first is not second
    watchdog = domain.section(Watchdog)
    assert domain.devices_of(Watchdog) == [watchdog]


def test_sections_are_in_libvirts_order() -> None:
    """The order of options does not affect the XML."""
    domain = parsed(
        "--qemu-commandline -foo",
        "--watchdog itco",
        "--events on_crash=destroy",
        "--cpu host-model",
        "--launchSecurity sev",
        "--seclabel model=dac",
        "--features acpi=on",
        "--vcpus 2,maxvcpus=4",
        "--memory 512,maxMemory=1024",
        "--metadata description=d,title=t,name=n,uuid=u",
        "--boot hd",
        "--iothreads 1",
    )
    assert [child.tag.rpartition("}")[2] for child in domain.ensure_node()] == [
        "name",
        "uuid",
        "title",
        "description",
        "maxMemory",
        "memory",
        "currentMemory",
        "vcpu",
        "iothreads",
        "os",
        "features",
        "cpu",
        "on_crash",
        "devices",
        "seclabel",
        "commandline",
        "launchSecurity",
    ]


def test_undeclared_elements_are_kept() -> None:
    """Comments, foreign elements and unknown devices of a parsed domain are kept unchanged."""
    text = (
        "<domain><!-- mine --><name>a</name><x:y xmlns:x='urn:x'/>"
        "<devices><disk/><novelty kind='x'/></devices><memory>1</memory></domain>"
    )
    domain = Domain.parse(text)
    domain.add(Card(model="a"))
    domain.memory_kib = 2
    assert domain.to_xml() == (
        "<domain>\n  <!-- mine -->\n  <name>a</name>\n"
        '  <x:y xmlns:x="urn:x"/>\n  <devices>\n    <disk/>\n'
        '    <interface>\n      <model type="a"/>\n    </interface>\n    <novelty kind="x"/>\n'
        "  </devices>\n  <memory>2</memory>\n</domain>\n"
    )


def test_clearxml_empties_one_section() -> None:
    """An empty section is removed; the domain cannot be cleared."""
    domain = parsed("--memory 512", "--features acpi=on,pae=on", "--clock hpet_present=no")
    parsed("--features clearxml=yes,apic=on", "--clock clearxml=yes", domain=domain)
    assert inside(domain) == (
        "<memory>524288</memory><currentMemory>524288</currentMemory><features><apic/></features>"
    )
    with pytest.raises(
        RequestError, match="--memory clearxml: not supported, because this option does not have a separate XML element"
    ):
        parsed("--memory clearxml=yes", domain=domain)


def test_forty_devices_take_a_few_milliseconds() -> None:
    """They are added, found and copied."""
    best = 1.0
    for _ in range(5):
        start = time.process_time()
        domain = Domain()
        for number in range(20):
            domain.add(Plate(dev=f"vd{number}"))
            domain.add(Card(model="virtio"))
        for _ in range(10):
            assert len({plate.dev for plate in domain.devices_of(Plate)}) == 20
        domain.clone()
        best = min(best, time.process_time() - start)
    assert best < 0.02
