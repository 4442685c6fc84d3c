"""Faults in this process: the Nth call that changes something fails, is interrupted, or ends the run."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from virtinstall.errors import HypervisorError
from virtinstall.libvirt_host.connection import LibvirtHost
from virtinstall.libvirt_host.guest import LibvirtGuest
from virtinstall.rollback import new_file
from virtinstall.rollback.journal import Journal
from virtinstall.rollback.undo import Undo

KINDS = ("error", "interrupt", "kill")


class Killed(BaseException):
    """A simulated SIGKILL: no code of the run is executed after it."""


class Faults:
    """Counts the calls that change something; the one with number `failing` fails (0: none)."""

    def __init__(self, kind: str = "error", failing: int = 0, *, after: bool = False) -> None:
        self.calls = 0
        self._kind = kind
        self._failing = failing
        self._after = after
        self.is_dead = False

    def __str__(self) -> str:
        return f"[{self._kind} {'after' if self._after else 'at'} call {self._failing}]" if self._failing else ""

    def call(self, function: Callable[..., Any], error: Callable[[], Exception], *args: Any, **kwargs: Any) -> Any:
        """Call `function`, or fail if its number is reached; `after`: fail after the call."""
        self.calls += 1
        if self.calls != self._failing:
            return function(*args, **kwargs)
        result = function(*args, **kwargs) if self._after and self._kind != "error" else None
        if self._kind == "kill":
            self.is_dead = True
            raise Killed
        if self._kind == "interrupt":
            raise KeyboardInterrupt
        del result
        raise error()


def _no_space() -> Exception:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _refused() -> Exception:
    return HypervisorError("simulated failure")


@contextmanager
def inject(faults: Faults) -> Iterator[None]:
    """Count the calls in the block; one of them fails."""
    with pytest.MonkeyPatch.context() as patch:

        def wrap(owner: Any, name: str, error: Callable[[], Exception]) -> None:
            original = getattr(owner, name)
            patch.setattr(owner, name, lambda *args, **kwargs: faults.call(original, error, *args, **kwargs))

        for name in ("define_guest", "start_guest"):
            wrap(LibvirtHost, name, _refused)
        for name in ("start", "undefine", "destroy", "rename"):
            wrap(LibvirtGuest, name, _refused)
        wrap(Journal, "_append", _no_space)
        wrap(new_file, "link_to", _no_space)
        wrap(os, "replace", _no_space)
        wrap(os, "fsync", _no_space)
        roll_back, end = Undo.roll_back, Journal.end
        patch.setattr(Undo, "roll_back", lambda undo: None if faults.is_dead else roll_back(undo))
        patch.setattr(Journal, "end", lambda journal: _die(journal) if faults.is_dead else end(journal))
        with suppress(Killed):
            yield


def _die(journal: Journal) -> None:
    """Release the lock of a journal as the kernel does for a killed process; keep the file."""
    os.close(journal._fd)
