"""Fixtures: a vendor's download server and a client for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.fetching import Client
from tests.images.vendor import Vendor, serve


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    """A vendor's download server."""
    with serve(Vendor()) as site:
        yield site


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A client with an empty cache."""
    return Client(tmp_path / "cache")
