"""Validation of user data by cloud-init's JSON schema from its Debian package, which scripts/test downloads."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft4Validator


def check_by_cloud_init(user_data: str) -> None:
    """Raise AssertionError with each error of cloud-init's schema; skip with a message if it was not downloaded."""
    schema = Path(os.environ.get("VIRTINSTALL_CACHE", "/var/cache/virtinstall"), "cloud-init-schema.json")
    if not schema.exists():
        pytest.skip("NOT RUN: cloud-init's schema is missing (scripts/cloud-init-schema downloads it)")
    assert user_data.startswith("#cloud-config\n")
    complaints = Draft4Validator(json.loads(schema.read_text())).iter_errors(yaml.safe_load(user_data))
    assert not [f"{'.'.join(map(str, each.path))}: {each.message}" for each in complaints]
