"""Files for cloud-init that it would pass over are told beforehand."""

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
    """What is said about these files."""
    texts = {name.replace("_", "-"): text for name, text in files.items()}
    return from_suboptions({name: name for name in texts}, lambda name, _option: texts[name]).warnings


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_what_cloud_init_reads(text: str) -> None:
    """Each of its forms is fine."""
    assert warnings(user_data=text) == ()


def test_no_first_line() -> None:
    """YAML without #cloud-config is ignored by cloud-init."""
    (told,) = warnings(user_data="hostname: x\n")
    assert told.startswith("--cloud-init user-data=user-data: cloud-init will ignore it")


def test_broken_yaml() -> None:
    """The line is named; so with the other files, which have no first line."""
    (told,) = warnings(user_data="#cloud-config\nusers:\n  - name: a\n :b\n")
    assert "line 4" in told
    told = warnings(network_config="a: [")[-1]
    assert told.startswith("--cloud-init network-config=network-config: cloud-init will not be able to read it")


def test_our_own_example_is_fine() -> None:
    """kickstarts/ has a complete one."""
    text = (Path(__file__).parents[2] / "kickstarts" / "cloud-init-user-data.yaml").read_text()
    assert warnings(user_data=text) == ()
