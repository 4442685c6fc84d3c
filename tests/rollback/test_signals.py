"""Signals that end a run, also during a call of libvirt's C code."""

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
    """SIGALRM sends SIGTERM during the test."""

    def terminate(number: int, frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGTERM)

    before = signal.signal(signal.SIGALRM, terminate)
    # Hypothesis installs callbacks, and Python ignores exceptions that are raised in a callback
    callbacks, gc.callbacks[:] = list(gc.callbacks), []
    # finalize connections that other tests did not close
    gc.collect()
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    gc.callbacks[:] = callbacks


def test_sigterm_during_a_libvirt_call_raises_terminated(alarm: None) -> None:
    """No signal is lost in a callback, and none becomes SystemError."""
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
def test_signal_wrapped_in_system_error_is_raised(cause: BaseException) -> None:
    """CPython reports "returned a result with an exception set"; its cause is raised instead."""
    with pytest.raises(type(cause)) as caught, terminate_by_exception():
        raise SystemError("returned a result with an exception set") from cause
    assert caught.value is cause
    depth, error = 0, caught.value.__context__
    while error is not None and depth < 10:
        depth, error = depth + 1, error.__context__
    assert depth < 10


class SignalInFinalizer:
    """An object whose finalizer receives a signal."""

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
def test_signal_during_a_finalizer_is_not_lost(number: int, raised: type[BaseException]) -> None:
    """Python ignores exceptions in finalizers; the signal is raised after the finalizer."""
    with pytest.raises(raised), terminate_by_exception():
        SignalInFinalizer(number)
        time.sleep(LOST_AFTER_SECONDS)


def test_other_system_errors_are_raised() -> None:
    """They are errors of the interpreter."""
    with pytest.raises(SystemError, match="broken"), terminate_by_exception():
        raise SystemError("broken")
