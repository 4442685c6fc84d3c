"""Error of a run that a signal ended, with a message about what the run has done."""

from __future__ import annotations

from virtinstall.cli.status import Status
from virtinstall.errors import EndedError
from virtinstall.rollback.signals import Terminated

SIGNALS = (KeyboardInterrupt, Terminated)


class EndedRun(EndedError):
    """The interruption of a command by a signal.

    `cause` is the exception that the signal raised, and `done` describes what the command had done. `status` is the
    command's exit status.
    """

    def __init__(self, cause: BaseException, done: str, *, hint: str | None = None) -> None:
        how = f"terminated by {cause.signal_name}" if isinstance(cause, Terminated) else "interrupted"
        super().__init__(f"{how}; {done}", hint=hint)
        self.status = 128 + cause.number if isinstance(cause, Terminated) else int(Status.INTERRUPTED)
