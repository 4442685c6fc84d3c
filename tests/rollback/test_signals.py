"""Signals that end a run, also while libvirt's C code is at work."""

from __future__ import annotations

import gc
import signal
import time
from collections import Counter
from collections.abc import Iterator
from types import FrameType

import pytest

from virtinstall.libvirt_host.open import open_host
from virtinstall.rollback.signals import Terminated, terminate_by_exception

SIGNALS = 150
LOST_AFTER_SECONDS = 20


@pytest.fixture
def alarm() -> Iterator[None]:
    """SIGALRM sends SIGTERM."""

    def terminate(number: int, frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGTERM)

    before = signal.signal(signal.SIGALRM, terminate)
    # Hypothesis installs some; Python drops every exception that is raised in one
    callbacks, gc.callbacks[:] = list(gc.callbacks), []
    # connections that other tests have not closed
    gc.collect()
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    gc.callbacks[:] = callbacks


def test_sigterm_in_a_call_of_libvirt(alarm: None) -> None:
    """Every signal arrives as Terminated: none is lost in a callback, none becomes SystemError."""
    host = open_host("test:///default")
    seen: Counter[str] = Counter()
    for number in range(SIGNALS):
        try:
            with terminate_by_exception():
                signal.setitimer(signal.ITIMER_REAL, 0.0005 + number % 50 * 1e-5)
                deadline = time.monotonic() + LOST_AFTER_SECONDS
                while time.monotonic() < deadline:
                    host.find_guest("nosuch")
        except (Terminated, SystemError) as error:
            seen[type(error).__name__] += 1
    host.close()
    assert seen == {"Terminated": SIGNALS}


@pytest.mark.parametrize("cause", [Terminated(signal.SIGTERM), KeyboardInterrupt()])
def test_a_signal_that_c_code_wrapped(cause: BaseException) -> None:
    """SystemError, "returned a result with an exception set": what counts is the exception that was set."""
    with pytest.raises(type(cause)) as caught, terminate_by_exception():
        raise SystemError("returned a result with an exception set") from cause
    assert caught.value is cause
    depth, error = 0, caught.value.__context__
    while error is not None and depth < 10:
        depth, error = depth + 1, error.__context__
    assert depth < 10


class SlowToEnd:
    """An object whose finalizer takes a while, and is interrupted by `number`."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        self.clean_up()

    def clean_up(self) -> None:
        """Receive the signal in a function that the finalizer calls."""
        signal.raise_signal(self.number)


@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGTERM, Terminated), (signal.SIGHUP, Terminated), (signal.SIGINT, KeyboardInterrupt)],
)
def test_a_signal_during_a_finalizer_is_not_lost(number: int, raised: type[BaseException]) -> None:
    """Python drops exceptions raised in a finalizer; the signal arrives after it."""
    with pytest.raises(raised), terminate_by_exception():
        SlowToEnd(number)
        time.sleep(LOST_AFTER_SECONDS)


def test_other_system_errors_stay() -> None:
    """Errors of the interpreter are not hidden."""
    with pytest.raises(SystemError, match="broken"), terminate_by_exception():
        raise SystemError("broken")
