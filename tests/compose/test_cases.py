"""Each directory of `tests/cases`: the request and the facts result in exactly the stored XML or error."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import pytest

from tests.cases.case import Case, case_names
from tests.cases.facts import HOSTS, host_json
from tests.compose.test_composed_is_valid import adapted_to_the_schema, architectures
from tests.xml.domain_generator import validator


@pytest.mark.parametrize("name", case_names())
def test_case_has_the_expected_results(name: str) -> None:
    """To accept a change, run `python -m tests.cases --regenerate NAME` and review it with `git diff`."""
    case = Case(name)
    assert case.outputs() == case.expected()


@pytest.mark.parametrize("name", case_names())
def test_expected_xml_is_valid(name: str) -> None:
    """The installed libvirt's schema accepts each document, unless it is too old for the architecture or devices."""
    case = Case(name)
    if case.facts.get("schema") == "newer":
        return
    text = case.expected().get("expected.xml", "")
    for document in text.split("</domain>\n")[:-1]:
        root = adapted_to_the_schema(f"{document}</domain>")
        if root.xpath("string(os/type/@arch)") in architectures():
            assert validator().validate(root), validator().error_log


def test_each_module_of_compose_has_a_case() -> None:
    """Together, the cases call a function of each module."""
    import virtinstall.compose

    folder = Path(virtinstall.compose.__file__).parent
    called = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and not frame.f_code.co_name.startswith("<"):
            called.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        for name in case_names():
            Case(name).outputs()
    finally:
        sys.setprofile(None)
    assert {str(path) for path in folder.glob("*.py") if path.stem != "__init__"} <= called


def test_each_host_has_a_case() -> None:
    """A host that no case uses must be removed; the hosts cover all drivers."""
    used = {Case(name).facts["host"] for name in case_names()}
    assert used == {path.name for path in HOSTS.iterdir() if path.is_dir()}
    assert {host_json(name)["driver"] for name in used} == {"qemu", "xen", "lxc", "bhyve", "vz", "test"}
