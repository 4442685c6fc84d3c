"""Waiter for a condition of the guest: `--wait-for`.

Source: https://libvirt.org/formatdomain.html#channel (guest agent); https://www.rfc-editor.org/rfc/rfc4253#section-4.2
(an SSH server's first line); https://cloudinit.readthedocs.io/en/latest/explanation/return_codes.html (result.json)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from virtinstall.devices.channel import Channel
from virtinstall.devices.console import Console
from virtinstall.devices.interface import Interface
from virtinstall.devices.serial import Serial
from virtinstall.errors import CloudInitFailed, GuestCrashed, GuestStopped, HypervisorError, RequestError, WaitTimeout
from virtinstall.goals import check_goal
from virtinstall.libvirt_host.states import OFF
from virtinstall.run.cloud_init_errors import MOST_ERRORS, error_on_console, errors_of

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.libvirt_host.connection import LibvirtHost
    from virtinstall.libvirt_host.host import HostGuest

_AGENT_CHANNEL = "org.qemu.guest_agent.0"
AGENT_CHANNEL_OPTION = f"unix,target.type=virtio,target.name={_AGENT_CHANNEL}"
"""The value of --channel that adds the channel for the guest agent."""
_SSH_PORT = 22
_SSH_SECONDS = 3.0
_CLOUD_INIT_ENDS = (b"Cloud-init v.", b"finished at")
# it has ended, well or not; it was switched off
_CLOUD_INIT_MARKS = ("/run/cloud-init/result.json", "/run/cloud-init/disabled")
_RESULT_BYTES = 65536
_LONGEST_LINE = 65536
_WITH_ADDRESS = ("ip", "ssh", "agent", "cloud-init")


def has_agent(domain: Domain) -> bool:
    """Return whether the guest has a channel for the guest agent; the agent itself need not be running."""
    return any(channel.target_name == _AGENT_CHANNEL for channel in domain.devices_of(Channel))


def has_text_console(domain: Domain) -> bool:
    """Return whether libvirt can read the guest's first text console.

    This console is the first serial port or, if there is none, the first console device.
    """
    first = next(iter((*domain.devices_of(Serial), *domain.devices_of(Console))), None)
    return first is not None and first.type in (None, "pty")


def refuse_impossible(goal: str, domain: Domain, *, noreboot: bool) -> None:
    """Check that the guest can reach `goal`, a value of --wait-for such as `ssh`.

    `noreboot` is true if the guest stays off after its installation.

    Raises: RequestError, if the guest cannot reach `goal`.
    """
    check_goal(goal)
    if noreboot and goal != "shutdown":
        raise RequestError(
            f"--wait-for {goal} conflicts with --noreboot, which leaves the guest off",
            hint="use --wait-for shutdown, or omit --noreboot",
        )
    interfaces = domain.devices_of(Interface)
    if goal in ("ip", "ssh") and not interfaces:
        raise RequestError(f"--wait-for {goal}: the guest has no network interface", hint="add --network default")
    if goal == "ssh" and all(interface.type == "user" for interface in interfaces):
        raise RequestError(
            "--wait-for ssh: the host cannot reach a guest on a user-mode network",
            hint="use --network network=default or --network bridge=NAME",
        )
    if goal == "ip" and all(interface.type == "user" for interface in interfaces) and not has_agent(domain):
        raise RequestError(
            "--wait-for ip: a guest on a user-mode network requires a channel for the guest agent",
            hint=f"add --channel {AGENT_CHANNEL_OPTION}",
        )
    if goal == "cloud-init" and not has_agent(domain) and not has_text_console(domain):
        raise RequestError(
            "--wait-for cloud-init: the guest requires a serial console or a channel for the guest agent",
            hint=f"add --serial pty, or --channel {AGENT_CHANNEL_OPTION}",
        )
    if goal == "agent" and not has_agent(domain):
        raise RequestError(
            "--wait-for agent: the guest has no channel for the guest agent",
            hint=f"add --channel {AGENT_CHANNEL_OPTION}",
        )


class Waiter:
    """A waiter for conditions of one guest; `domain` is the configuration of that guest.

    `report` is called with each line of progress output. `deadline` is a value of time.monotonic(), or None for no
    limit.
    """

    def __init__(
        self, host: LibvirtHost, guest: HostGuest, domain: Domain, report: Callable[[str], None], deadline: float | None
    ) -> None:
        self._host = host
        self._guest = guest
        self._domain = domain
        self._report = report
        self._deadline = deadline
        self._console: ConsoleWatch | None = None

    def wait(self, goal: str) -> list[str]:
        """Wait until the guest reaches `goal`; return its IP addresses, or an empty list for `running` and `shutdown`.

        Raises: WaitTimeout, if the deadline has passed; GuestCrashed or GuestStopped, if the guest crashes or powers
        off before it reaches `goal`; CloudInitFailed, if cloud-init reports errors; HypervisorError, if the connection
        is lost.
        """
        # many systems forbid their agent to look at files
        if goal == "cloud-init" and has_text_console(self._domain):
            self._console = ConsoleWatch(self._host, self._guest)
        self._guest.resume_if_paused()
        reached: Callable[[], bool] = {
            "running": lambda: self._guest.state() == "running",
            "shutdown": lambda: self._guest.state() in OFF,
            "ip": lambda: bool(self._guest.addresses()),
            "agent": lambda: self._guest.agent_answer("guest-ping") is not None,
            "ssh": self._ssh_answers,
            "cloud-init": self.cloud_init_is_done,
        }[goal]
        came = False

        def over() -> bool:
            nonlocal came
            came = reached()
            return came or self._guest.state() in OFF

        left = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        if not self._host.wait_until(over, left):
            raise WaitTimeout(f"timed out waiting for '{goal}'; the guest '{self._guest.name}' is still running")
        state = self._guest.state()
        if state == "crashed":
            raise GuestCrashed(f"the guest '{self._guest.name}' crashed")
        # it may have powered off between the two questions, and that may be what was waited for
        if not came and not reached():
            raise GuestStopped(f"the guest '{self._guest.name}' powered off before the goal '{goal}' was reached")
        if goal == "cloud-init":
            self._require_success()
        if goal not in _WITH_ADDRESS:
            return []
        found = self._guest.addresses()
        if found:
            self._report(f"Address: {' '.join(found)}")
        return found

    def _ssh_answers(self) -> bool:
        return any(is_ssh_server(address) for address in self._guest.addresses())

    def cloud_init_is_done(self) -> bool:
        """Return whether cloud-init has finished in the guest, with or without errors, or is disabled there.

        Raises: HypervisorError, if the connection is lost.
        """
        if self._console is not None and self._console.seen():
            return True
        return has_agent(self._domain) and any(self._content(path) is not None for path in _CLOUD_INIT_MARKS)

    def _content(self, path: str) -> bytes | None:
        """Return the beginning of a file in the guest, or None if the agent cannot read it."""
        import base64

        handle = self._guest.agent_answer("guest-file-open", path=path)
        if handle is None:
            return None
        read = self._guest.agent_answer("guest-file-read", handle=handle, count=_RESULT_BYTES)
        self._guest.agent_answer("guest-file-close", handle=handle)
        try:
            return base64.b64decode(read["buf-b64"])
        except (TypeError, KeyError, ValueError):  # none, or what no agent answers
            return b""

    def _require_success(self) -> None:
        """Raise CloudInitFailed if result.json or, without one, the console contains errors of cloud-init."""
        result = self._content(_CLOUD_INIT_MARKS[0]) if has_agent(self._domain) else None
        errors = errors_of(result or b"")
        if not errors and self._console is not None:
            errors = self._console.errors()
        if errors:
            raise CloudInitFailed(f"cloud-init failed in the guest '{self._guest.name}'", tuple(errors))


def is_ssh_server(address: str, port: int = _SSH_PORT) -> bool:
    """Return whether an SSH server answers at `address` and `port` within a few seconds."""
    import socket

    try:
        with socket.create_connection((address, port), timeout=_SSH_SECONDS) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


class ConsoleWatch:
    """A thread that searches the guest's text console for cloud-init's last line and for errors from cloud-init."""

    def __init__(self, host: LibvirtHost, guest: HostGuest) -> None:
        from virtinstall.libvirt_host.console_stream import ConsoleStream

        self._seen = threading.Event()
        self._rest = b""
        self._errors: list[str] = []
        self._connection_error: HypervisorError | None = None
        console = ConsoleStream(host, guest)

        def watch() -> None:
            try:
                console.run(None, self._search)
            except HypervisorError as error:
                self._connection_error = error

        threading.Thread(target=watch, name="console-watch", daemon=True).start()

    def seen(self) -> bool:
        """Return whether cloud-init's last line has been found.

        Raises: HypervisorError, if the connection is lost.
        """
        if self._connection_error is not None:
            raise self._connection_error
        return self._seen.is_set()

    def errors(self) -> list[str]:
        """Return the errors from cloud-init that have been found so far."""
        return list(dict.fromkeys(self._errors))

    def _search(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_LONGEST_LINE:]  # a guest may write a lot without ever ending a line
        found = [error for error in map(error_on_console, lines) if error is not None]
        self._errors = (self._errors + found)[:MOST_ERRORS]
        if any(all(parts in line for parts in _CLOUD_INIT_ENDS) for line in lines):
            self._seen.set()
