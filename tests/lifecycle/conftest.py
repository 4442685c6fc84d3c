"""Each test has a fresh default host of the test driver."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def fresh_host(fresh_test_driver: None) -> None:
    """No guest of an earlier test is left."""
