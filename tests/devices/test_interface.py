"""--network: kinds of connection, shorthands, port forwarding."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.interface import Interface
from virtinstall.errors import RequestError


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("network=net1", '<interface type="network"><source network="net1"/></interface>'),
        ("bridge=br0", '<interface type="bridge"><source bridge="br0"/></interface>'),
        ("bridge=br0,network=net1", '<interface type="network"><source network="net1"/></interface>'),
        ("type=user,network=net1", '<interface type="user"/>'),
        ("bridge=br0,type=direct,source=eth0", '<interface type="direct"><source dev="eth0"/></interface>'),
    ],
)
def test_network_and_bridge_set_kind_and_source(text: str, xml: str) -> None:
    """A kind overrides them, and a network overrides a bridge."""
    assert line(parsed(Interface, text)) == xml


@pytest.mark.parametrize(
    ("kind", "attribute"), [("network", "network"), ("bridge", "bridge"), ("direct", "dev"), ("vdpa", "dev")]
)
def test_source_depends_on_the_kind(kind: str, attribute: str) -> None:
    """`source` sets the attribute of the kind of connection; the order of the sub-options does not matter."""
    expected = f'<interface type="{kind}"><source {attribute}="x"/></interface>'
    assert line(parsed(Interface, f"source=x,type={kind}")) == expected


def test_source_of_other_kinds_is_ignored() -> None:
    """They have no attribute for it."""
    assert line(parsed(Interface, "user,source=x")) == '<interface type="user"/>'


def test_default_network_leaves_the_kind_open() -> None:
    """Nothing is written, and the request for the default is recorded."""
    interface = parsed(Interface, "default,model=virtio")
    assert interface.wanted_type == "default"
    assert line(interface) == '<interface><model type="virtio"/></interface>'
    assert parsed(Interface, "type=user", interface).wanted_type is None


def test_passt_is_a_backend() -> None:
    """`passt` is user mode with another backend."""
    assert line(parsed(Interface, "passt")) == '<interface type="user"><backend type="passt"/></interface>'


def test_log_file_is_converted_to_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory of libvirt's daemon differs from the user's."""
    monkeypatch.chdir(tmp_path)
    assert parsed(Interface, "passt,backend.logFile=a.log").backend_log_file == str(tmp_path / "a.log")


def test_random_mac_address_is_generated_later() -> None:
    """RANDOM leaves the address to the composer."""
    interface = parsed(Interface, "user,mac=52:54:00:12:34:56")
    assert interface.mac_address == "52:54:00:12:34:56"
    assert parsed(Interface, "mac=RANDOM", interface).mac_address is None


@pytest.mark.parametrize(("word", "state"), [("up", "up"), ("down", "down"), ("yes", "up"), ("off", "down")])
def test_link_state_accepts_switches(word: str, state: str) -> None:
    """Its values are up and down; those of a switch are accepted as well."""
    assert parsed(Interface, f"user,link_state={word}").link_state == state


def test_host_device_is_a_request() -> None:
    """The device is resolved when the host is queried."""
    interface = parsed(Interface, "hostdev=enp3s0,managed=yes")
    assert interface.hostdev == "enp3s0"
    assert line(interface) == '<interface managed="yes"/>'


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("8080:80", '<portForward proto="tcp"><range start="8080" to="80"/></portForward>'),
        ("22", '<portForward proto="tcp"><range start="22"/></portForward>'),
        ("3000-3010", '<portForward proto="tcp"><range start="3000" end="3010"/></portForward>'),
        (
            "127.0.0.1:8080-8090:80/udp",
            '<portForward proto="udp" address="127.0.0.1"><range start="8080" end="8090" to="80"/></portForward>',
        ),
        ("::1:2222:22", '<portForward proto="tcp" address="::1"><range start="2222" to="22"/></portForward>'),
        ("::1:22", '<portForward proto="tcp" address="::1"><range start="22"/></portForward>'),
        ("fe80::1:8080", '<portForward proto="tcp" address="fe80::1"><range start="8080"/></portForward>'),
    ],
)
def test_short_port_forward_is_expanded(text: str, xml: str) -> None:
    """The form consists of address, ports, the guest's port and the protocol; all except the ports are optional."""
    interface = parsed(Interface, f"passt,portForward={text}")
    assert line(interface) == f'<interface type="user"><backend type="passt"/>{xml}</interface>'


def test_port_forwards_are_numbered() -> None:
    """Rules and their ranges have numbers; without a number, the first is meant."""
    interface = parsed(
        Interface,
        "passt,portForward=22,portForward1.proto=udp,portForward1.range.start=1,portForward1.range1.exclude=yes",
    )
    assert [rule.proto for rule in interface.port_forwards] == ["tcp", "udp"]
    assert [part.exclude for part in interface.port_forwards[1].ranges] == [None, True]


def test_invalid_port_is_rejected() -> None:
    """A port must be a number."""
    with pytest.raises(RequestError, match=r"--network portForward=http: must have the form \[ADDRESS:\]PORT"):
        parsed(Interface, "passt,portForward=http")


def test_numbers_may_be_hexadecimal() -> None:
    """Numbers are written as decimal, regardless of how they were typed."""
    interface = parsed(Interface, "user,virtualport_managerid=0x1f")
    assert line(interface) == (
        '<interface type="user"><virtualport><parameters managerid="31"/></virtualport></interface>'
    )


def test_shorthand_overrides_source() -> None:
    """`network` and `bridge` set the source."""
    assert parsed(Interface, "network=net1,source=other").source_network == "net1"
    assert parsed(Interface, "bridge=br0,source=br1").source_bridge == "br0"


def test_forwarded_address_in_brackets() -> None:
    """The brackets around an IPv6 address are not part of it."""
    assert parsed(Interface, "passt,portForward=[::1]:2222:22").port_forwards[0].address == "::1"
