"""The states of a guest, as a script sees them."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """The state of a guest; `str(state)` returns the value, such as `shut off`."""

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
        """Whether the state is not `SHUT_OFF`, `CRASHED` or `GONE`."""
        return self not in (State.SHUT_OFF, State.CRASHED, State.GONE)
