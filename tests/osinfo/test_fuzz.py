"""Random names, IDs of media, .treeinfo values and files: each has a result or one clear error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.osinfo.database import DATA, Database
from virtinstall.errors import RequestError
from virtinstall.osinfo.catalog import Catalog
from virtinstall.osinfo.detect import match_media, match_tree
from virtinstall.osinfo.option import choose_os, read_requested

_COUNT = int(os.environ.get("VIRTINSTALL_FUZZ", "100"))
_PROFILE = settings(max_examples=_COUNT, deadline=None, suppress_health_check=list(HealthCheck))
_PARTS = st.sampled_from(
    ["penguin", "win", "debian", "2", "11", ".", "-", "sp", "r", "k", "http://", "/", "%", "é", "²"]
)
_NAMES = st.one_of(st.text(max_size=300), st.lists(_PARTS, max_size=8).map("".join))


@pytest.fixture
def catalog(database: Database) -> Catalog:
    """A catalog that writes no cache."""
    return database.catalog(cache=False)


@_PROFILE
@given(name=_NAMES)
def test_any_name_has_a_record_or_an_error(catalog: Catalog, name: str) -> None:
    """The error contains the beginning of the name."""
    try:
        found = catalog.lookup(name)
    except RequestError as error:
        assert name[:200] in error.message
        assert error.hint
    else:
        assert found.record.short_id


@_PROFILE
@given(values=st.dictionaries(st.sampled_from(["name", "short-id", "id", "detect", "require"]), _NAMES), found=_NAMES)
def test_any_request_has_a_system_or_an_error(catalog: Catalog, values: dict[str, str], found: str) -> None:
    """The sub-options of --osinfo have random values."""
    try:
        chosen = choose_os(read_requested(values), catalog, detected=[found])
    except RequestError as error:
        assert error.message
    else:
        assert chosen.record.short_id


@_PROFILE
@given(args=st.lists(st.text(max_size=300), min_size=4, max_size=4))
def test_any_medium_is_recognized_or_not(catalog: Catalog, args: list[str]) -> None:
    """IDs of media and values of .treeinfo files are random."""
    volume, system, publisher, application = args
    match_media(catalog, volume, system_id=system, publisher_id=publisher, application_id=application)
    match_tree(catalog, family=volume, version=system, variant=publisher, arch=application)


@_PROFILE
@given(data=st.data())
def test_any_file_has_a_record_or_is_ignored(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """A database file is truncated or changed."""
    source = DATA / "os" / "example.org" / "penguin-2.0.xml"
    content = bytearray(source.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 200)))
        content[start:end] = data.draw(
            st.one_of(st.binary(max_size=20), st.just(b"<os>"), st.just(bytes(content[:99])))
        )
    root: Path = tmp_path_factory.mktemp("database")
    database = Database(root)
    path = database.write("local/os/example.org/penguin-2.0.xml", "")
    path.write_bytes(content)
    catalog = database.catalog()
    try:
        catalog.lookup("penguin2.0")
    except RequestError as error:
        assert "unknown OS name" in error.message
    match_media(catalog, "Penguin 2.1", system_id="LINUX")
    catalog.list_text()
