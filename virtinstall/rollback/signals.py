"""Signals and undoing: SIGTERM and SIGHUP become exceptions; where making a thing and noting it
belong together, signals wait.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(BaseException):
    """A signal asked the program to end. `number` is the signal's, `signal_name` its name."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.signal_name = signal.Signals(number).name


@contextmanager
def terminate_by_exception() -> Iterator[None]:
    """Inside the block SIGTERM and SIGHUP raise Terminated in the main thread; ignored ones (nohup) stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        raise Terminated(number)

    before = {number: signal.signal(number, handle) for number in _heeded(signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except SystemError as error:
        # an exception of a signal, raised while code in C was calling Python, comes out as its cause
        if isinstance(error.__cause__, Terminated | KeyboardInterrupt):
            raise error.__cause__  # noqa: B904
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deferred_signals() -> Iterator[None]:
    """Signals that would end the run wait for the end of the block, in which a thing is made and its undo noted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    ending = _heeded(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda number, frame: came.append(number)) for number in ending}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _heeded(*numbers: signal.Signals) -> list[signal.Signals]:
    """Those of the signals that our caller doesn't want ignored: nohup(1), `&` in a script."""
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
