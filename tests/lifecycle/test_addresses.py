"""`virt-guest list` and `ip`: addresses of one guest, and summaries of all guests."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jsonschema
import pytest
from lxml import etree

import virtinstall
from tests.lifecycle.test_delete_command import TEST
from virtinstall.cli.guest_list import age
from virtinstall.cli.main import guest_main
from virtinstall.guest_record import NAMESPACE, GuestRecord, Reservation
from virtinstall.lifecycle.addresses import GuestAddress, guest_addresses

SCHEMA = Path(virtinstall.__file__).parent / "schema"
UUID = "156f25fd-22c6-4a33-81d7-ff7799335bc3"
MAC, OTHER = "52:54:00:00:00:01", "52:54:00:00:00:02"
INTERFACE = f"<interface type='network'><source network='lan'/><mac address='{MAC}'/></interface>"


class _Guest:
    """A guest on a network; `known` maps each source to its addresses."""

    name = "web"

    def __init__(self, known: dict[str, list[str]], *, active: bool = True) -> None:
        self.known = known
        self.active = active

    def xml(self, *, inactive: bool = False) -> str:
        return f"<domain><devices>{INTERFACE}</devices></domain>"

    def is_active(self) -> bool:
        return self.active

    def addresses_from(self, source: str) -> list[str]:
        return self.known.get(source, [])


class _Host:
    """A host with a network that has these reservations and leases."""

    def __init__(self, *known: tuple[str, str, str]) -> None:
        self.known = list(known)

    def network_addresses(self, network: str) -> list[tuple[str, str, str]]:
        return self.known if network == "lan" else []


RESERVED, LEASED = (MAC, "192.0.2.1", "reservation"), (MAC, "192.0.2.2", "lease")


@pytest.mark.parametrize(
    ("networks", "sources", "expected"),
    [
        ([LEASED, RESERVED], {"agent": ["192.0.2.3"]}, ("192.0.2.1", "reservation")),
        ([LEASED], {"agent": ["192.0.2.3"], "arp": ["192.0.2.4"]}, ("192.0.2.2", "lease")),
        ([(OTHER, "192.0.2.9", "lease")], {"agent": ["192.0.2.3"], "arp": ["192.0.2.4"]}, ("192.0.2.3", "agent")),
        ([], {"arp": ["192.0.2.4"]}, ("192.0.2.4", "arp")),
    ],
)
def test_addresses_come_from_the_best_source(
    networks: list[tuple[str, str, str]], sources: dict[str, list[str]], expected: tuple[str, str]
) -> None:
    """The order is reservation, lease, agent, ARP."""
    found = guest_addresses(_Guest(sources), _Host(*networks))  # type: ignore[arg-type]
    assert found == [GuestAddress(address=expected[0], source=expected[1])]


def test_guest_that_is_off_has_only_reservations() -> None:
    """Another guest may have its lease now."""
    guest = _Guest({}, active=False)
    assert guest_addresses(guest, _Host(LEASED)) == []  # type: ignore[arg-type]
    assert [each.address for each in guest_addresses(guest, _Host(LEASED, RESERVED))] == ["192.0.2.1"]  # type: ignore[arg-type]


def test_ipv6_reservation_is_found_by_the_record() -> None:
    """It contains a name instead of a MAC address; those of other guests are ignored."""
    guest = _Guest({"agent": ["192.0.2.3"]})
    record = GuestRecord(uuid=UUID, reservations=(Reservation(network="lan", mac=MAC, address="2001:db8::7"),))
    element = record.to_xml().replace("<guest ", f"<v:guest xmlns:v='{NAMESPACE}' ").replace("</guest", "</v:guest")
    metadata = f"<uuid>{UUID}</uuid><metadata>{element}</metadata>"
    guest.xml = lambda **_: f"<domain>{metadata}<devices>{INTERFACE}</devices></domain>"  # type: ignore[method-assign]
    host = _Host(("", "2001:db8::8", "reservation"), ("", "2001:db8::7", "reservation"))
    found = guest_addresses(guest, host)  # type: ignore[arg-type]
    assert found == [GuestAddress(address="2001:db8::7", source="reservation")]


def test_list_json_conforms_to_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """The table contains the same guest."""
    assert guest_main(["list", *TEST, "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((SCHEMA / "guest-list.json").read_text()))
    assert [(each["name"], each["state"], each["memory_kib"], each["vcpus"]) for each in document["guests"]] == [
        ("test", "running", 2097152, 2)
    ]
    assert guest_main(["list", *TEST]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["test", "running"]


def test_listing_1000_guests_takes_less_than_a_second(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each guest is queried once, and their network only once."""
    node = etree.Element("node")
    for number in range(1000):
        node.append(
            etree.fromstring(
                f"<domain type='test'><name>g{number:04}</name><memory>65536</memory><os><type>hvm</type></os>"
                f"<devices>{INTERFACE}</devices></domain>"
            )
        )
    path = tmp_path / "node.xml"
    path.write_bytes(etree.tostring(node))
    begin = time.process_time()
    assert guest_main(["list", "--connect", f"test://{path}"]) == 0
    assert time.process_time() - begin < 1
    assert len(capsys.readouterr().out.splitlines()) == 1001


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        ("2026-11-30T12:00:00Z", "0s"),
        ("2026-11-30T11:58:30Z", "1m"),
        ("2026-11-29T13:00:00Z", "23h"),
        ("2026-11-01T12:00:00Z", "29d"),
        (None, "-"),
        ("yesterday", "-"),
    ],
)
def test_age_is_shown_in_the_largest_unit(created: str | None, expected: str) -> None:
    """If the record contains no valid time, the age is `-`."""
    assert age(created, 1796040000.0) == expected


def test_ip_prints_one_address_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The output can be used in another command."""
    assert guest_main(["ip", *TEST, "test"]) == 0
    assert capsys.readouterr().out == "192.168.122.3\n"
    assert guest_main(["ip", *TEST, "test", "--output", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((SCHEMA / "guest-ip.json").read_text()))


def test_ip_of_a_missing_guest_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """The error states the name."""
    assert guest_main(["ip", *TEST, "tets"]) == 1
    assert "no such guest: 'tets'" in capsys.readouterr().err
