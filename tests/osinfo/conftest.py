"""Fixtures of the tests about osinfo-db."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.osinfo.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """The test database."""
    return Database(tmp_path)
