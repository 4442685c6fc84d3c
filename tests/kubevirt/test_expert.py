"""Single options, compared with manifests that a KubeVirt expert would write."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cases.facts import ENVIRONMENT
from tests.kubevirt.golden import request_of
from virtinstall.kubevirt.manifests import manifests

ROWS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("expert.yaml").read_text())
BASE = "--name web --memory 2048 --osinfo debian12 --disk vol=pvc/root --import"


def test_at_least_forty_options_are_compared() -> None:
    """They are the options that are used most."""
    assert len({row["options"] for row in ROWS}) >= 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["options"]))
def test_option_results_in_the_manifest_of_an_expert(row: dict[str, Any]) -> None:
    """The part of the manifest that the option determines is exactly equal."""
    words = shlex.split(row["options"])
    base = BASE.replace("--memory 2048 ", "") if "--memory" in words else BASE
    found: Any = manifests(request_of([*shlex.split(base), *words]), environ=ENVIRONMENT).documents[0]
    place = row["at"] if row["at"].startswith(("spec.", "metadata.")) else f"spec.template.spec.{row['at']}"
    for key in place.split("."):
        found = found[int(key) if key.isdecimal() else key]

    assert found == row["is"]
