"""Signals: SIGINT, SIGTERM and SIGHUP become exceptions, and are deferred while an object is created and recorded."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# how long after its exception was dropped a signal is sent again
AGAIN_SECONDS = 0.01


class Terminated(BaseException):
    """An exception for a signal that ends the program.

    `number` is the number of the signal, and `signal_name` is the name of the signal, such as `SIGTERM`.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.signal_name = signal.Signals(number).name


@contextmanager
def terminate_by_exception() -> Iterator[None]:
    """Within the `with` block, raise Terminated for SIGTERM and SIGHUP, and KeyboardInterrupt for SIGINT.

    The exceptions are raised in the main thread. Signals that are already ignored, for example because of nohup(1),
    stay ignored. Python drops an exception that is raised in a finalizer or in the callback of a weak reference; the
    signal is then sent again.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)

    def dropped(found: sys.UnraisableHookArgs) -> None:
        if isinstance(found.exc_value, Terminated | KeyboardInterrupt):
            _send_again(getattr(found.exc_value, "number", signal.SIGINT))
        else:
            previous_hook(found)

    previous_hook = sys.unraisablehook
    sys.unraisablehook = dropped
    before = _handled(handle, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        yield
    except SystemError as error:
        # a signal's exception, raised while C code was calling Python, arrives as the cause of another
        if isinstance(error.__cause__, Terminated | KeyboardInterrupt):
            raise error.__cause__  # noqa: B904
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = previous_hook


@contextmanager
def deferred_signals() -> Iterator[None]:
    """Defer SIGINT, SIGTERM and SIGHUP to the end of the `with` block.

    Use such a block to create an object and to record its removal, so that no signal is handled between these two
    steps.
    """
    came: list[int] = []
    before = _handled(lambda number, frame: came.append(number), signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _send_again(number: int) -> None:
    """Send the signal to this process again after a moment."""
    import os
    import threading

    timer = threading.Timer(AGAIN_SECONDS, os.kill, (os.getpid(), number))
    timer.daemon = True
    timer.start()


def _handled(handle: Callable[[int, FrameType | None], None], *numbers: signal.Signals) -> dict[signal.Signals, Any]:
    """Set the handler of those signals that the caller does not ignore (nohup(1), `&` in a script).

    Return the previous handlers; none outside the main thread, because Python handles signals only there.
    """
    before: dict[signal.Signals, Any] = {}
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            try:
                before[number] = signal.signal(number, handle)
            except ValueError:  # not in the main thread; importing `threading` to check this takes long
                break
    return before
