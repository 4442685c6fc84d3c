"""The class `Guest`, with which scripts use a guest in libvirt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from virtinstall.goals import Goal
from virtinstall.guest_state import State
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


class Guest:
    """A guest, as returned by `create`, `guest`, `guests` and other methods of `Hypervisor`.

    If the guest no longer exists in libvirt, `state` is `State.GONE`, `addresses` is empty, and all methods and the
    properties `xml` and `domain` raise GuestNotFound. If libvirt reports another error, they raise HypervisorError.

    Several methods accept callbacks: `on_warning` is called with each warning, and `report` with each line of progress
    output. If a callback is None, the logger `virtinstall.create` logs the text instead.
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
        """The object that represents the guest on the libvirt connection; virtinstall's commands use it."""
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
        """The XML, including passwords, of the running guest or, if the guest is off, of its definition."""
        return self._guest.xml()

    @property
    @for_scripts
    def domain(self) -> Domain:
        """A copy of the guest's definition as a `Domain`; for example, `domain.devices_of(Disk)` returns its disks.

        A transient guest has no definition; for such a guest, the result is a copy of its current configuration.
        """
        from virtinstall.domain.domain import Domain

        return Domain.parse(self._guest.xml(inactive=True))

    @property
    def addresses(self) -> tuple[str, ...]:
        """The guest's IP addresses from DHCP leases, its agent and the host's ARP table, IPv4 first; may be empty."""
        return tuple(self._guest.addresses())

    @for_scripts
    def start(self, *, paused: bool = False) -> None:
        """Start the guest; if `paused` is true, its CPUs do not run until `resume` is called."""
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
    @for_scripts
    def record(self) -> GuestRecord | None:
        """The record of what virtinstall created for the guest, and of the guest's login; None if there is none."""
        from virtinstall.guest_record import NAMESPACE, parse_record

        return parse_record(self._guest.metadata(NAMESPACE), self.uuid)

    @for_scripts
    def find_addresses(self) -> list[GuestAddress]:
        """Return the guest's IP addresses from the first source that reports any; an empty list if no source does.

        The sources are, in this order: DHCP reservations, DHCP leases, the guest agent and the host's ARP table. For a
        guest that is off, only DHCP reservations are returned.
        """
        from virtinstall.lifecycle.addresses import guest_addresses

        return guest_addresses(self._guest, self._host)

    @for_scripts
    def ssh_command(
        self, command: Sequence[str] = (), *, user: str | None = None, identity: str | None = None
    ) -> list[str]:
        """Return a command line, beginning with `ssh`, that logs in to the guest or runs `command` in the guest.

        `user` is the account to log in as. If it is None, the account in the guest's record is used; if there is none,
        ssh chooses the account. `identity` is the path of a private key; if it is None, ssh chooses the key. If the
        seed set the SSH host key, this call writes a known-hosts file for ssh.

        Raises: RequestError, if the guest is off or has no known address, or if `identity` does not exist;
        StorageError, if the known-hosts file cannot be written.
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
        """Run a command in the guest; return its exit status, or 128 + N if signal N terminated the command.

        The guest agent runs `command`, a program and its arguments. `stdout` is called with each part of the standard
        output, and `stderr` with each part of the standard error. `stdin` is read to its end before the command starts;
        None stands for empty input. `timeout` is in seconds; None waits without limit.

        Raises: RequestError, if the guest is off; HypervisorError, if the agent does not answer or reports an error;
        GuestStopped, if the guest powers off; WaitTimeout, if `timeout` expires (the command continues in the guest).
        """
        from virtinstall.lifecycle.agent_exec import execute

        return execute(
            self._guest, command, uri=self._host.uri, stdout=stdout, stderr=stderr, stdin=stdin, timeout=timeout
        )

    @for_scripts
    def reset_plan(self, *, delete_snapshots: bool = False, without_seed: bool = False) -> ResetPlan:
        """Return what `reset` would do; change nothing. The parameters have the same meaning as in `reset`.

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
        """Reset the guest's disks to the images from which they were created; keep MAC addresses and the seed.

        If `shutdown_timeout` (in seconds) is not None, a running guest is shut down. If `force` is true, a guest that
        is still running is powered off. `start` starts the guest afterwards. `delete_snapshots` deletes snapshots and
        checkpoints, which otherwise prevent a reset. `without_seed` allows a reset even if the seed no longer exists.

        Raises: RequestError, if the guest cannot be reset, or if it is running, but `shutdown_timeout` is None and
        `force` is false; StorageError, if a disk cannot be written; HypervisorError; WaitTimeout, if the guest does not
        shut down in time and `force` is false.
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
        """Return what `delete` with the same `storage` would remove and keep, with the reasons; change nothing.

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
        to keep all disks. `Hypervisor.delete` describes the other parameters and the errors.
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

        `installed`: the installation has ended. `running`: the guest is running. `ip`: an IP address is known. `agent`:
        the guest agent answers. `ssh`: an SSH server answers. `cloud-init`: cloud-init has ended. `shutdown`: the guest
        is off. For `installed`, `running` and `shutdown`, the result is an empty tuple. While this process is
        installing the guest, the call first waits until the installation has ended. `timeout` is in seconds; None waits
        without limit.

        Raises: WaitTimeout, if `timeout` expires; GuestCrashed; GuestStopped, if the guest powers off before it reaches
        `goal`; CloudInitFailed, if cloud-init ended with errors; RequestError, if the guest cannot reach `goal`;
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
        """Copy the guest's console output to the binary file `stream` until the guest stops.

        If the guest is paused, it is resumed first.
        """
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
        """Add a copy of `device` to the guest; return the copy.

        Examples of `device` are `Interface(source_network="lan")` and `Disk(size_bytes=10 * GIB)`. The copy gets the
        same defaults as a device of a new guest, and its storage is created. `live`: whether the running guest is
        changed. `persistent`: whether the definition is changed. If one of them is None, that part is changed if it
        exists. `progress` receives the progress of downloads and copies; None shows no progress.

        Raises: RequestError, if the device is invalid, if the guest does not support it, or if `live` is true and the
        guest is off, or `persistent` is true and the guest has no definition; StorageError or FetchError, if
        its storage cannot be created; HypervisorError. After an error, everything that was created is removed.
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
        """Remove the guest's device that matches `device`; keep its storage.

        Only one value is compared: for a disk, the target, or else the path, or else the alias; for an interface, the
        MAC address or else the alias; for any other device, the alias. The first of these values that `device`
        specifies is used. If `device` specifies none of them, a device matches if it has all values of `device`. `live`
        and `persistent` are as in `attach`. `on_warning` is called if the guest has not released the device in time.

        Raises: RequestError, if no device or several devices match; HypervisorError.
        """
        from virtinstall.attach import Change, detach

        change = Change(self._guest, live, persistent)
        detach(self._guest, self._host, device, change, on_warning=self._warn(on_warning))

    @for_scripts
    def update(self, device: D, *, live: bool | None = None, persistent: bool | None = None) -> D:
        """Copy the values of `device` to the guest's device that matches `device`; return the changed device.

        The value that finds the device, such as a disk's target, is chosen as in `detach`; the other values of `device`
        are copied. Values that `device` does not specify are kept. `live` and `persistent` are as in `attach`.

        Raises: RequestError, if no device or several devices match; HypervisorError, if libvirt cannot change a value.
        """
        from virtinstall.attach import Change, update

        return update(self._guest, self._host, device, Change(self._guest, live, persistent))
