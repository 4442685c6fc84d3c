"""Information from inside a guest, based on replies as libvirt returns them."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import libvirt
import pytest

from virtinstall.devices.channel import Channel
from virtinstall.devices.console import Console
from virtinstall.devices.interface import Interface
from virtinstall.devices.serial import Serial
from virtinstall.domain.domain import Domain
from virtinstall.errors import CloudInitFailed, RequestError
from virtinstall.libvirt_host import console_stream as console
from virtinstall.libvirt_host.guest_agent import addresses, agent_answer, agent_command
from virtinstall.run.cloud_init_errors import error_on_console, errors_of
from virtinstall.run.wait import ConsoleWatch, Waiter, has_text_console, is_ssh_server, refuse_impossible

MAC = "52:54:00:00:00:01"


class FakeDomain:
    """A libvirt domain with one interface and the given addresses per source; other sources raise an error."""

    def __init__(self, answers: dict[int, dict[str, Any]]) -> None:
        self._answers = answers

    def XMLDesc(self, flags: int) -> str:
        """Return the XML of the domain."""
        return f"<domain><devices><interface type='network'><mac address='{MAC}'/></interface></devices></domain>"

    def interfaceAddresses(self, source: int, flags: int) -> dict[str, Any]:
        """Return the addresses in the format of libvirt-python."""
        if source not in self._answers:
            raise libvirt.libvirtError("no such source")
        return self._answers[source]


def interface_of(address: str, mac: str = MAC) -> dict[str, Any]:
    """Return an interface with one address."""
    return {"addrs": [{"addr": address, "prefix": 24, "type": 0}], "hwaddr": mac}


def test_addresses_come_from_any_source() -> None:
    """A DHCP lease is sufficient if the guest has no agent yet."""
    lease = libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE
    assert addresses(FakeDomain({lease: {"vnet0": interface_of("192.0.2.7")}})) == ["192.0.2.7"]


def test_addresses_of_interfaces_that_libvirt_does_not_know_are_ignored() -> None:
    """These are loopback, link-local addresses and bridges inside the guest; IPv4 comes first."""
    agent = libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT
    cards = {
        "lo": interface_of("127.0.0.1", "00:00:00:00:00:00"),
        "docker0": interface_of("172.17.0.1", "02:42:00:00:00:01"),
        "eth0": interface_of("2001:db8::7"),
        "eth1": interface_of("192.0.2.7", MAC.upper()),
        "eth2": interface_of("fe80::1"),
    }
    assert addresses(FakeDomain({agent: cards})) == ["192.0.2.7", "2001:db8::7"]


def test_no_source_means_no_addresses() -> None:
    """There is no error either."""
    assert addresses(FakeDomain({})) == []


def test_guest_that_no_longer_exists_has_no_address() -> None:
    """It may power off during the query, which is not an error."""

    class Gone(FakeDomain):
        def XMLDesc(self, flags: int) -> str:
            raise libvirt.libvirtError("Domain not found")

    assert addresses(Gone({})) == []


def test_invalid_addresses_from_the_agent_are_ignored() -> None:
    """They must be neither contacted nor printed."""
    agent = libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT
    cards = {
        str(number): interface_of(text)
        for number, text in enumerate(["\x1b[2J", "x" * 300, "example.org", "192.0.2.7"])
    }
    assert addresses(FakeDomain({agent: cards})) == ["192.0.2.7"]


@pytest.mark.parametrize("answer", [None, 7, [], {}, {"buf-b64": 7}, {"buf-b64": "x"}, {"buf-b64": "ä"}])
def test_invalid_file_contents_from_the_agent_are_empty(answer: object) -> None:
    """The agent opens the file, but returns no content."""

    class InvalidAgent(GuestWithAgent):
        def agent_answer(self, command: str, **arguments: object) -> object:
            return answer if command == "guest-file-read" else super().agent_answer(command, **arguments)

    agent = Channel(type="unix", target_type="virtio", target_name="org.qemu.guest_agent.0")
    requested = InvalidAgent("/run/cloud-init/result.json")
    assert Waiter(None, requested, guest(agent), print, None).cloud_init_is_done()  # type: ignore[arg-type]


@pytest.mark.parametrize(("greeting", "is_it"), [(b"SSH-2.0-OpenSSH_9\r\n", True), (b"220 mail\r\n", False)])
def test_ssh_server_is_detected_by_its_greeting(greeting: bytes, is_it: bool) -> None:
    """A mail server, for example, is not an SSH server."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(greeting)

        thread = threading.Thread(target=greet)
        thread.start()
        assert is_ssh_server("127.0.0.1", server.getsockname()[1]) is is_it
        thread.join()


def test_closed_port_is_not_an_ssh_server() -> None:
    """The connection is refused."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not is_ssh_server("127.0.0.1", port)


class GuestWithAgent:
    """A guest whose agent can open `files`; `closed` is the number of files that were closed."""

    def __init__(self, *files: str) -> None:
        self.files = files
        self.closed = 0

    def agent_answer(self, command: str, **arguments: object) -> object:
        """Return the reply of the agent to a command."""
        if command == "guest-file-open":
            return 1000 if arguments["path"] in self.files else None
        if command == "guest-file-read":
            return {"count": 2, "buf-b64": base64.b64encode(b"{}").decode(), "eof": True}
        assert (command, arguments) == ("guest-file-close", {"handle": 1000})
        self.closed += 1
        return {}


@pytest.mark.parametrize("file", ["/run/cloud-init/result.json", "/run/cloud-init/disabled"])
def test_end_of_cloud_init_is_detected_by_its_files(file: str) -> None:
    """cloud-init writes a result, or a file that states that it is disabled; the agent closes the file."""
    agent = Channel(type="unix", target_type="virtio", target_name="org.qemu.guest_agent.0")
    for requested, ended in ((GuestWithAgent(file), True), (GuestWithAgent(), False)):
        waiter = Waiter(None, requested, guest(agent), print, None)  # type: ignore[arg-type]
        assert waiter.cloud_init_is_done() is ended
        assert requested.closed == ended


def test_errors_in_result_json_are_returned() -> None:
    """An invalid file contains no errors; duplicates are removed."""
    assert errors_of(b'{"v1": {"datasource": "NoCloud", "errors": ["(\'locale\', ...)"]}}') == ["('locale', ...)"]
    assert errors_of(b'{"v1": {"errors": ["a", "b", "a"]}}') == ["a", "b"]
    assert errors_of(b'{"v1": {"errors": ["\\u001b[2J"]}}') == ["\\x1b[2J"]
    for other in (b"", b"{", b"[" * 60000, b"[]", b'{"v1": null}', b'{"v1": {"errors": "x"}}'):
        assert errors_of(other) == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("('scripts_user', RuntimeError('Runparts: 1 failures (runcmd) in 1 attempted commands'))",
         "scripts_user: Runparts: 1 failures (runcmd) in 1 attempted commands"),
        ("('package_update_upgrade_install', ProcessExecutionError(\"Unexpected error\\nCommand: apt\"))",
         "package_update_upgrade_install: Unexpected error Command: apt"),
        ("('locale', KeyError())", "locale: KeyError"),
        ("Failed at merging in cloud config part", "Failed at merging in cloud config part"),
        ("('a', 'b', 'c')", "('a', 'b', 'c')"),
    ],
)  # fmt: skip
def test_errors_are_converted_to_text(error: str, text: str) -> None:
    """cloud-init writes the repr of Python objects."""
    assert errors_of(json.dumps({"v1": {"errors": [error]}}).encode()) == [text]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"2026-01-01 00:00:00,000 - util.py[WARNING]: Running module scripts-user (<module 'x'>) failed\r",
         "scripts-user: failed"),
        (b"cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in /var)", "scripts-user: failed"),
        (b"util.py[DEBUG]: Running module scripts-user with frequency once", None),
        (b"[   12.3] systemd[1]: Started Session 1", None),
    ],
)  # fmt: skip
def test_failed_module_is_detected_on_the_console(line: bytes, error: str | None) -> None:
    """The guest has no agent."""
    assert error_on_console(line) == error


def test_failed_cloud_init_is_an_error() -> None:
    """cloud-init has ended, but the goal was not reached."""

    class Failed(GuestWithAgent):
        name = "web"

        def state(self) -> str:
            return "running"

        def resume_if_paused(self) -> None:
            pass

        def agent_answer(self, command: str, **arguments: object) -> object:
            if command == "guest-file-read":
                return {"buf-b64": base64.b64encode(b'{"v1": {"errors": ["(\'x\', E(\'y\'))"]}}').decode()}
            return super().agent_answer(command, **arguments)

    class Host:
        def wait_until(self, done: Callable[[], bool], timeout_seconds: float | None) -> bool:
            return done()

    agent = Channel(type="unix", target_type="virtio", target_name="org.qemu.guest_agent.0")
    waiter = Waiter(Host(), Failed("/run/cloud-init/result.json"), guest(agent), print, None)  # type: ignore[arg-type]
    with pytest.raises(CloudInitFailed, match="'web'") as error:
        waiter.wait("cloud-init")
    assert error.value.errors == ("x: y",)


def test_console_output_without_line_ends_needs_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line of cloud-init is still detected after 8 MiB of output."""

    class Endless:
        def __init__(self, *ignored: object) -> None:
            pass

        def run(self, read_fd: int | None, write: Callable[[bytes], object]) -> None:
            for _ in range(128):
                write(b"x" * 65536)
            write(b"\nCloud-init v. 22.4 finished at now\n")

    monkeypatch.setattr(console, "ConsoleStream", Endless)
    tracemalloc.start()
    watch = ConsoleWatch(None, None)  # type: ignore[arg-type]
    end = time.monotonic() + 20
    while not watch.seen() and time.monotonic() < end:
        time.sleep(0.02)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert watch.seen()
    assert peak < 2 << 20


def test_text_console_must_be_a_pty() -> None:
    """The first serial port is used, or else the first console."""
    assert has_text_console(guest(Console(type="pty")))
    assert has_text_console(guest(Serial()))
    assert not has_text_console(guest(Serial(type="file"), Console(type="pty")))
    assert not has_text_console(guest())


def guest(*devices: Any) -> Domain:
    """Return a guest with these devices."""
    domain = Domain(name="x")
    for device in devices:
        domain.add(device)
    return domain


@pytest.mark.parametrize("goal", ["ip", "ssh", "agent", "cloud-init"])
def test_goal_without_an_interface_or_agent_is_an_error(goal: str) -> None:
    """It is reported before the guest starts."""
    with pytest.raises(RequestError, match=f"--wait-for {goal}"):
        refuse_impossible(goal, guest(), noreboot=False)


def test_goals_with_an_interface_and_agent_are_accepted() -> None:
    """A goal contradicts --noreboot."""
    agent = Channel(type="unix", target_type="virtio", target_name="org.qemu.guest_agent.0")
    domain = guest(Interface(type="network", source_network="default"), agent)
    for goal in ("running", "shutdown", "ip", "ssh", "agent", "cloud-init"):
        refuse_impossible(goal, domain, noreboot=False)
    with pytest.raises(RequestError, match="--noreboot"):
        refuse_impossible("running", domain, noreboot=True)


@pytest.mark.parametrize(
    "answer",
    ["", "nonsense", "[]", "{}", "null", '"return"', "7", "[" * 100_000, '{"a":' * 100_000, '{"return"', "\ufffe"],
)
def test_invalid_reply_of_the_agent_is_ignored(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """The guest may run any program as its agent."""
    import libvirt_qemu

    monkeypatch.setattr(libvirt_qemu, "qemuAgentCommand", lambda *arguments: answer)
    assert agent_answer(FakeDomain({}), "guest-ping") is None
    assert agent_command(FakeDomain({}), "guest-ping") is None


def test_errors_of_a_guest_are_truncated() -> None:
    """A hostile guest may return many long errors."""
    errors = errors_of(json.dumps({"v1": {"errors": ["x" * 10_000] * 1000}}).encode())
    assert len(errors) <= 20
    assert max(map(len, errors)) <= 200
