"""The objects that a run has created, and how to roll them back.

Each step that changes the host pushes its undo. After a failure, Ctrl-C or a rejected definition, the undos run in
reverse order, and nothing else is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple
from virtinstall.redact import logger
from virtinstall.rollback.signals import deferred_signals
from virtinstall.safe_text import reason_of

if TYPE_CHECKING:
    from virtinstall.rollback.journal import Journal


class Step(NamedTuple):
    """One created object: `what` describes it for users, `roll_back` removes it.

    `temporary`: the object is not needed after success. `uses_older`: the object is a guest, which may use everything
    that was created before it. `is_thing`: true if the step created the object, false if it changed the
    object, so that `roll_back` restores it.
    """

    what: str
    roll_back: Callable[[], None]
    temporary: bool = False
    uses_older: bool = False
    is_thing: bool = True


def _failure(step: Step, why: Exception) -> str:
    done = "removed" if step.is_thing else "restored"
    return f"{step.what} could not be {done}: {reason_of(why)}"


class Undo:
    """A stack of steps to roll back, used as a context manager.

    Leaving the `with` block through an exception (including KeyboardInterrupt and SystemExit) rolls back every step on
    the stack. A step that fails is appended to `failed`, added to the exception's notes, and left in `journal` for the
    next run. The other steps still run. If the failed step is a guest, however, no older step runs; these steps are put
    in `kept`, because the guest may use their objects.
    """

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal
        self._steps: list[Step] = []
        self.failed: list[tuple[Step, Exception]] = []
        self.kept: list[Step] = []

    def push(
        self,
        what: str,
        roll_back: Callable[[], None],
        *,
        temporary: bool = False,
        uses_older: bool = False,
        is_thing: bool = True,
    ) -> Step:
        """Record that `what` has just been created; return the step, for `forget`."""
        step = Step(what, roll_back, temporary, uses_older, is_thing)
        self._steps.append(step)
        return step

    def forget(self, step: Step) -> None:
        """Remove the step from the stack, because its object must be kept or no longer exists."""
        self._steps.remove(step)

    def keep_everything(self) -> None:
        """Keep everything, after success."""
        self._steps.clear()

    def commit(self) -> list[str]:
        """Remove only temporary objects, after success; return a message for each that could not be removed.

        These are kept in the journal for the next run.
        """
        with deferred_signals():
            self._steps[:] = [step for step in self._steps if step.temporary]
            self.roll_back()
            return self._failure_messages()

    def _failure_messages(self) -> list[str]:
        if self.failed and self._journal is not None:
            self._journal.keep_for_next_run()
        return [
            *(_failure(step, why) for step, why in self.failed),
            *(f"{step.what} is kept, because the guest may use it" for step in self.kept if step.is_thing),
        ]

    def roll_back(self) -> None:
        """Roll everything back, newest first."""
        log = logger("rollback")
        while self._steps:
            step = self._steps.pop()
            log.debug("undo: %s", step.what)
            try:
                step.roll_back()
            except Exception as error:  # main reports each failure
                log.debug("undo of %s failed", step.what, exc_info=True)
                self.failed.append((step, error))
                if step.uses_older:
                    self.kept += reversed(self._steps)
                    self._steps.clear()

    def __enter__(self) -> Undo:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            # a second Ctrl-C must not stop the rollback halfway
            with deferred_signals():
                self.roll_back()
                for failure in self._failure_messages():
                    if error is not None:
                        error.add_note(failure)
