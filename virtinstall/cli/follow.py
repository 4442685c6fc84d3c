"""Actions after the guest's start: show the console, wait, restart after the installation.

Source: the behavior of virt-install: --autoconsole, --wait, --noreboot, --destroy-on-exit.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from virtinstall.cli.status import Status
from virtinstall.cli.terminal import has_terminal, raw_terminal
from virtinstall.devices.console import Console
from virtinstall.devices.graphics import Graphics
from virtinstall.devices.serial import Serial
from virtinstall.errors import CloudInitFailed, GuestCrashed, GuestStopped, WaitTimeout
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.libvirt_host.states import OFF
from virtinstall.run.installation import Installation, time_left
from virtinstall.run.wait import Waiter, refuse_impossible
from virtinstall.virsh_commands import finish_command, ssh_guest_command, virsh_command

if TYPE_CHECKING:
    from virtinstall.libvirt_host.connection import LibvirtHost
    from virtinstall.libvirt_host.host import HostGuest
    from virtinstall.plan import Plan

_SETTLE_SECONDS = 5.0
_CONDITIONS = {
    "running": "the guest '{}' is running",
    "shutdown": "the guest '{}' is shut off",
    "ip": "the guest '{}' has an IP address",
    "agent": "the guest agent in '{}' responds",
    "ssh": "the guest '{}' accepts SSH connections",
    "cloud-init": "the guest '{}' has finished running cloud-init",
}
"""The conditions of --wait-for, as clauses with a placeholder for the name of the guest."""


def paused_for_console(watcher: InstallWatcher, host: LibvirtHost) -> bool:
    """Return whether to start the guest paused, so that its console is read from the first line."""
    watched = watcher.console_kind() == "text" or watcher.plan.run.wait_for == "cloud-init"
    return watched and host.driver() == "qemu"


def _minutes(count: int | None) -> str:
    return "1 minute" if count == 1 else f"{count} minutes"


class InstallWatcher:
    """The watcher of one guest after its start: it shows the console, waits, and finishes the installation.

    `report` is called with each line to print.
    """

    def __init__(self, plan: Plan, host: LibvirtHost, report: Callable[[str], None]) -> None:
        """Prepare the watcher.

        Raises: RequestError, if the guest can never reach the condition of --wait-for.
        """
        self.plan = plan
        self.host = host
        self.report = report
        self.installed = plan.install is None or plan.seeded
        self.cloud_init_errors: tuple[str, ...] = ()
        self._left = False
        run = plan.run
        if run.wait_for is not None:
            refuse_impossible(run.wait_for, plan.final, noreboot=run.noreboot)

    def console_kind(self) -> str:
        """Return the kind of console to show: `text`, `graphical` or `none`.

        The kind is that of --autoconsole or, by default, one that the guest has. It is `none` for --wait 0, and by
        default also for --wait-for.
        """
        run, final = self.plan.run, self.plan.final
        if run.wait_minutes == 0 and run.wait_for is None:
            return "none"
        if run.autoconsole != "default":
            return run.autoconsole
        if run.wait_for is not None:
            return "none"
        if final.devices_of(Graphics):
            return "graphical"
        # without a terminal the console could not be closed
        consoles = [*final.devices_of(Serial), *final.devices_of(Console)]
        return "text" if consoles and has_terminal() else "none"

    def follow(self, guest: HostGuest) -> Status:
        """Show the guest's console, wait as requested, and finish the installation; return the exit status."""
        run = self.plan.run
        if run.wait_for is not None:
            return self._follow_to(run.wait_for, guest)
        kind = self.console_kind()
        # the disk of a cloud image is installed already
        installing = self.plan.install is not None and (run.noreboot or not self.plan.seeded)
        wait = run.wait_minutes
        if wait == 0:
            wait = None
        if installing:
            self.report("\nStarting install...")
        shown = self._open_console(guest, kind)
        if run.destroy_on_exit and shown and guest.is_active():
            guest.destroy()
        if wait is not None or (shown and installing):
            ended = self._wait(guest, wait, shown, installing)
            if ended is not None:
                return ended
        elif guest.is_active():
            self.report(self._still_running(installing))
            return Status.DONE
        return self._complete(guest, kind, installing)

    def _follow_to(self, goal: str, guest: HostGuest) -> Status:
        """Wait for the end of the installation, start the guest, and wait until it has reached `goal`."""
        run = self.plan.run
        deadline = None if run.timeout_seconds is None else time.monotonic() + run.timeout_seconds
        kind = self.console_kind()
        if kind != "none":
            self._open_console(guest, kind)
        if self.plan.install is not None and not self.plan.seeded:
            guest.resume_if_paused()
            self.report("\nStarting install...\nWaiting for the installation to complete.")
            if not self.host.wait_until(lambda: guest.state() in OFF, time_left(deadline)):
                return self._out_of_time("the installation to complete")
            status = self._complete(guest, "none", True)
            found = self.host.guest_named(self.plan.name)
            if status is not Status.DONE or found is None or run.noreboot:
                return status
            guest = found
        condition = _CONDITIONS[goal].format(self.plan.name)
        self.report(f"Waiting until {condition}.")
        try:
            Waiter(self.host, guest, self.plan.final, self.report, deadline).wait(goal)
        except WaitTimeout:
            return self._out_of_time(f"'{goal}'")
        except GuestCrashed:
            self.report(f"The guest '{self.plan.name}' crashed.")
            return Status.CRASHED
        except CloudInitFailed as error:
            self.cloud_init_errors = error.errors
            lines = [f"{error.message}; the guest is still running.", *(f"  {line}" for line in error.errors)]
            self.report("\n".join([*lines, f"Hint: {error.hint}"]))
            return Status.CLOUD_INIT_FAILED
        except GuestStopped:
            self.report(f"The guest '{self.plan.name}' powered off before the goal '{goal}' was reached.")
            return Status.ERROR
        self.report(f"{condition[0].upper()}{condition[1:]}.")
        if goal == "ssh":
            self.report(f"Log in with: {ssh_guest_command(self.host.uri, self.plan.name)}")
        return Status.DONE

    def _out_of_time(self, what: str) -> Status:
        ways_on = f"Connect to the console: {self._virsh('console')}" if self.installed else self._ways_on()
        self.report(f"Timed out waiting for {what}; the guest is still running.\n{ways_on}")
        return Status.TIMED_OUT

    def _virsh(self, command: str) -> str:
        """Return the virsh command about the guest, ready to be pasted into a shell."""
        return virsh_command(self.host.uri, command, self.plan.name)

    def _still_running(self, installing: bool) -> str:
        if installing:
            reason = "" if has_terminal() else ", because standard input is not a terminal"
            return (
                "Domain is still running. Installation may be in progress.\n"
                f"Not waiting for the installation{reason}; use --wait to wait for it.\n{self._ways_on()}"
            )
        return "Domain creation completed."

    def _ways_on(self) -> str:
        """Return how to connect to a guest during its installation and how to finish it, one line each."""
        lines = [f"Connect to the console: {self._virsh('console')}"]
        run = self.plan.run
        if self.plan.install is not None and not (self.plan.seeded or run.noreboot or run.transient):
            command = finish_command(self.host.uri, self.plan.name)
            lines.append(f"Wait for the installation and start the guest: {command}")
        return "\n".join(lines)

    def _open_console(self, guest: HostGuest, kind: str) -> bool:
        """Show the console until the guest ends or the user leaves; return False if there is none."""
        if kind == "graphical":
            return self._open_viewer()
        if kind != "text" or not has_real_storage(self.host):
            return False
        from virtinstall.libvirt_host.console_stream import ConsoleStream, write_to

        terminal = sys.stdin.fileno() if has_terminal() else None
        if terminal is not None:
            self.report(f"Connected to domain '{guest.name}'. Leave the console with ^] (Ctrl + ]).")
        sys.stdout.flush()
        try:
            console = ConsoleStream(self.host, guest)
        finally:
            # also if it does not open, because the guest would stay paused
            guest.resume_if_paused()
        restore = raw_terminal(terminal) if terminal is not None else lambda: None
        try:
            self._left = not console.run(terminal, write_to(sys.stdout.fileno()))
        finally:
            restore()
        if self._left:
            # the guest's output rarely ends with a newline; with --quiet, too
            print(flush=True)
        return True

    def _open_viewer(self) -> bool:
        """Run virt-viewer if it is installed and there is a display, else print how to connect."""
        import shutil
        import subprocess

        viewer = shutil.which("virt-viewer")
        if viewer is None or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            self.report(f"Show the display address: {self._virsh('domdisplay')}")
            return False
        subprocess.run([viewer, "--connect", self.host.uri, "--wait", self.plan.name], check=False)
        return True

    def _wait(self, guest: HostGuest, minutes: int | None, shown: bool, installing: bool) -> Status | None:
        """Wait until the guest is off; return None if it is, otherwise the exit status."""
        if shown and minutes is None:
            # if the console ended and the user did not leave it, the guest is about to power off
            limit: float | None = 0.0 if self._left else _SETTLE_SECONDS
        elif minutes is None or minutes < 0:
            limit = None
        else:
            limit = minutes * 60.0
        # cloud-init may end with a reboot: virt-install's first boot of an image ends there
        until_reboot = self.plan.seeded and not installing
        end = "power off or reboot" if until_reboot else "power off"
        event = "the installation to complete" if installing else f"the guest '{self.plan.name}' to {end}"
        if limit is None or limit > _SETTLE_SECONDS:
            self.report(f"Waiting{'' if limit is None else f' {_minutes(minutes)}'} for {event}.")
        if until_reboot:
            from virtinstall.libvirt_host.reboots import watch_reboots

            with watch_reboots(self.host, guest.uuid) as has_rebooted:
                ended = self.host.wait_until(lambda: guest.state() in OFF or has_rebooted(), limit)
            if ended and guest.is_active():
                self.report("The guest has rebooted.\nDomain creation completed.")
                return Status.DONE
        else:
            ended = self.host.wait_until(lambda: guest.state() in OFF, limit)
        if ended:
            return None
        if shown and minutes is None:
            self.report(self._still_running(installing))
            return Status.DONE
        self.report(f"Timed out waiting for {event}; the guest is still running.\n{self._ways_on()}")
        return Status.TIMED_OUT

    def _complete(self, guest: HostGuest, kind: str, installing: bool) -> Status:
        """Start the guest, which is off, in its final configuration, unless it must stay off."""
        run = self.plan.run
        may_end = not installing or run.destroy_on_exit or self.plan.seeded
        installation = Installation(self.host, guest, seeded=may_end)
        try:
            installation.require_end()
        except GuestCrashed:
            self.report(f"The guest '{self.plan.name}' crashed.")
            return Status.CRASHED
        except GuestStopped as error:
            self.report(f"{error.message}\nTo start it anyway: {self._virsh('start')}")
            return Status.ERROR
        self.installed = True
        self.report("Domain creation completed.")
        if not installing or run.transient:
            return Status.DONE
        if run.noreboot or run.destroy_on_exit:
            self.report(f"Start it with: {self._virsh('start')}")
            return Status.DONE
        self.report("Restarting guest.")
        try:
            final = installation.start_finished(paused=kind == "text" and self.host.driver() == "qemu")
        except GuestStopped as error:
            self.report(error.message)
            return Status.ERROR
        self._open_console(final, kind)
        return Status.DONE
