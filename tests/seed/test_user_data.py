"""Files that cloud-init would ignore cause a warning in advance."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtinstall.seed.cloud_init import from_suboptions

GOOD = {
    "cloud-config": "#cloud-config\nhostname: x\n",
    "script": "#!/bin/sh\necho x\n",
    "include": "#include\nhttp://192.0.2.1/x\n",
    "template": "## template: jinja\n#cloud-config\n{% if x %}a: b{% endif %}\n",
    "mime": "Content-Type: multipart/mixed; boundary=x\n",
}


def warnings(**files: str) -> tuple[str, ...]:
    """Return the warnings about these files."""
    texts = {name.replace("_", "-"): text for name, text in files.items()}
    return from_suboptions({name: name for name in texts}, lambda name, _option: texts[name]).warnings


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_formats_of_cloud_init_cause_no_warning(text: str) -> None:
    """Examples are cloud-config, scripts and MIME."""
    assert warnings(user_data=text) == ()


def test_missing_header_causes_a_warning() -> None:
    """cloud-init ignores YAML without #cloud-config."""
    (warning,) = warnings(user_data="hostname: x\n")
    assert warning.startswith("--cloud-init user-data=user-data: cloud-init will ignore the file")


def test_invalid_yaml_causes_a_warning() -> None:
    """It contains the line; other files than user-data are checked as well."""
    (warning,) = warnings(user_data="#cloud-config\nusers:\n  - name: a\n :b\n")
    assert "line 4" in warning
    warning = warnings(network_config="a: [")[-1]
    assert warning.startswith("--cloud-init network-config=network-config: cloud-init cannot parse the file")


def test_example_of_the_repository_causes_no_warning() -> None:
    """It is in kickstarts/."""
    text = (Path(__file__).parents[2] / "kickstarts" / "cloud-init-user-data.yaml").read_text()
    assert warnings(user_data=text) == ()
