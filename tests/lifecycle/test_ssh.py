"""`virt-guest ssh`: the command, the host key, forwarded ports and jump hosts."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from virtinstall.cli.main import guest_main
from virtinstall.errors import RequestError
from virtinstall.guest_record import GuestRecord
from virtinstall.lifecycle.ssh import forwarded_port, jump_host, known_hosts_path, remove_known_host, ssh_command
from virtinstall.xml.tree import parse_tree

UUID = "156f25fd-22c6-4a33-81d7-ff7799335bc3"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA+OpPuThW7AoMz+UoLVP6EU5NrlSlr6P5mME2EXsu+g"


class _Guest:
    """A running guest with a record and an address."""

    name, uuid = "web", UUID

    def __init__(self, devices: str = "<interface type='bridge'/>", record: GuestRecord | None = None) -> None:
        self.devices = devices
        self.record = record
        self.active = True

    def xml(self, *, inactive: bool = False) -> str:
        return f"<domain><devices>{self.devices}</devices></domain>"

    def metadata(self, namespace: str) -> str | None:
        return None if self.record is None else self.record.to_xml()

    def is_active(self) -> bool:
        return self.active

    def state(self) -> str:
        return "running" if self.active else "shut off"

    def addresses_from(self, source: str) -> list[str]:
        return ["192.0.2.7"] if source == "arp" else []


class _Host:
    """A connection with a URI."""

    def __init__(self, uri: str = "qemu:///system") -> None:
        self.uri = uri

    def network_addresses(self, network: str) -> list[tuple[str, str, str]]:
        return []


def command(guest: _Guest, uri: str = "qemu:///system", **values: object) -> list[str]:
    """Return the ssh command as a list."""
    return ssh_command(guest, _Host(uri), **values)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory with a space in its name."""
    folder = tmp_path / "my state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    return folder


def test_the_record_provides_user_and_host_key(state: Path) -> None:
    """ssh accepts the options, and ssh-keygen finds the key under the guest's UUID."""
    words = command(_Guest(record=GuestRecord(uuid=UUID, user="anna", host_key=KEY)), command=["ls", "-l"])
    assert words[-6:] == ["-l", "anna", "--", "192.0.2.7", "ls", "-l"]
    assert known_hosts_path(UUID).startswith(str(state))
    done = subprocess.run([*words[:1], "-G", *words[1:]], capture_output=True, text=True, check=True)
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert said["stricthostkeychecking"] in ("true", "yes")
    assert (said["hostkeyalias"], said["user"]) == (UUID, "anna")
    found = subprocess.run(
        ["ssh-keygen", "-F", UUID, "-f", known_hosts_path(UUID)], capture_output=True, text=True, check=True
    )
    assert KEY in found.stdout
    remove_known_host(UUID)
    assert not Path(known_hosts_path(UUID)).exists()


def test_without_a_record_no_options_are_added() -> None:
    """The settings in the user's ssh_config apply."""
    assert command(_Guest()) == ["ssh", "--", "192.0.2.7"]
    words = ["ssh", "-i", "/dev/null", "-l", "root", "--", "192.0.2.7"]
    assert command(_Guest(), user="root", identity="/dev/null") == words


def test_a_missing_identity_is_an_error() -> None:
    """ssh would only warn, and ask for a password."""
    with pytest.raises(RequestError, match="no such private key: '/no/key'"):
        command(_Guest(), identity="/no/key")


VSOCK = "<interface type='user'/><vsock><cid auto='yes' address='7'/></vsock>"


@pytest.mark.parametrize(
    ("proxy", "socat", "expected"),
    [
        ("/bin/true", None, ["-o", "ProxyCommand=/bin/true vsock/7 22", "-o", "ProxyUseFdpass=yes"]),
        ("/no/proxy", "/usr/bin/socat", ["-o", "ProxyCommand=socat - VSOCK-CONNECT:7:22"]),
        ("/no/proxy", None, None),
    ],
)
def test_a_guest_without_an_address_is_reached_through_vsock(
    monkeypatch: pytest.MonkeyPatch, proxy: str, socat: str | None, expected: list[str] | None
) -> None:
    """This requires a proxy on this host; the name of the guest takes the place of the address."""
    monkeypatch.setattr("virtinstall.lifecycle.ssh._VSOCK_PROXY", proxy)
    monkeypatch.setattr("shutil.which", lambda name: socat)
    if expected is None:
        with pytest.raises(RequestError, match="user-mode network"):
            command(_Guest(VSOCK))
    else:
        assert command(_Guest(VSOCK)) == ["ssh", *expected, "--", "web"]
        with pytest.raises(RequestError, match="user-mode network"):
            command(_Guest(VSOCK), "qemu+ssh://host/system")


def test_strict_host_key_checking_is_never_disabled() -> None:
    """This applies without a record, without a host key, and with one."""
    for record in (None, GuestRecord(uuid=UUID), GuestRecord(uuid=UUID, host_key=KEY)):
        assert not any("StrictHostKeyChecking=no" in word for word in command(_Guest(record=record)))


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("qemu+ssh://root@host/system", "root@host"),
        ("qemu+ssh://host:2222/system", "host:2222"),
        ("qemu+libssh2://host/system?keyfile=x", "host"),
        ("qemu+ssh://[2001:db8::1]:22/system", "[2001:db8::1]:22"),
        ("qemu+tls://host/system", None),
        ("qemu:///system", None),
    ],
)
def test_a_remote_hypervisor_is_the_jump_host(uri: str, expected: str | None) -> None:
    """The host of an SSH URI is passed with -J; other URIs add no option."""
    assert jump_host(uri) == expected
    words = command(_Guest(), uri)
    assert words[1:-2] == ([] if expected is None else ["-J", expected])


PASST = "<interface type='user'><backend type='passt'/>{}</interface>"


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        (PASST.format("<portForward proto='tcp'><range start='2222' to='22'/></portForward>"), ("127.0.0.1", 2222)),
        (PASST.format("<portForward proto='tcp'><range start='22'/></portForward>"), ("127.0.0.1", 22)),
        (
            PASST.format(
                "<portForward proto='tcp' address='192.0.2.1'><range start='2020' end='2030' to='20'/></portForward>"
            ),
            ("192.0.2.1", 2022),
        ),
        (PASST.format("<portForward proto='udp'><range start='22'/></portForward>"), None),
        (PASST.format("<portForward proto='tcp'><range start='22' exclude='yes'/></portForward>"), None),
        (PASST.format("<portForward proto='tcp'><range start='8080' to='80'/></portForward>"), None),
        (PASST.format(""), None),
    ],
)
def test_forwarded_port_of_a_user_mode_network_is_used(devices: str, expected: tuple[str, int] | None) -> None:
    """Without a forwarded port, the guest is unreachable and an error is raised."""
    assert forwarded_port(parse_tree(f"<domain><devices>{devices}</devices></domain>")) == expected
    if expected is None:
        with pytest.raises(RequestError, match="user-mode network"):
            command(_Guest(devices))
    else:
        assert command(_Guest(devices))[-1] == expected[0]


def test_forwarded_port_of_a_qemu_argument_is_used() -> None:
    """The hostfwd property of a <qemu:arg> is parsed."""
    arg = "<qemu:arg value='user,id=n,hostfwd=tcp:127.0.0.1:2200-:22,hostfwd=tcp::80-:80'/>"
    space = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"
    document = parse_tree(f"<domain {space}><qemu:commandline>{arg}</qemu:commandline></domain>")
    assert forwarded_port(document) == ("127.0.0.1", 2200)


def test_a_guest_that_is_off_is_an_error() -> None:
    """The error states the guest's state."""
    guest = _Guest()
    guest.active = False
    with pytest.raises(RequestError, match="'web' is shut off"):
        command(guest)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["test", "-l", "anna", "--", "ls", "-l", "--", "x"],
            ["-l", "anna", "--", "192.168.122.3", "ls", "-l", "--", "x"],
        ),
        (["-l", "anna", "test", "uptime"], ["-l", "anna", "--", "192.168.122.3", "uptime"]),
        (["test"], ["--", "192.168.122.3"]),
    ],
)
def test_arguments_after_two_dashes_are_the_command(
    words: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Options after -- are passed to the command."""
    assert guest_main(["ssh", "--connect", "test:///default", "--print", *words]) == 0
    assert shlex.split(capsys.readouterr().out) == ["ssh", *expected]


@pytest.mark.parametrize("words", [["exec", "test"], ["exec", "test", "--"], ["list", "--", "x"]])
def test_a_missing_or_unexpected_command_is_a_usage_error(words: list[str]) -> None:
    """exec requires a command; list accepts none."""
    assert guest_main([words[0], "--connect", "test:///default", *words[1:]]) == 2
