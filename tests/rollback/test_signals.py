"""Signals that end a run, also during a call of libvirt's C code."""

from __future__ import annotations

import gc
import signal
import sys
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
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


class Finalized:
    """An object whose finalizer receives a signal."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        signal.raise_signal(self.number)


class Referenced:
    """An object that a weak reference can refer to."""


def finalizer(number: int) -> None:
    """Receive the signal in a finalizer."""
    Finalized(number)


def weak_reference(number: int) -> None:
    """Receive the signal in the callback of a weak reference, as those of Python's import locks."""
    referenced = Referenced()
    reference = weakref.ref(referenced, lambda _: signal.raise_signal(number))
    del referenced
    assert reference() is None


@pytest.mark.parametrize("receive", [finalizer, weak_reference])
@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGTERM, Terminated), (signal.SIGHUP, Terminated), (signal.SIGINT, KeyboardInterrupt)],
)
def test_signal_is_not_lost_where_python_drops_exceptions(
    number: int, raised: type[BaseException], receive: Callable[[int], None]
) -> None:
    """The signal is raised afterwards."""
    with pytest.raises(raised), terminate_by_exception():
        receive(number)
        time.sleep(LOST_AFTER_SECONDS)


def test_other_dropped_exceptions_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's hook receives them as before, and is restored."""
    seen: list[object] = []

    def hook(found: object) -> None:
        seen.append(found)

    class Broken:
        def __del__(self) -> None:
            raise ValueError

    monkeypatch.setattr(sys, "unraisablehook", hook)
    with terminate_by_exception():
        Broken()
    assert len(seen) == 1
    assert sys.unraisablehook is hook


def test_other_system_errors_are_raised() -> None:
    """They are errors of the interpreter."""
    with pytest.raises(SystemError, match="broken"), terminate_by_exception():
        raise SystemError("broken")
