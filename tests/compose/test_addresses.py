"""`--network ip=`: addresses that libvirt reserves, and those that cloud-init configures."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.compose.hosts import DATA, HostFiles, compose
from virtinstall.compose.addresses import AddressError
from virtinstall.facts import NetworkFacts, SeedFacts, SubnetFacts
from virtinstall.options.command import parse_request
from virtinstall.plan import Plan, actions_of
from virtinstall.seed.cloud_init import CloudInitRequest

HOST = HostFiles(
    (DATA / "capabilities-debian12.xml").read_text(), (DATA / "domain-capabilities-kvm-q35.xml").read_text()
)
MAC = "52:54:00:00:00:01"
SEED = CloudInitRequest(keep=True)


def network(*subnets: SubnetFacts, forward: str | None = "nat", **more: Any) -> dict[str, NetworkFacts]:
    """Return the facts about one virtual network, `lab`."""
    return {"lab": NetworkFacts(name="lab", active=True, forward=forward, pxe=False, subnets=subnets, **more)}


DHCP = network(SubnetFacts(address="10.7.0.1", prefix=24, has_dhcp=True))


def plan(*networks: str, seed: CloudInitRequest | None = SEED, **facts: Any) -> Plan:
    """Return the plan of a guest with these networks."""
    words = [word for each in networks for word in ("--network", each)]
    cloud = [] if seed is None else ["--cloud-init"]
    request = parse_request(
        ["--name", "guest", "--memory", "2048", "--disk", "/images/d.qcow2,size=10", "--import", *cloud, *words]
    )
    return compose(request, HOST.facts(seeds=SeedFacts(cloud_init=seed), **facts))


def network_config(plan: Plan) -> Any:
    """Return the interfaces of cloud-init's network configuration, or None."""
    text = dict(plan.seeds[0].files).get("network-config")
    return None if text is None else yaml.safe_load(text)["ethernets"]


def test_virtual_network_reserves_the_address() -> None:
    """The guest uses DHCP, so cloud-init needs no network configuration."""
    made = plan(f"network=lab,mac={MAC},ip=10.7.0.10", networks=DHCP)
    assert [(each.network, each.mac, each.address, each.name) for each in made.reservations] == [
        ("lab", MAC, "10.7.0.10", "guest")
    ]
    assert network_config(made) is None
    assert f"reserve the address 10.7.0.10 for {MAC} in the network 'lab'" in [each.text for each in actions_of(made)]


def test_address_on_a_bridge_is_configured_by_cloud_init() -> None:
    """The network configuration requests DHCP for the other interfaces, because it replaces the default one."""
    made = plan(
        f"bridge=br0,mac={MAC},ip=10.0.0.5/24,fd00::5/64,gateway=10.0.0.1,nameservers=10.0.0.1,9.9.9.9",
        "network=lab,mac=52:54:00:00:00:02,ip=10.7.0.10",
        networks=DHCP,
    )
    assert network_config(made) == {
        "eth0": {
            "match": {"macaddress": MAC},
            "set-name": "eth0",
            "addresses": ["10.0.0.5/24", "fd00::5/64"],
            "gateway4": "10.0.0.1",
            "nameservers": {"addresses": ["10.0.0.1", "9.9.9.9"]},
        },
        "eth1": {"match": {"macaddress": "52:54:00:00:00:02"}, "set-name": "eth1", "dhcp4": True},
    }
    assert [each.address for each in made.reservations] == ["10.7.0.10"]


@pytest.mark.parametrize(("forward", "router"), [("nat", "10.7.0.1"), (None, None)])
def test_address_in_a_network_without_dhcp_is_configured_by_cloud_init(forward: str | None, router: str | None) -> None:
    """The network determines the prefix length; the host is the gateway unless the network is isolated."""
    networks = network(SubnetFacts(address="10.7.0.1", prefix=20), forward=forward)
    config = network_config(plan(f"network=lab,mac={MAC},ip=10.7.0.10", networks=networks))
    assert config["eth0"]["addresses"] == ["10.7.0.10/20"]
    assert config["eth0"].get("gateway4") == router


def test_ipv6_address_is_reserved_and_configured() -> None:
    """libvirt's DHCPv6 server identifies clients by name, which many clients do not send."""
    subnets = (
        SubnetFacts(address="10.7.0.1", prefix=24, has_dhcp=True),
        SubnetFacts(address="fd07::1", prefix=64, has_dhcp=True),
    )
    made = plan(f"network=lab,mac={MAC},ip=10.7.0.10,fd07::10", networks=network(*subnets))
    assert [each.address for each in made.reservations] == ["10.7.0.10", "fd07::10"]
    config = network_config(made)["eth0"]
    assert (config["dhcp4"], config["addresses"]) == (True, ["fd07::10/64"])
    bare = plan(f"network=lab,mac={MAC},ip=fd07::10", seed=None, networks=network(*subnets))
    assert any("only if its DHCPv6 client sends the host name 'guest'" in each for each in bare.warnings)


@pytest.mark.parametrize(
    ("words", "more", "message"),
    [
        (
            "bridge=br0,ip=10.0.0.5/24",
            {"seed": None},
            "neither libvirt's DHCP server nor cloud-init can assign this address",
        ),
        (
            "user,ip=10.0.0.5/24",
            {"seed": None},
            "neither libvirt's DHCP server nor cloud-init can assign this address",
        ),
        ("bridge=br0,ip=10.0.0.5", {}, "the prefix length is missing"),
        (
            "bridge=br0,ip=10.0.0.5/24,gateway=10.1.0.1",
            {},
            "gateway=10.1.0.1: the gateway is not in the network 10.0.0.0/24",
        ),
        ("bridge=br0,ip=10.0.0.5/24,nameservers=dns", {}, "nameservers=dns: invalid IP address"),
        (
            "bridge=br0,ip=10.0.0.5/24",
            {"seed": SEED.__class__(network_config="x")},
            "omit --cloud-init network-config=",
        ),
        ("network=gone,ip=10.7.0.10", {}, "no such virtual network: 'gone'"),
        (
            "network=lab,ip=10.7.0.10",
            {
                "networks": network(DHCP["lab"].subnets[0], leases=((MAC, "10.7.0.10"),)),
                "guest_macs": {MAC: "other"},
            },
            "the address is leased to the guest 'other'",
        ),
    ],
)
def test_address_that_cannot_be_assigned_is_an_error(words: str, more: dict[str, Any], message: str) -> None:
    """The error states the reason."""
    with pytest.raises(AddressError) as caught:
        plan(words, **{"networks": DHCP, **more})
    assert message in f"{caught.value.message} {caught.value.hint}"


def test_lease_of_an_unknown_client_is_a_warning() -> None:
    """The client does not belong to a guest, and its lease will expire."""
    networks = network(DHCP["lab"].subnets[0], leases=((MAC, "10.7.0.10"),))
    made = plan("network=lab,ip=10.7.0.10", networks=networks)
    assert any(f"is leased to {MAC}" in each for each in made.warnings)


def test_dns_name_of_another_reservation_is_not_used() -> None:
    """The address is reserved without a name, and a warning is printed."""
    subnet = DHCP["lab"].subnets[0].replace(hosts=(("52:54:00:00:00:99", "guest", "10.7.0.9"),))
    made = plan("network=lab,ip=10.7.0.10", networks=network(subnet))
    assert made.reservations[0].name is None
    assert any("the guest does not get a DNS name in the network 'lab'" in each for each in made.warnings)


def test_only_the_first_interface_has_the_dns_name() -> None:
    """libvirt rejects a second reservation with the same name in a network."""
    found = plan("network=lab,ip=10.7.0.10", "network=lab,ip=10.7.0.11", networks=DHCP)
    assert [(each.address, each.name) for each in found.reservations] == [("10.7.0.10", "guest"), ("10.7.0.11", None)]


def test_dotted_ip_sub_options_set_the_xml() -> None:
    """`ip.address` sets libvirt's <ip> element, for containers, and reserves nothing."""
    made = plan("bridge=br0,ip.address=10.0.0.5,ip.prefix=24")
    assert b'<ip address="10.0.0.5" prefix="24"/>' in made.xml.encode() and made.reservations == ()
