"""What a run has made, and how to take it back.

Each step that changes the host pushes its own undo; on failure, Ctrl-C or a
refused definition they run newest first, and nothing older is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from virtinstall.named import NamedTuple
from virtinstall.rollback.signals import deferred_signals

if TYPE_CHECKING:
    from virtinstall.rollback.journal import Journal


class Step(NamedTuple):
    """One thing made: `what` names it for people, `roll_back` removes it.

    `temporary`: nobody needs it any more when the run has succeeded.
    """

    what: str
    roll_back: Callable[[], None]
    temporary: bool = False


class Undo:
    """A stack of steps to take back, used as a context manager.

    Leaving the `with` block through an exception (KeyboardInterrupt and SystemExit
    included) takes back every step that is still on the stack. A step that itself
    fails is kept in `failed`, noted on the exception and left in `journal` for the next
    run; the others still run.
    """

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal
        self._steps: list[Step] = []
        self.failed: list[tuple[Step, Exception]] = []

    def push(self, what: str, roll_back: Callable[[], None], *, temporary: bool = False) -> Step:
        """Note that `what` has just been made; gives the step, for `forget`."""
        step = Step(what, roll_back, temporary)
        self._steps.append(step)
        return step

    def forget(self, step: Step) -> None:
        """The thing is meant to stay (or is already gone): don't take it back."""
        self._steps.remove(step)

    def keep_everything(self) -> None:
        """The run succeeded: nothing is taken back."""
        self._steps.clear()

    def commit(self) -> list[str]:
        """The run succeeded: only what was temporary is taken back; gives what of that could not be, and why.

        That stays in the journal for the next run, and undoes nothing else.
        """
        with deferred_signals():
            self._steps[:] = [step for step in self._steps if step.temporary]
            self.roll_back()
            return self._failure_messages()

    def _failure_messages(self) -> list[str]:
        if self.failed and self._journal is not None:
            self._journal.keep_for_next_run()
        return [f"{step.what} could not be removed: {why}" for step, why in self.failed]

    def roll_back(self) -> None:
        """Take everything back, newest first."""
        import logging

        log = logging.getLogger("virtinstall")
        while self._steps:
            step = self._steps.pop()
            log.debug("undo: %s", step.what)
            try:
                step.roll_back()
            except Exception as error:  # each failure is reported by main, the rest must still go
                log.debug("undo of %s failed", step.what, exc_info=True)
                self.failed.append((step, error))

    def __enter__(self) -> Undo:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            # a second Ctrl-C must not leave half of it behind
            with deferred_signals():
                self.roll_back()
                for failure in self._failure_messages():
                    if error is not None:
                        error.add_note(failure)
