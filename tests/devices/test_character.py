"""--serial, --parallel, --channel, --console: back ends of character devices."""

from __future__ import annotations

import pytest

from tests.devices.parsed import line, parsed
from virtinstall.devices.channel import Channel
from virtinstall.devices.character import CharacterDevice
from virtinstall.devices.console import Console
from virtinstall.devices.parallel import Parallel
from virtinstall.devices.serial import Serial
from virtinstall.errors import RequestError


@pytest.mark.parametrize("cls", [Serial, Parallel, Console, Channel])
def test_all_four_alike(cls: type[CharacterDevice]) -> None:
    """All four accept the same sub-options; `none` as the whole value means no such device."""
    assert cls.none_word == "suppress"
    assert line(parsed(cls, "char_type=file,path=/a,log.file=/b,log.append=yes")) == (
        f'<{cls.tag} type="file"><source path="/a"/><log file="/b" append="on"/></{cls.tag}>'
    )
    assert parsed(cls, "default").type is None


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("host=1.2.3.4:2222", '<source mode="connect" host="1.2.3.4" service="2222"/>'),
        ("host=:2222", '<source mode="connect" host="127.0.0.1" service="2222"/>'),
        ("host=[::1]:2222", '<source mode="connect" host="::1" service="2222"/>'),
        ("host=::1", '<source mode="connect" host="::1"/>'),
        ("host=example", '<source mode="connect" host="example"/>'),
    ],
)
def test_host_and_port(text: str, xml: str) -> None:
    """The port is split off the host; without a host it is this one; an IPv6 address with a port needs brackets."""
    assert line(parsed(Serial, f"tcp,{text}")) == f'<serial type="tcp">{xml}</serial>'


def test_listening() -> None:
    """With mode=bind, `host` is the address to listen on, in any order."""
    assert line(parsed(Serial, "tcp,host=0.0.0.0:2222,mode=bind,protocol=telnet,source.tls=on")) == (
        '<serial type="tcp"><source mode="bind" host="0.0.0.0" service="2222" tls="yes"/>'
        '<protocol type="telnet"/></serial>'
    )


def test_both_ends_of_udp() -> None:
    """The addresses to send to and to listen on are two sources."""
    device = parsed(Serial, "udp,host=1.2.3.4:2222,bind_host=127.0.0.1:4556")
    assert (device.bind_host, str(device.bind_service)) == ("127.0.0.1", "4556")
    assert (device.connect_host, str(device.connect_service)) == ("1.2.3.4", "2222")


def test_both_ends_in_full() -> None:
    """Separate port sub-options override the port of HOST:PORT."""
    device = parsed(Serial, "tcp,source.connect_host=1.2.3.4:55,source.connect_service=66")
    assert line(device) == '<serial type="tcp"><source mode="connect" host="1.2.3.4" service="66"/></serial>'


def test_null_modem() -> None:
    """bhyve's null modem has two ends."""
    assert line(parsed(Serial, "nmdm,source.master=/dev/nmdm0A,source.slave=/dev/nmdm0B")) == (
        '<serial type="nmdm"><source master="/dev/nmdm0A" slave="/dev/nmdm0B"/></serial>'
    )


def test_guest_forwarding() -> None:
    """A guestfwd channel has an address in the guest's network; the port is split off it."""
    device = parsed(Channel, "unix,path=/a,mode=bind,target_type=guestfwd,target_address=10.0.2.1:4600")
    assert (device.target_type, device.target_address, device.target_port) == ("guestfwd", "10.0.2.1", 4600)


def test_guest_forwarding_port_must_be_a_number() -> None:
    """A port that is not a number is rejected; the error names the sub-option."""
    with pytest.raises(RequestError, match=r"--channel target\.address=10\.0\.2\.1:x: "):
        parsed(Channel, "unix,target.address=10.0.2.1:x")


def test_named_channel() -> None:
    """`name` is the channel's name in the guest."""
    assert line(parsed(Channel, "pty,target_type=virtio,name=org.example.0")) == (
        '<channel type="pty"><target type="virtio" name="org.example.0"/></channel>'
    )


def test_serial_model() -> None:
    """The port's kind, number and model."""
    device = parsed(Serial, "pty,target.type=isa-serial,target.port=0,target.model.name=isa-serial")
    assert line(device) == (
        '<serial type="pty"><target type="isa-serial" port="0"><model name="isa-serial"/></target></serial>'
    )


@pytest.mark.parametrize("name", ["source.service", "source.bind_service", "source.connect_service"])
def test_ports_are_numbers(name: str) -> None:
    """A port that is not a number is rejected before libvirt sees it."""
    with pytest.raises(RequestError, match=f"--serial {name}=ssh: must be a whole number"):
        parsed(Serial, f"tcp,{name}=ssh")
    with pytest.raises(RequestError, match="--serial host=a:ssh: the port must be a whole number"):
        parsed(Serial, "tcp,host=a:ssh")
