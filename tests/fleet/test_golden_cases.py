"""Each golden case as a guests file: the plan is the same, and the diff is empty after an apply."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import virtinstall
from tests.cases.case import Case, case_names
from tests.cases.facts import facts_for
from virtinstall import Hypervisor, Lab
from virtinstall.compose.compose import compose
from virtinstall.compose.validate import resolve_methods, validate_request
from virtinstall.errors import VirtInstallError
from virtinstall.fleet.spec_file import spec_text
from virtinstall.options.legacy import rewrite
from virtinstall.options.parser import parse_argv

NAMES = [name for name in case_names() if Case(name).args and "--reinstall" not in Case(name).args]


def lab_of(name: str) -> Lab:
    """Return the guests file for the command line of a case."""
    given = parse_argv(Case(name).args)
    rewrite(given)
    given.connect = None
    given.name = given.name or "guest"
    return Lab.parse(spec_text(given), "guests.yaml", project="golden")


def plan_of(name: str) -> list[str]:
    """Return the XML of the file's guest on the host of the case, or the error."""
    try:
        request = lab_of(name).guests[0].request
        assert request is not None
        request = resolve_methods(request)
        validate_request(request)
        return list(compose(request, facts_for(request, Case(name).facts)).steps)
    except VirtInstallError as error:
        return [error.message.rpartition(": ")[2]]


@pytest.mark.parametrize("name", NAMES)
def test_file_has_the_plan_of_the_command_line(name: str) -> None:
    """The XML of all phases is equal, or the error."""
    if not any(word == "--name" or word.startswith(("--name=", "-n")) for word in Case(name).args):
        pytest.skip("a guest of a file has a name")
    try:
        expected = list(Case(name).plan().steps)
    except VirtInstallError as error:
        expected = [error.message.rpartition(": ")[2]]
    assert plan_of(name) == expected


@pytest.fixture(scope="module")
def hypervisor() -> Iterator[Hypervisor]:
    """The test driver, whose guests are removed afterwards."""
    with virtinstall.connect("test:///default") as connected:
        yield connected


def check_diff_after_apply(hypervisor: Hypervisor, name: str) -> bool:
    """Check that the diff is empty after an apply, and that another option is the only difference.

    Return False if the test driver or this host does not support the guest.
    """
    try:
        lab = lab_of(name)
        (outcome,) = lab.apply(hypervisor)
    except VirtInstallError:
        return False
    if outcome.status == "failed":
        return False
    try:
        (found,) = lab.diff(hypervisor)
        assert not found.is_different and found.drift == (), (name, found)
        (guest,) = lab.guests
        if "metadata" not in guest.given:
            more = lab.replace(guests=(guest.replace(given={**guest.given, "metadata": ["title=more"]}),))
            (found,) = more.diff(hypervisor)
            assert [each.path for each in found.changes] == ["title"], (name, found.changes)
            (outcome,) = more.apply(hypervisor)
            assert outcome.message is None, name
            (found,) = more.diff(hypervisor)
            assert not found.is_different and found.drift == (), (name, found)
    finally:
        created = hypervisor.guest(lab.guests[0].name).handle
        created.destroy()
        if created.is_persistent():
            created.undefine()
    return True


def test_diff_is_empty_after_apply(hypervisor: Hypervisor) -> None:
    """The test driver can create more than 20 of the cases."""
    assert len([name for name in NAMES if check_diff_after_apply(hypervisor, name)]) > 20
