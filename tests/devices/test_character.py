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
def test_character_devices_have_the_same_sub_options(cls: type[CharacterDevice]) -> None:
    """`none` as the whole value means that the guest has no such device."""
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
def test_host_may_contain_the_port(text: str, xml: str) -> None:
    """Without a host, it is this one; an IPv6 address with a port needs brackets."""
    assert line(parsed(Serial, f"tcp,{text}")) == f'<serial type="tcp">{xml}</serial>'


def test_bind_mode_sets_the_listen_address() -> None:
    """The order of `mode=bind` and `host=` does not matter."""
    assert line(parsed(Serial, "tcp,host=0.0.0.0:2222,mode=bind,protocol=telnet,source.tls=on")) == (
        '<serial type="tcp"><source mode="bind" host="0.0.0.0" service="2222" tls="yes"/>'
        '<protocol type="telnet"/></serial>'
    )


def test_udp_has_two_sources() -> None:
    """They are the address to send to and the address to listen on."""
    device = parsed(Serial, "udp,host=1.2.3.4:2222,bind_host=127.0.0.1:4556")
    assert (device.bind_host, str(device.bind_service)) == ("127.0.0.1", "4556")
    assert (device.connect_host, str(device.connect_service)) == ("1.2.3.4", "2222")


def test_port_overrides_that_of_the_host() -> None:
    """Separate port sub-options override the port of HOST:PORT."""
    device = parsed(Serial, "tcp,source.connect_host=1.2.3.4:55,source.connect_service=66")
    assert line(device) == '<serial type="tcp"><source mode="connect" host="1.2.3.4" service="66"/></serial>'


def test_null_modem_has_two_ends() -> None:
    """It is a device of bhyve."""
    assert line(parsed(Serial, "nmdm,source.master=/dev/nmdm0A,source.slave=/dev/nmdm0B")) == (
        '<serial type="nmdm"><source master="/dev/nmdm0A" slave="/dev/nmdm0B"/></serial>'
    )


def test_guest_forwarding_has_an_address_and_port() -> None:
    """A guestfwd channel has an address in the guest's network, which may contain the port."""
    device = parsed(Channel, "unix,path=/a,mode=bind,target_type=guestfwd,target_address=10.0.2.1:4600")
    assert (device.target_type, device.target_address, device.target_port) == ("guestfwd", "10.0.2.1", 4600)


def test_guest_forwarding_port_must_be_a_number() -> None:
    """A port that is not a number is rejected; the error names the sub-option."""
    with pytest.raises(RequestError, match=r"--channel target\.address=10\.0\.2\.1:x: "):
        parsed(Channel, "unix,target.address=10.0.2.1:x")


def test_name_of_a_channel_is_that_in_the_guest() -> None:
    """It is an attribute of the target."""
    assert line(parsed(Channel, "pty,target_type=virtio,name=org.example.0")) == (
        '<channel type="pty"><target type="virtio" name="org.example.0"/></channel>'
    )


def test_serial_port_has_kind_number_and_model() -> None:
    """They are values of the target."""
    device = parsed(Serial, "pty,target.type=isa-serial,target.port=0,target.model.name=isa-serial")
    assert line(device) == (
        '<serial type="pty"><target type="isa-serial" port="0"><model name="isa-serial"/></target></serial>'
    )


@pytest.mark.parametrize("name", ["source.service", "source.bind_service", "source.connect_service"])
def test_port_must_be_a_number(name: str) -> None:
    """The error comes before libvirt's."""
    with pytest.raises(RequestError, match=f"--serial {name}=ssh: must be a whole number"):
        parsed(Serial, f"tcp,{name}=ssh")
    with pytest.raises(RequestError, match="--serial host=a:ssh: the port must be a whole number"):
        parsed(Serial, "tcp,host=a:ssh")
