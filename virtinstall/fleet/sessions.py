"""The connections of one run to the hosts, with the facts about each host that all plans for this host share."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from virtinstall.errors import EndedError, RequestError
from virtinstall.hypervisor import Hypervisor
from virtinstall.libvirt_host.host import has_real_storage
from virtinstall.progress import Silent
from virtinstall.survey.host import Environment
from virtinstall.survey.known import Known

if TYPE_CHECKING:
    from virtinstall.libvirt_host.connection import LibvirtHost

Hypervisors = Hypervisor | Mapping[str, Hypervisor]
"""A connection, or a mapping from the names of the hosts in a guests file to connections."""


class Session:
    """A connection to one host, and the facts about the host that are already known."""

    def __init__(self, hypervisor: Hypervisor, known: Known, environment: Environment) -> None:
        self.hypervisor = hypervisor
        self.known = known
        self._environment = environment

    @property
    def host(self) -> LibvirtHost:
        """The libvirt connection of `hypervisor`."""
        return self.hypervisor.host

    def environment(self, random_bytes: bytes) -> Environment:
        """Return the environment of this process for one plan; `random_bytes` is the source of its randomness."""
        return self._environment.replace(random_bytes=random_bytes, token=secrets.token_hex(4))


class Interruptible(Silent):
    """A progress receiver that shows nothing, and that stops a download as soon as the event `interrupted` is set."""

    def __init__(self, interrupted: threading.Event) -> None:
        self._interrupted = interrupted

    def advance(self, count_bytes: int) -> None:
        """Raise EndedError if `interrupted` is set; `count_bytes` is ignored."""
        if self._interrupted.is_set():
            raise EndedError("interrupted")


class Sessions:
    """The sessions of one run: one session for each host, and more for threads that need a separate connection."""

    def __init__(self, hypervisors: Hypervisors) -> None:
        self._hypervisors: dict[str | None, Hypervisor] = {}
        if isinstance(hypervisors, Hypervisor):
            self._hypervisors[None] = hypervisors
        else:
            self._hypervisors.update(hypervisors)
        self._environment = Environment.real()
        self._sessions: dict[str | None, Session] = {}
        self._local = threading.local()
        self._lock = threading.Lock()
        self._opened: list[Hypervisor] = []
        self.interrupted = threading.Event()
        self.alone = False
        """Whether only one thread works at a time, so that threads need no separate connections."""

    def hosts(self) -> tuple[str | None, ...]:
        """Return the names of the connected hosts; None stands for the only host if the file lists no hosts."""
        return tuple(self._hypervisors)

    def are_real(self) -> bool:
        """Return whether at least one of the connections is to a driver other than libvirt's test driver."""
        return any(has_real_storage(each.host) for each in self._hypervisors.values())

    def of(self, host: str | None) -> Session:
        """Return the session for the host named `host`; None stands for the only host if the file lists no hosts.

        Raises: RequestError, if there is no connection to the host.
        """
        with self._lock:
            if host not in self._sessions:
                if host not in self._hypervisors:
                    raise RequestError(
                        "no connection was passed" if host is None else f"no connection to the host '{host}' was passed"
                    )
                hypervisor = self._hypervisors[host]
                self._sessions[host] = Session(hypervisor, Known(hypervisor.host, fresh=True), self._environment)
            return self._sessions[host]

    def of_this_thread(self, host: str | None) -> Session:
        """Return a session for the current thread.

        The session has a separate connection, unless `alone` is true or the connection to the host uses the test
        driver. `host` has the same meaning as for `of`.

        Raises: RequestError, if there is no connection to the host; HypervisorError.
        """
        shared = self.of(host)
        if self.alone or not has_real_storage(shared.host):
            # the test driver is in this process: another connection could be to other guests
            return shared
        own: dict[str | None, Session] = self._local.__dict__.setdefault("sessions", {})
        if host not in own:
            hypervisor = shared.hypervisor.reopened()
            with self._lock:
                self._opened.append(hypervisor)
            own[host] = Session(hypervisor, shared.known, self._environment)
        return own[host]

    def interrupt(self) -> None:
        """Interrupt downloads and waits in all threads; an interrupted download or wait raises EndedError."""
        self.interrupted.set()
        for each in (*self._opened, *self._hypervisors.values()):
            each.host.interrupted.set()

    def close(self) -> None:
        """Close the separate connections of the threads; the connections that the caller passed stay open."""
        for hypervisor in self._hypervisors.values():
            hypervisor.host.interrupted.clear()
        for each in self._opened:
            each.close()
