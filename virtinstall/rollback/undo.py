"""The objects that a run has created, and how to roll them back.

Each step that changes the host pushes a function that rolls it back. After a failure, Ctrl-C or a rejected definition,
these functions run in reverse order, and nothing else is changed.
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
    """A step that created or changed an object.

    `what` describes the object for users, for example `the file '/d/web.qcow2'`. `is_thing` is true if the step created
    the object, which `roll_back` then removes; otherwise the step changed the object, and `roll_back` restores it.
    `temporary` is true if the object is not needed after success. `uses_older` is true if the step created a guest,
    which may use the objects of all earlier steps.
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

    If an exception (including KeyboardInterrupt and SystemExit) ends the `with` block, every step on the stack is
    rolled back, newest first. If the rollback of a step fails, the step and the error are appended to `failed` and
    described in the exception's notes, and the older steps are still rolled back. `journal` is then kept for the next
    run if it is not None.

    A failed step whose `uses_older` is true is an exception: its guest still exists and may use the objects of all
    older steps. These steps are not rolled back, but added to `kept`.
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
        """Push a step onto the stack; return the step, which can be passed to `forget`.

        The parameters are those of `Step`.
        """
        step = Step(what, roll_back, temporary, uses_older, is_thing)
        self._steps.append(step)
        return step

    def forget(self, step: Step) -> None:
        """Remove the step from the stack, because its object must be kept or no longer exists."""
        self._steps.remove(step)

    def keep_everything(self) -> None:
        """Remove all steps from the stack, after success, so that all objects are kept."""
        self._steps.clear()

    def commit(self) -> list[str]:
        """Remove only the temporary objects, after success; return a message for each object that could not be removed.

        If there are any such objects, the journal is kept for the next run.
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
        """Roll back all steps on the stack, newest first.

        Steps whose rollback fails are appended to `failed`; no error is raised.
        """
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
