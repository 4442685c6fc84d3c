"""Golden cases, and their validation with KubeVirt's schemas."""

from __future__ import annotations

import pytest
import yaml

from tests.cases.case import Case
from tests.cases.case import case_names as libvirt_cases
from tests.cases.facts import ENVIRONMENT
from tests.kubevirt.golden import case_names, expected, manifests_of, outputs, request_of
from tests.kubevirt.schema import needs_schemas, problems
from virtinstall.errors import VirtInstallError
from virtinstall.kubevirt.manifests import manifests
from virtinstall.kubevirt.yaml_text import to_yaml

ACCEPTED = [name for name in case_names() if "error" not in expected(name)]


@pytest.mark.parametrize("name", case_names())
def test_case_has_the_expected_results(name: str) -> None:
    """The manifests or the error equal those that were reviewed."""
    assert outputs(name) == expected(name)


@pytest.mark.parametrize("name", ACCEPTED)
def test_yaml_can_be_parsed(name: str) -> None:
    """A YAML parser returns the documents of the library."""
    found = manifests_of(name)
    documents = [document for guest in found for document in guest.documents]
    comments = [comment for guest in found for comment in guest.comments]

    assert list(yaml.safe_load_all(to_yaml(documents, comments))) == documents


@needs_schemas
@pytest.mark.parametrize("name", ACCEPTED)
def test_case_conforms_to_the_schemas(name: str) -> None:
    """There are no unknown fields, missing fields, or values of the wrong type."""
    assert [each for guest in manifests_of(name) for document in guest.documents for each in problems(document)] == []


@needs_schemas
def test_schema_validation_finds_errors() -> None:
    """This proves that the validation is effective."""
    (guest,) = manifests_of("minimal")
    document = guest.documents[0]
    document["spec"]["template"]["spec"]["domain"]["devices"]["disks"][0]["nosuch"] = True
    document["spec"]["dataVolumeTemplates"][0]["spec"]["storage"]["nosuch"] = 1
    document["spec"]["template"]["spec"]["domain"]["cpu"]["sockets"] = "two"
    del document["spec"]["template"]["spec"]["volumes"][0]

    found = "\n".join(problems(document))

    assert "disks[0].nosuch: unknown" in found
    assert "storage.nosuch: unknown" in found
    assert "sockets: 'two' is not of the type integer" in found
    assert "volumes" in found


@needs_schemas
@pytest.mark.parametrize("name", libvirt_cases())
def test_command_line_of_a_libvirt_case_is_an_error_or_valid(name: str) -> None:
    """Errors for the command lines of tests/cases name options; other manifests conform to the schemas."""
    args = Case(name).args
    if not args:
        return
    try:
        found = manifests(request_of(args), environ=ENVIRONMENT)
    except VirtInstallError as error:
        assert_names_options(error)
        return
    assert [each for document in found.documents for each in problems(document)] == []


def assert_names_options(error: VirtInstallError) -> None:
    """Assert that each line of the error names an option, a rule or a value of the request."""
    for line in error.message.split("\n"):
        assert "--" in line or line.startswith("KubeVirt would reject") or "'" in line or "topology" in line, line
