"""Every golden case as a guests file: the same plan; and, where libvirt's test driver can have it, no difference."""

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
    """The file for the command line of a case."""
    given = parse_argv(Case(name).args)
    rewrite(given)
    given.connect = None
    given.name = given.name or "guest"
    return Lab.parse(spec_text(given), "guests.yaml", project="golden")


def plan_of(name: str) -> list[str]:
    """The XML of the file's guest on the host of the case; or the error."""
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
    """All documents of the plan, or the same error."""
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
    """The diff is empty after an apply, also after one more option, which is the only difference then.

    False if the guest cannot be created: the test driver, or this host, does not have what it needs.
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
    """For every case that the test driver can create; it can create many of them."""
    assert len([name for name in NAMES if check_diff_after_apply(hypervisor, name)]) > 20
