"""The schema of the newest libvirt in Debian, which scripts/libvirt-schema downloads."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from virtinstall.xml.schema import Schema, load_schema

DIRECTORY = Path(os.environ.get("VIRTINSTALL_CACHE", "/var/cache/virtinstall"), "libvirt-schema")


def _require() -> None:
    if not DIRECTORY.joinpath("domain.rng").exists():
        pytest.skip("NOT RUN: the newest libvirt's schema is missing (scripts/libvirt-schema downloads it)")


@cache
def newest_schema() -> Schema:
    """Return the schema for lookups; skip the test if it was not downloaded."""
    _require()
    return load_schema({"VIRTINSTALL_SCHEMA_DIR": str(DIRECTORY)}, cache=False)


@cache
def newest_validator() -> etree.RelaxNG:
    """Return libxml2's validator of it; skip the test if it was not downloaded."""
    _require()
    return etree.RelaxNG(file=str(DIRECTORY / "domain.rng"))
