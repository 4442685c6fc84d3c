"""A running installation: wait for its end, then start the finished guest.

The installation boot ends at the installer's reboot (on_reboot=destroy); the guest is then started in its final
configuration.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from virtinstall.domain.domain import Domain
from virtinstall.errors import GuestCrashed, GuestStopped, VirtInstallError, WaitTimeout
from virtinstall.libvirt_host.states import OFF

if TYPE_CHECKING:
    from virtinstall.libvirt_host.host import Host, HostGuest


def is_installing(guest: HostGuest) -> bool:
    """Return whether the guest is running its installation, which ends when the guest reboots."""
    if not guest.is_active():
        return False
    live, later = (Domain.parse(guest.xml(inactive=inactive)) for inactive in (False, True))
    return live.on_reboot == "destroy" and later.on_reboot != "destroy"


class Installation:
    """The installation of one guest.

    `seeded` is true if the guest boots an image with an installed operating system. Powering off such a guest does not
    interrupt an installation.
    """

    def __init__(self, host: Host, guest: HostGuest, *, seeded: bool = False) -> None:
        self._host = host
        self._guest = guest
        self._name = guest.name
        self._seeded = seeded

    def wait(self, timeout_seconds: float | None) -> None:
        """Wait at most `timeout_seconds` (None for no limit) until the installation has ended.

        Raises: WaitTimeout, if the installation has not ended in time; GuestCrashed or GuestStopped, as described for
        `require_end`; HypervisorError, if libvirt no longer answers.
        """
        if not self._host.wait_until(lambda: self._guest.state() in OFF, timeout_seconds):
            raise _timed_out(self._name)
        self.require_end()

    def require_end(self) -> None:
        """Check that the installation was not interrupted.

        Raises: GuestCrashed, if the guest crashed; GuestStopped, if the guest was powered off from outside before the
        installation finished.
        """
        end = self._guest.end()
        if end == "crashed":
            raise GuestCrashed(f"the guest '{self._name}' crashed")
        if not self._seeded and end == "destroyed":
            from virtinstall.virsh_commands import virsh_command

            raise GuestStopped(
                f"the guest '{self._name}' was powered off before its installation finished, and stays off",
                hint=f"start the guest anyway with: {virsh_command(self._host.uri, 'start', self._name)}",
            )

    def start_finished(self, *, paused: bool = False) -> HostGuest:
        """Start the finished guest if it is not running; return the guest.

        If `paused` is true and the driver supports this, the started guest stays paused until `resume_if_paused` is
        called.

        Raises: GuestStopped, if the guest no longer exists; HypervisorError, if the guest cannot be started.
        """
        final = self._host.guest_named(self._name)
        if final is None:
            raise removed_meanwhile(self._name)
        if not final.is_active():
            final.start(paused=paused)
        return final


class BackgroundInstallation:
    """A background thread that waits for the end of an installation, and then starts the guest if `start` is true.

    The thread ends early if `stop` is called or if the connection is lost. `wait` raises the error that ended the
    thread.
    """

    def __init__(self, host: Host, guest: HostGuest, *, start: bool) -> None:
        self._host = host
        self._guest = guest
        self._start = start
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._error: VirtInstallError | None = None
        threading.Thread(target=self._run, name=f"installation-{guest.name}", daemon=True).start()

    def _run(self) -> None:
        installation = Installation(self._host, self._guest)
        try:
            self._host.wait_until(lambda: self._stopping.is_set() or self._guest.state() in OFF, None)
            if self._stopping.is_set():
                return
            installation.require_end()
            if self._start:
                installation.start_finished()
        except VirtInstallError as error:
            self._error = error
        finally:
            self._ended.set()

    def stop(self) -> None:
        """Signal the thread to end; the guest is not changed."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until the thread has ended, which takes a few seconds after `stop`."""
        self._ended.wait()

    def wait(self, timeout_seconds: float | None) -> None:
        """Wait at most `timeout_seconds` (None for no limit) until the thread has ended.

        Unless `stop` was called, the installation has then ended and, if requested, the guest has been started.

        Raises: WaitTimeout, if the thread has not ended in time; GuestCrashed, GuestStopped or HypervisorError, if this
        error ended the thread.
        """
        if not self._ended.wait(timeout_seconds):
            raise _timed_out(self._guest.name)
        if self._error is not None:
            raise self._error


def _timed_out(name: str) -> WaitTimeout:
    return WaitTimeout(
        f"timed out waiting for the installation of '{name}'; the guest is still running",
        hint=f"to wait again, and to start the guest after the installation, call: Hypervisor.finish('{name}')",
    )


def removed_meanwhile(name: str) -> GuestStopped:
    """Return the error for a guest that was removed during its installation."""
    return GuestStopped(f"the guest '{name}' was removed during its installation", hint="create the guest again")


def time_left(deadline: float | None) -> float | None:
    """Return the seconds until `deadline`, a value of time.monotonic(), but at least 0; None if `deadline` is None."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())
