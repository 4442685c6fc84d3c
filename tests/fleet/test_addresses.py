"""Fixed addresses: reservations in networks of libvirt's test driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

import virtinstall
from virtinstall import Hypervisor, Lab
from virtinstall.fleet.nodes import FileError

REST = "memory: 64, disk: none, import: true, osinfo: generic"
NETWORK = """<network>
 <name>lab</name><bridge name='virbr77'/>
 <ip address='10.7.0.1' netmask='255.255.255.0'><dhcp><range start='10.7.0.2' end='10.7.0.99'/>
  <host mac='52:54:00:00:00:99' name='printer' ip='10.7.0.9'/></dhcp></ip>
 <ip family='ipv6' address='fd07::1' prefix='64'><dhcp><range start='fd07::100' end='fd07::1ff'/></dhcp></ip>
</network>"""


@pytest.fixture(autouse=True)
def lab_network(hypervisor: Hypervisor) -> Iterator[None]:
    """The network `lab`, where 10.7.0.9 is reserved for a printer."""
    network = hypervisor.host.connection.networkDefineXML(NETWORK)
    network.create()
    yield
    network.destroy()
    network.undefine()


def lab(guests: str) -> Lab:
    """Return a lab with these guests, one per line."""
    return Lab.parse(f"version: 1\nproject: p\nguests:\n{guests}", "guests.yaml")


def one(network: str, name: str = "a") -> Lab:
    """Return a lab of one guest with this network."""
    return lab(f"  {name}: {{{REST}, network: {network}}}\n")


def hosts(hypervisor: Hypervisor) -> list[tuple[str | None, str | None]]:
    """Return (name, address) of the reservations in the network `lab`, except the printer's."""
    root = etree.fromstring(hypervisor.host.connection.networkLookupByName("lab").XMLDesc(0))
    found = [(host.get("name"), host.get("ip")) for host in root.iterfind("ip/dhcp/host")]
    return [each for each in found if each[0] != "printer"]


def apply(wanted: Lab, hypervisor: Hypervisor) -> list[str]:
    """Apply the file, expecting success; return the actions."""
    outcomes = wanted.apply(hypervisor)
    assert [each.message for each in outcomes if each.status in ("failed", "skipped")] == []
    return [each.action for each in outcomes]


def test_address_is_reserved_recorded_and_kept(hypervisor: Hypervisor) -> None:
    """The reservation has the name of the guest; a second apply changes nothing."""
    wanted = one("{network: lab, ip: 10.7.0.10}")
    assert apply(wanted, hypervisor) == ["create"]
    assert hosts(hypervisor) == [("a", "10.7.0.10")]
    record = hypervisor.guest("a").record
    assert record is not None
    assert [(each.network, each.address) for each in record.reservations] == [("lab", "10.7.0.10")]
    assert not wanted.diff(hypervisor)[0].is_different
    assert apply(wanted, hypervisor) == ["none"]
    assert [each.address for each in hypervisor.guest("a").find_addresses()] == ["10.7.0.10"]


def test_ipv4_and_ipv6_addresses_are_reserved(hypervisor: Hypervisor) -> None:
    """The deletion of the guest removes both reservations."""
    apply(one("[{network: lab, ip: [10.7.0.10, 'fd07::10']}]"), hypervisor)
    assert hosts(hypervisor) == [("a", "10.7.0.10"), ("a", "fd07::10")]
    plan = hypervisor.deletion_plan("a")
    hypervisor.delete(plan, force=True)
    assert hosts(hypervisor) == []


def test_changed_address_moves_the_reservation(hypervisor: Hypervisor) -> None:
    """The guest is not created again, and the old reservation is removed."""
    apply(one("{network: lab, ip: 10.7.0.10}"), hypervisor)
    uuid = hypervisor.guest("a").uuid
    moved = one("{network: lab, ip: 10.7.0.11}")
    assert apply(moved, hypervisor) == ["update"]
    assert hosts(hypervisor) == [("a", "10.7.0.11")]
    assert hypervisor.guest("a").uuid == uuid
    assert not moved.diff(hypervisor)[0].is_different
    without = one("{network: lab}")
    assert apply(without, hypervisor) == ["update"]
    assert hosts(hypervisor) == []


def test_lost_reservation_is_restored(hypervisor: Hypervisor) -> None:
    """The next apply creates a reservation that somebody removed."""
    wanted = one("{network: lab, ip: 10.7.0.10}")
    apply(wanted, hypervisor)
    record = hypervisor.guest("a").record
    assert record is not None
    hypervisor.host.remove_reservation("lab", record.reservations[0].mac, "10.7.0.10")
    (found,) = wanted.diff(hypervisor)
    assert (found.action, found.changes[0].path) == ("update", "reservation[lab/10.7.0.10]")
    assert found.drift == ()
    assert apply(wanted, hypervisor) == ["update"]
    assert hosts(hypervisor) == [("a", "10.7.0.10")]
    assert not wanted.diff(hypervisor)[0].is_different


def test_added_interface_gets_its_address(hypervisor: Hypervisor) -> None:
    """The address is reserved before the interface is added."""
    apply(one("[{network: lab}]"), hypervisor)
    hypervisor.guest("a").destroy()
    two = one("[{network: lab}, {network: lab, ip: 10.7.0.12}]")
    assert apply(two, hypervisor) == ["update"]
    assert hosts(hypervisor) == [("a", "10.7.0.12")]
    assert not two.diff(hypervisor)[0].is_different


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("ip: 10.8.0.1", "ip=10.8.0.1: the address is not in the network 'lab' (10.7.0.0/24, fd07::/64)"),
        ("ip: 10.7.0.1", "ip=10.7.0.1: this is the host's address in the network 'lab'"),
        ("ip: 10.7.0.0", "ip=10.7.0.0: this is the network address of 10.7.0.0/24"),
        ("ip: 10.7.0.255", "ip=10.7.0.255: this is the broadcast address of 10.7.0.0/24"),
        ("ip: 10.7.0.5/16", "ip=10.7.0.5/16: the prefix length of the network 'lab' is 24"),
        ("ip: 10.7.0.9", "ip=10.7.0.9: the address is reserved for 52:54:00:00:00:99 ('printer') in the network 'lab'"),
        (
            "ip: 10.7.0.10, mac: '52:54:00:00:00:99'",
            "ip=10.7.0.10: the network 'lab' reserves 10.7.0.9 for the MAC address 52:54:00:00:00:99",
        ),
        ("ip: 10.7.0", "ip=10.7.0: invalid IP address"),
        ("ip: 'fd08::1'", "ip=fd08::1: the address is not in the network 'lab' (10.7.0.0/24, fd07::/64)"),
        ("ip: 'fd07::1'", "ip=fd07::1: this is the host's address in the network 'lab'"),
        ("ip: [10.7.0.10, 10.7.0.10]", "ip=10.7.0.10: the address is specified more than once"),
        (
            "ip: 10.7.0.10, gateway: 10.7.0.1",
            "gateway= cannot be used with the network 'lab', whose DHCP server sets the gateway and the name servers",
        ),
        ("gateway: 10.7.0.1", "gateway=10.7.0.1 requires ip="),
    ],
)
def test_conflict_is_found_before_anything_changes(hypervisor: Hypervisor, network: str, message: str) -> None:
    """The error contains the position of the address in the file."""
    wanted = lab(
        f"  a: {{{REST}, network: none}}\n"
        f"  b:\n    {REST.replace(', ', chr(10) + '    ')}\n"
        f"    network: [{{network: lab, {network}}}]\n"
    )
    column = 33 + network.index(":") - 1 if network.startswith("ip") else 15
    with pytest.raises(FileError) as caught:
        wanted.apply(hypervisor)
    assert caught.value.message == f"guests.yaml:10:{column}: b.network[0]: {message}"
    assert hypervisor.host.guest_named("a") is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("network: [{network: lab, ip: 10.7.0}]", "9:36: b.network[0]: ip=10.7.0: invalid IP address"),
        (
            "network: [{network: lab}], cloud-init: {user: bob}",
            "9:3: b: --cloud-init user=bob: the user would have no way",
        ),
    ],
)
def test_error_in_an_existing_guest_has_a_position(hypervisor: Hypervisor, values: str, message: str) -> None:
    """The error has the same format as for a new guest."""
    lab(f"  b: {{{REST}, network: [{{network: lab}}]}}\n").apply(hypervisor)
    wanted = lab(f"  b: {{{values}, {REST}}}\n".replace("  b", "\n" * 5 + "  b"))
    with pytest.raises(FileError) as caught:
        wanted.diff(hypervisor)
    assert caught.value.message.startswith(f"guests.yaml:{message}")


def test_two_guests_with_one_address_are_an_error() -> None:
    """The spelling does not matter; guests in different networks may have the same address."""
    other = "{network: lab, ip: 10.7.0.10}"
    with pytest.raises(FileError) as caught:
        lab(f"  a: {{network: {other}}}\n  b: {{network: [{{network: lab, ip: 10.7.0.10/24}}]}}\n")
    assert caught.value.message == "guests.yaml:5:36: b: the IP address 10.7.0.10 is already in use by the guest 'a'"
    lab(f"  a: {{network: {other}}}\n  b: {{network: [{{network: other, ip: 10.7.0.10}}]}}\n")
    with pytest.raises(FileError, match=r"IP address 10\.7\.0\.10 is already in use by the guest 'web-1'"):
        lab(f"  web: {{count: 2, network: {other}}}\n")
    lab("  web: {count: 2, network: {network: lab, ip: '10.7.0.1{n}'}}\n")


def test_reservation_is_removed_when_the_creation_fails(hypervisor: Hypervisor) -> None:
    """libvirt rejects the final XML of the guest."""
    wanted = one("{network: lab, ip: 10.7.0.10, mac: '52:54:00:00:00:01'}")
    plan = hypervisor.plan(wanted.guests[0].request)  # type: ignore[arg-type]
    plan.final.on_crash = "rubbish"
    with pytest.raises(virtinstall.HypervisorError):
        hypervisor.create(plan)
    assert hosts(hypervisor) == []


def test_reservation_of_the_user_is_used_and_kept(hypervisor: Hypervisor) -> None:
    """The guest's record does not contain it, so it is not removed with the guest."""
    apply(one("{network: lab, ip: 10.7.0.9, mac: '52:54:00:00:00:99'}"), hypervisor)
    record = hypervisor.guest("a").record
    assert record is not None and record.reservations == ()


def test_attached_interface_gets_a_reservation(hypervisor: Hypervisor) -> None:
    """`Guest.attach` adds it to the record."""
    apply(one("none"), hypervisor)
    guest = hypervisor.guest("a")
    guest.destroy()
    guest.attach(virtinstall.Interface(source_network="lab", ip="10.7.0.20"))
    assert hosts(hypervisor) == [("a", "10.7.0.20")]
    record = guest.record
    assert record is not None and [each.address for each in record.reservations] == ["10.7.0.20"]


def test_uuid_and_mac_address_are_reproducible(hypervisor: Hypervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest that is created again has the same ones, unless the MAC address is in use."""
    from virtinstall import create
    from virtinstall.fleet.planning import uuid_of

    monkeypatch.setattr(create, "remove_traces", lambda *ignored: True)
    wanted = one("{network: lab, ip: 10.7.0.10}")
    apply(wanted, hypervisor)
    (first,) = hypervisor.guest("a").domain.devices_of(virtinstall.Interface)
    assert hypervisor.guest("a").uuid == uuid_of("p", "a")
    hypervisor.guest("a").delete(force=True)
    network = f"{{network: lab, mac: '{first.mac_address}'}}"
    other = hypervisor.create(lab(f"  other: {{{REST}, network: {network}}}\n").guests[0].request)  # type: ignore[arg-type]
    apply(wanted, hypervisor)
    (second,) = hypervisor.guest("a").domain.devices_of(virtinstall.Interface)
    assert hypervisor.guest("a").uuid == uuid_of("p", "a") and second.mac_address != first.mac_address
    other.delete(force=True)
    hypervisor.guest("a").delete(force=True)
    apply(wanted, hypervisor)
    (third,) = hypervisor.guest("a").domain.devices_of(virtinstall.Interface)
    assert third.mac_address == first.mac_address
