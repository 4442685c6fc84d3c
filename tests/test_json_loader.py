"""JSON from servers and files of other programs never ends a command with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtinstall.images.checksums import find_digest
from virtinstall.images.registry import credentials
from virtinstall.json_loader import parse_json

DEEP = "[" * 100_000


@pytest.mark.parametrize("data", [DEEP, '{"a":' * 100_000, DEEP.encode(), b"\xff", "", "nonsense"])
def test_invalid_json_is_a_value_error(data: str | bytes) -> None:
    """Python raises RecursionError for deep nesting."""
    with pytest.raises(ValueError, match=r"."):
        parse_json(data)


def test_deeply_nested_checksum_list_has_no_digest() -> None:
    """The list comes from a server."""
    assert find_digest(DEEP, "disk.qcow2") is None


@pytest.mark.parametrize("text", [DEEP, "[]", '{"auths": []}', '{"auths": {"quay.io": []}}', "nonsense", "\udcff"])
def test_invalid_credentials_file_is_ignored(tmp_path: Path, text: str) -> None:
    """Other programs write the file."""
    path = tmp_path / "auth.json"
    path.write_text(text, errors="surrogateescape")
    assert credentials("quay.io", {"REGISTRY_AUTH_FILE": str(path), "HOME": str(tmp_path)}) is None
