"""Queries of the installed osinfo-db; skipped if it is not installed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from virtinstall.osinfo.catalog import Catalog

pytestmark = pytest.mark.skipif(
    not os.path.exists("/usr/share/osinfo/os/debian.org/debian-11.xml"), reason="osinfo-db isn't installed"
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The system's database with a test cache."""
    return {"XDG_CACHE_HOME": str(tmp_path), "OSINFO_LOCAL_DIR": str(tmp_path / "l"), "HOME": str(tmp_path)}


def test_cached_system_is_found_in_5_ms(environment: dict[str, str]) -> None:
    """The CPU time of a second run is measured."""
    Catalog(environment).lookup("debian11")
    costs = []
    for _ in range(5):
        start = time.process_time()
        assert Catalog(environment).lookup("debian11").record.supports_virtio_net()
        costs.append(time.process_time() - start)
    assert min(costs) < 0.005


def test_each_name_of_the_database_has_a_record(environment: dict[str, str]) -> None:
    """No warning is printed."""
    catalog = Catalog(environment, cache=False)
    for system in catalog.index.systems:
        for name in system.short_ids:
            found = catalog.lookup(name)
            assert name in found.record.short_ids
            assert found.warning is None


@pytest.mark.parametrize(
    ("name", "disk", "q35", "efi", "clock"),
    [
        ("debian11", True, True, False, "utc"),
        ("fedora36", True, True, False, "utc"),
        ("rhel6.10", True, False, False, "utc"),
        ("win10", False, True, False, "localtime"),
        ("win11", False, True, True, "localtime"),
        ("freebsd13.1", True, False, False, "utc"),
    ],
)
def test_well_known_systems_have_the_expected_settings(
    environment: dict[str, str], name: str, disk: bool, q35: bool, efi: bool, clock: str
) -> None:
    """The settings are those of virt-install 4.1.0."""
    record = Catalog(environment, cache=False).lookup(name).record
    found = (record.supports_virtio_disk(), record.supports_q35(), record.requires_efi("x86_64"), record.clock_offset)
    assert found == (disk, q35, efi, clock)
