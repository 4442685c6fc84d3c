"""--ignition: accepted configurations, and the content of the guest's disk."""

from __future__ import annotations

import json

import pytest

from virtinstall.errors import RequestError
from virtinstall.seed.ignition import config_bytes


@pytest.mark.parametrize("padding", range(0, 1025, 171))
def test_whole_sectors_of_the_same_json(padding: int) -> None:
    """A disk has whole sectors; the padded content is JSON with the same meaning."""
    config = {"ignition": {"version": "3.4.0"}, "storage": "ä" * padding}
    content = config_bytes("x.ign", json.dumps(config, ensure_ascii=False))
    assert len(content) % 512 == 0
    assert json.loads(content) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "invalid JSON"),
        ("{", "invalid JSON"),
        ("[" * 100_000, "invalid JSON"),
        ("variant: fcos\nversion: 1.5.0\n", "Butane"),
        ("[]", "ignition.version"),
        ("{}", "ignition.version"),
        ('{"ignition": "3.4.0"}', "ignition.version"),
        ('{"ignition": {"version": 3}}', "ignition.version"),
        ('{"ignition": {"version": ""}}', "ignition.version"),
    ],
)
def test_invalid_configurations(text: str, message: str) -> None:
    """One sentence with the file's name, and a hint."""
    with pytest.raises(RequestError, match=message) as raised:
        config_bytes("x.ign", text)
    assert "x.ign" in raised.value.message and raised.value.hint
