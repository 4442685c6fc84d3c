"""Each test has a fresh default host of the test driver, and Ctrl-C is not ignored."""

from __future__ import annotations

import signal

import pytest


@pytest.fixture(autouse=True)
def fresh_host(fresh_test_driver: None) -> None:
    """No guest of an earlier test is left."""


@pytest.fixture(autouse=True)
def ctrl_c_is_not_ignored() -> None:
    """A shell starts its background jobs with SIGINT ignored, and a program started so cannot trap it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
