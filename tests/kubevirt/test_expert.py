"""Single options, compared with what somebody who knows KubeVirt writes."""

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


def test_there_are_forty_options() -> None:
    """The list covers the options that people use."""
    assert len({row["options"] for row in ROWS}) >= 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["options"]))
def test_option_is_what_an_expert_writes(row: dict[str, Any]) -> None:
    """Neither less nor more, at the place of the option."""
    words = shlex.split(row["options"])
    base = BASE.replace("--memory 2048 ", "") if "--memory" in words else BASE
    found: Any = manifests(request_of([*shlex.split(base), *words]), environ=ENVIRONMENT).documents[0]
    place = row["at"] if row["at"].startswith(("spec.", "metadata.")) else f"spec.template.spec.{row['at']}"
    for key in place.split("."):
        found = found[int(key) if key.isdecimal() else key]

    assert found == row["is"]
