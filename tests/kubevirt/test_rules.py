"""KubeVirt's rules: a manifest that KubeVirt would reject is an error that names the rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.facts import ENVIRONMENT
from tests.kubevirt.golden import request_of
from virtinstall.errors import RequestError
from virtinstall.kubevirt.drops import without_dropped
from virtinstall.kubevirt.manifests import Manifests, manifests

BASE = "--name web --memory 2048 --osinfo debian12"


def printed(line: str) -> Manifests:
    """Return the manifests of a command line."""
    return manifests(request_of(line.split()), environ=ENVIRONMENT)


def rules() -> list[tuple[str, str]]:
    """Return (command line, part of the error) for each entry of rules.txt."""
    lines = Path(__file__).with_name("rules.txt").read_text().replace("{base}", BASE).splitlines()
    pairs = [line for line in lines if not line.startswith("#")]
    return [(line, rule.strip()) for line, rule in zip(pairs[::2], pairs[1::2], strict=True)]


@pytest.mark.parametrize(("line", "rule"), rules(), ids=[line for line, _ in rules()])
def test_error_names_the_rule(line: str, rule: str) -> None:
    """The hint suggests a change."""
    with pytest.raises(RequestError) as caught:
        printed(line)

    assert rule in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("line", [line for line, _ in rules()])
def test_options_in_the_hint_can_be_dropped(line: str) -> None:
    """--kubevirt-drop accepts each name in the hint."""
    with pytest.raises(RequestError) as caught:
        printed(line)
    _, option, names = str(caught.value.hint).rpartition("--kubevirt-drop ")
    if option:
        # it raises an error for a name that cannot be dropped
        without_dropped(request_of(f"{line} {option}{names}".split()))


def test_all_problems_are_reported_together() -> None:
    """One run reports all of them."""
    with pytest.raises(RequestError) as caught:
        printed(f"{BASE} --disk /a.img --graphics spice --hostdev 0:1:0.0 --pm suspend_to_mem=no")

    assert [line.split(" ")[0] for line in caught.value.message.split("\n")] == [
        "--disk",
        "--graphics",
        "--hostdev:",
        "--pm:",
    ]
    assert "--kubevirt-drop disk.path,graphics.type,hostdev,pm" in str(caught.value.hint)


def test_hint_with_kubevirt_drop_can_be_typed() -> None:
    """With the option in the hint, the command line is valid."""
    line = f"{BASE} --disk size=1,snapshot=no --graphics spice,listen=0.0.0.0 --hostdev 0:1:0.0 --pm suspend_to_mem=no"
    with pytest.raises(RequestError) as caught:
        printed(line)
    option = str(caught.value.hint).rpartition("omit the options with: ")[2]

    assert printed(f"{line} {option}").documents


def test_secrets_are_not_shown_in_errors() -> None:
    """The password of the display is replaced with asterisks."""
    with pytest.raises(RequestError) as caught:
        printed(f"{BASE} --disk none --graphics vnc,password=hunter2")

    assert "hunter2" not in caught.value.message
    assert "--graphics password=***" in caught.value.message


@pytest.mark.parametrize("text", ["graphic", "disk.sise", "--nosuch", "name", ""])
def test_unknown_name_in_kubevirt_drop_is_an_error(text: str) -> None:
    """A misspelled name would omit nothing."""
    with pytest.raises(RequestError, match="kubevirt-drop"):
        manifests(request_of([*BASE.split(), "--disk", "none", "--kubevirt-drop", text]), environ=ENVIRONMENT)


def test_request_is_not_changed() -> None:
    """The request can be used again."""
    request = request_of(f"{BASE} --disk size=5 --network bridge=a --kubevirt-drop network".split())
    before = request.domain.to_xml()
    manifests(request, environ=ENVIRONMENT)

    assert request.domain.to_xml() == before
