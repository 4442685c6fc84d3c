"""--ignition: accepted configurations, and the content of the guest's disk."""

from __future__ import annotations

import json

import pytest

from virtinstall.errors import RequestError
from virtinstall.seed.ignition import config_bytes


@pytest.mark.parametrize("padding", range(0, 1025, 171))
def test_configuration_is_padded_to_whole_sectors(padding: int) -> None:
    """The padded content is equal JSON."""
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
def test_invalid_configuration_is_an_error(text: str, message: str) -> None:
    """The error contains the file's name, and has a hint."""
    with pytest.raises(RequestError, match=message) as raised:
        config_bytes("x.ign", text)
    assert "x.ign" in raised.value.message and raised.value.hint
