"""Settings and fixtures for all tests: hypothesis, Ctrl-C, and libvirt's test driver, which needs no daemon."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import virtinstall
from virtinstall import Hypervisor

# no deadline, because an example may be slow on a busy machine; CI repeats the same examples
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session", autouse=True)
def signals_are_not_ignored() -> None:
    """Restore the handling of SIGINT, which a shell ignores in background jobs, and of SIGHUP, which nohup ignores."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def hypervisor() -> Iterator[Hypervisor]:
    """The test driver, whose only guest is `test`; other guests are removed after the test."""
    with virtinstall.connect("test:///default") as connected:
        yield connected
        for guest in connected.guests():
            if guest.name != "test":
                guest.handle.destroy() if guest.state.is_active else None
                if guest.handle.is_persistent():
                    guest.handle.undefine()


@pytest.fixture
def fresh_test_driver() -> Iterator[None]:
    """Close forgotten connections, because the test driver's host exists as long as one of them."""
    gc.collect()
    yield
