"""`Guest`: a libvirt guest, for scripts."""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from virtinstall.goals import Goal
from virtinstall.redact import log_info, log_warning
from virtinstall.script_calls import for_scripts
from virtinstall.script_terms import warn_in_script_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from virtinstall.devices.device import Device
    from virtinstall.domain.domain import Domain
    from virtinstall.guest_record import GuestRecord
    from virtinstall.libvirt_host.connection import LibvirtHost
    from virtinstall.libvirt_host.host import HostGuest
    from virtinstall.lifecycle.addresses import GuestAddress
    from virtinstall.lifecycle.delete import Deletion
    from virtinstall.lifecycle.deletion_plan import DeletionPlan, Storage
    from virtinstall.lifecycle.reset import ResetPlan
    from virtinstall.plan import Plan
    from virtinstall.progress import Progress
    from virtinstall.run.installation import BackgroundInstallation

D = TypeVar("D", bound="Device")


class State(Enum):
    """The state of a guest; `str()` returns its value."""

    RUNNING = "running"
    PAUSED = "paused"
    SHUTTING_DOWN = "shutdown"
    SHUT_OFF = "shut off"
    CRASHED = "crashed"
    SUSPENDED = "suspended"
    GONE = "gone"
    """libvirt no longer has the guest."""
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value

    @property
    def is_active(self) -> bool:
        """Whether the guest is not off, crashed or gone."""
        return self not in (State.SHUT_OFF, State.CRASHED, State.GONE)


class Guest:
    """A guest, as returned by `create`, `guest`, `guests` and other methods of `Hypervisor`.

    If libvirt no longer has the guest, `state` is `State.GONE`, and methods raise GuestNotFound. Methods that use
    libvirt raise HypervisorError if libvirt reports an error. Methods call `on_warning` with each warning and `report`
    with lines about their progress; if such a function is None, the lines are logged by the logger `virtinstall`.
    """

    def __init__(
        self,
        host: LibvirtHost,
        guest: HostGuest,
        plan: Plan | None = None,
        installation: BackgroundInstallation | None = None,
        *,
        for_commands: bool = False,
    ) -> None:
        self._host = host
        self._guest = guest
        self.plan = plan
        """The plan that was applied, for a guest that `create` returned; otherwise None."""
        self._installation = installation
        self.for_commands = for_commands
        """Whether errors name command-line options."""

    def __repr__(self) -> str:
        return f"<Guest {self.name!r}>"

    def _warn(self, on_warning: Callable[[str], None] | None) -> Callable[[str], None]:
        warn = on_warning or log_warning
        return warn if self.for_commands else warn_in_script_terms(warn)

    @property
    def handle(self) -> HostGuest:
        """The connection's object for the guest, for virtinstall's commands."""
        return self._guest

    @property
    def name(self) -> str:
        """The guest's name."""
        return self._guest.name

    @property
    def uuid(self) -> str:
        """The guest's UUID."""
        return self._guest.uuid

    @property
    def state(self) -> State:
        """The guest's current state."""
        return State(self._guest.state())

    @property
    @for_scripts
    def xml(self) -> str:
        """The XML of the running guest, or of the definition if the guest is off; it contains the guest's passwords."""
        return self._guest.xml()

    @property
    @for_scripts
    def domain(self) -> Domain:
        """A copy of the definition as a `Domain`; for example, `domain.devices_of(Disk)` returns its disks."""
        from virtinstall.domain.domain import Domain

        return Domain.parse(self._guest.xml(inactive=True))

    @property
    def addresses(self) -> tuple[str, ...]:
        """The IP addresses that are known now, IPv4 first, from leases, the guest agent and the host's ARP table."""
        return tuple(self._guest.addresses())

    @for_scripts
    def start(self, *, paused: bool = False) -> None:
        """Start the guest; if `paused` is true, its CPUs do not run until `resume`."""
        self._guest.start(paused=paused)

    @for_scripts
    def resume(self) -> None:
        """Resume a paused guest."""
        self._guest.resume_if_paused()

    @for_scripts
    def shutdown(self) -> None:
        """Ask the guest to shut down; `wait_for("shutdown")` waits until it is off."""
        self._guest.shutdown()

    @for_scripts
    def reboot(self) -> None:
        """Ask the guest to reboot."""
        self._guest.reboot()

    @for_scripts
    def destroy(self) -> None:
        """Force the guest off; its definition and disks are kept."""
        self._guest.destroy()

    @property
    def record(self) -> GuestRecord | None:
        """The record of what virtinstall created for the guest and how to log in; None if the guest has no record."""
        from virtinstall.guest_record import NAMESPACE, parse_record

        return parse_record(self._guest.metadata(NAMESPACE), self.uuid)

    @for_scripts
    def find_addresses(self) -> list[GuestAddress]:
        """Return the addresses from the first source that has any: reservations, leases, guest agent or ARP table."""
        from virtinstall.lifecycle.addresses import guest_addresses

        return guest_addresses(self._guest, self._host)

    @for_scripts
    def ssh_command(
        self, command: Sequence[str] = (), *, user: str | None = None, identity: str | None = None
    ) -> list[str]:
        """Return the arguments of the ssh command that logs in to the guest, or runs `command` in it.

        If the guest's seed set the SSH host key, the command verifies that key with a file that this call writes.
        `user` is the account, by default the one that the seed created. `identity` is the file of a private key; None
        leaves the choice to ssh.

        Raises: RequestError, if the guest is off or has no known address; StorageError, if the file cannot be written.
        """
        from virtinstall.lifecycle.ssh import ssh_command

        return ssh_command(self._guest, self._host, user=user, identity=identity, command=command)

    @for_scripts
    def execute(
        self,
        command: Sequence[str],
        *,
        stdout: Callable[[bytes], object],
        stderr: Callable[[bytes], object],
        stdin: BinaryIO | None = None,
        timeout: float | None = None,
    ) -> int:
        """Run a command through the guest agent; return its exit status, or 128 + N if signal N ended it.

        `stdout` and `stderr` are called with parts of the output while the command runs. `stdin` is read to its end
        before the command starts; None stands for empty input. `timeout` is in seconds; None waits without limit.

        Raises: RequestError, if the guest is off; HypervisorError, if the agent does not answer; GuestStopped, if the
        guest powers off; WaitTimeout, if `timeout` expires.
        """
        from virtinstall.lifecycle.agent_exec import execute

        return execute(
            self._guest, command, uri=self._host.uri, stdout=stdout, stderr=stderr, stdin=stdin, timeout=timeout
        )

    @for_scripts
    def reset_plan(self, *, delete_snapshots: bool = False, without_seed: bool = False) -> ResetPlan:
        """Return what `reset` would do; change nothing. The parameters are those of `reset`.

        Raises: RequestError, if the guest was not created by virtinstall or cannot be reset.
        """
        from virtinstall.lifecycle.reset import plan_reset

        return plan_reset(self._guest, self._host, delete_snapshots=delete_snapshots, without_seed=without_seed)

    @for_scripts
    def reset(
        self,
        *,
        force: bool = False,
        shutdown_timeout: float | None = None,
        start: bool = False,
        delete_snapshots: bool = False,
        without_seed: bool = False,
        report: Callable[[str], None] | None = None,
    ) -> None:
        """Replace the disks with empty overlays on the same images; MAC addresses and the seed are kept.

        A running guest is shut down if `shutdown_timeout` (in seconds) is not None. If it is None or expires, `force`
        powers the guest off. `start` starts the guest afterwards. `delete_snapshots` deletes snapshots and checkpoints,
        which otherwise prevent a reset. With `without_seed`, the seed that configured the guest may be missing.

        Raises: RequestError, if the guest cannot be reset or must not be stopped; StorageError, if a disk cannot be
        written; HypervisorError; WaitTimeout, if the guest does not shut down in time.
        """
        from virtinstall.lifecycle.reset import reset
        from virtinstall.lifecycle.stop import require_stoppable, stop_guest

        plan = self.reset_plan(delete_snapshots=delete_snapshots, without_seed=without_seed)
        if plan.is_active:
            require_stoppable(self.name, force=force, shutdown_timeout=shutdown_timeout)
        stop_guest(
            self._guest,
            self._host,
            force=force,
            shutdown_timeout=shutdown_timeout,
            report=report or log_info,
            unchanged="nothing was reset",
        )
        reset(plan, self._guest, self._host)
        if start:
            self._guest.start()

    @for_scripts
    def deletion_plan(self, storage: Storage = "own") -> DeletionPlan:
        """Return what `delete` would remove and keep, with the reasons; `storage` is the parameter of `delete`.

        Raises: HostError, if the guest or its files cannot be examined.
        """
        from virtinstall.lifecycle.delete import make_deletion_plan

        return make_deletion_plan(self.name, self._guest, self._host, storage)

    @for_scripts
    def delete(
        self,
        storage: Storage = "own",
        *,
        force: bool = False,
        shutdown_timeout: float | None = None,
        wipe: bool = False,
        on_warning: Callable[[str], None] | None = None,
        report: Callable[[str], None] | None = None,
    ) -> Deletion:
        """Delete the guest and its disks according to `deletion_plan(storage)`; return what was removed and kept.

        `storage` is `own` for the disks that virtinstall created for the guest, `all` for all of its disks, or `none`
        to keep all disks. The other parameters and the errors are those of `Hypervisor.delete`.
        """
        from virtinstall.lifecycle.delete import delete

        return delete(
            self.deletion_plan(storage),
            self._guest,
            self._host,
            force=force,
            shutdown_timeout=shutdown_timeout,
            wipe=wipe,
            on_warning=self._warn(on_warning),
            report=report or log_info,
        )

    @for_scripts
    def wait_for(
        self, goal: Goal, timeout: float | None = None, *, report: Callable[[str], None] | None = None
    ) -> tuple[str, ...]:
        """Wait until the guest has reached `goal`; return its addresses.

        `installed`: the installation has ended. `running`: the guest is running. `ip`: an address is known. `agent`:
        the guest agent answers. `ssh`: an SSH server answers. `cloud-init`: cloud-init has ended. `shutdown`: the guest
        is off. For `installed`, `running` and `shutdown`, the result is empty. A guest that is being installed is
        started again after its installation, if its plan requests that, and later goals refer to the finished guest.
        `timeout` is in seconds; None waits without limit.

        Raises: WaitTimeout, if `timeout` expires; GuestCrashed; GuestStopped, if the guest powers off before it reaches
        `goal`; CloudInitFailed, if cloud-init ended with errors; RequestError, if the goal cannot be reached;
        HypervisorError, if the connection is lost.
        """
        from virtinstall.libvirt_host.connection_errors import explain_lost_connection
        from virtinstall.run.installation import Installation, is_installing, time_left
        from virtinstall.run.wait import Waiter, refuse_impossible

        inform = report or log_info
        deadline = None if timeout is None else time.monotonic() + timeout
        with explain_lost_connection(self._host, self.name):
            if goal != "installed":
                noreboot = self._installation is not None and self.plan is not None and self.plan.run.noreboot
                refuse_impossible(goal, self.domain, noreboot=noreboot)
            if self._installation is not None:
                self._guest.resume_if_paused()
                self._installation.wait(time_left(deadline))
                self._installation = None
                self._guest = self._host.guest_named(self.name) or self._guest
            elif goal == "installed" and is_installing(self._guest):
                # another program started it
                installation = Installation(self._host, self._guest)
                installation.wait(time_left(deadline))
                self._guest = installation.start_finished()
            if goal == "installed":
                return ()
            return tuple(Waiter(self._host, self._guest, self.domain, inform, deadline).wait(goal))

    @for_scripts
    def console(self, stream: BinaryIO) -> None:
        """Copy the output of the guest's text console to `stream`, a binary file, until the guest stops."""
        from virtinstall.libvirt_host.console_stream import ConsoleStream

        console = ConsoleStream(self._host, self._guest)
        self._guest.resume_if_paused()
        console.run(None, stream.write)

    @for_scripts
    def attach(
        self,
        device: D,
        *,
        live: bool | None = None,
        persistent: bool | None = None,
        progress: Progress | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> D:
        """Add a device, such as `Interface(source_network="lan")` or `Disk(size_bytes=10 * GIB)`; return it.

        The device gets the same defaults as at the guest's creation, and its storage is created. `live`: whether the
        running guest is changed. `persistent`: whether the definition is changed. By default, each is changed if it
        exists. `progress` receives the progress of downloads and copies; None shows no progress. The returned device
        contains the target or MAC address.

        Raises: RequestError, if the device is invalid or the guest does not support it; StorageError, if its storage
        cannot be created; HypervisorError. After an error, nothing is changed.
        """
        from virtinstall.attach import Change, attach
        from virtinstall.progress import Silent

        change = Change(self._guest, live, persistent)
        warn = self._warn(on_warning)
        return attach(self._guest, self._host, device, change, progress=progress or Silent(), on_warning=warn)

    @for_scripts
    def detach(
        self,
        device: Device,
        *,
        live: bool | None = None,
        persistent: bool | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        """Remove the device that has the target, MAC address or alias of `device`.

        If `device` specifies none of these, the device with all values of `device` is removed. Storage is kept. `live`
        and `persistent` are as for `attach`. There is a warning if a guest has not released the device yet.

        Raises: RequestError, if no device or several devices match; HypervisorError.
        """
        from virtinstall.attach import Change, detach

        change = Change(self._guest, live, persistent)
        detach(self._guest, self._host, device, change, on_warning=self._warn(on_warning))

    @for_scripts
    def update(self, device: D, *, live: bool | None = None, persistent: bool | None = None) -> D:
        """Set the values of `device` in the guest's device that matches it, as for `detach`; return the changed device.

        Other values are kept. `live` and `persistent` are those of `attach`.

        Raises: RequestError, if no device or several devices match; HypervisorError, if libvirt cannot change a value.
        """
        from virtinstall.attach import Change, update

        return update(self._guest, self._host, device, Change(self._guest, live, persistent))
