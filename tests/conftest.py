"""For all tests: how hypothesis behaves, and a test driver without the guests of earlier tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# any single example may be slow on two busy cores: no deadline; CI repeats the same examples
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture
def fresh_test_driver() -> Iterator[None]:
    """End forgotten connections: the default host of the test driver lives as long as one exists."""
    gc.collect()
    yield
