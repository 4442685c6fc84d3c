"""Published command lines and the conformance corpus: each is refused by name, or passes KubeVirt's schemas."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.cases.facts import ENVIRONMENT
from tests.kubevirt.golden import request_of
from tests.kubevirt.schema import FOLDER, needs_schemas, problems
from tests.kubevirt.test_golden import assert_names_options
from tests.options.test_published_lines import LINES
from virtinstall.errors import FetchError, VirtInstallError
from virtinstall.kubevirt.manifests import manifests

CORPUS = FOLDER.parent / "conformance" / "cases.json"
PUBLISHED = [line.partition(" ")[2] for line in LINES]
# the same guests, with media of a cluster in place of files of a host
ADAPTED = {
    "path={img}": "vol=pvc/img",
    "--file {img}": "--disk vol=pvc/img",
    "--file={img}": "--disk=vol=pvc/img",
    "{img}": "vol=pvc/img",
    "path={new},": "",
    "{new},": "",
    "{iso},device": "vol=pvc/iso,device",
    "{iso}": "https://example.org/x.iso",
}


def adapted(line: str) -> str:
    """The line with media that a cluster can reach."""
    for old, new in ADAPTED.items():
        line = line.replace(old, new)
    return line


def is_valid(args: list[str]) -> bool:
    """Whether there are manifests; they pass the schemas, and otherwise the error names the options."""
    try:
        found = manifests(request_of(args), environ={**ENVIRONMENT, "OSINFO_SYSTEM_DIR": "/usr/share/osinfo"})
    except FetchError:
        raise
    except VirtInstallError as error:
        assert_names_options(error)
        return False
    assert [each for document in found.documents for each in problems(document)] == [], args
    return True


@needs_schemas
@pytest.mark.parametrize("line", PUBLISHED)
def test_published_line_is_refused_by_name_or_valid(line: str) -> None:
    """As it was published, with paths of a host."""
    is_valid(shlex.split(line.replace("{", "/files/").replace("}", "")))


@needs_schemas
@pytest.mark.parametrize("line", [adapted(line) for line in PUBLISHED])
def test_published_line_with_media_of_a_cluster_is_refused_by_name_or_valid(line: str) -> None:
    """With images by URL and claims, as somebody changes them who moves to a cluster."""
    is_valid(shlex.split(line.replace("{", "/files/").replace("}", "")))


@needs_schemas
def test_many_published_lines_are_valid_with_media_of_a_cluster() -> None:
    """Many guests need no other change; the others use an installation tree, a device or a bridge of the host."""
    valid = sum(is_valid(shlex.split(adapted(line).replace("{", "/files/").replace("}", ""))) for line in PUBLISHED)

    assert len(PUBLISHED) >= 60
    assert valid * 4 > len(PUBLISHED)


@needs_schemas
@pytest.mark.skipif(not CORPUS.exists(), reason=f"the conformance corpus is not in {CORPUS.parent}")
def test_conformance_corpus_is_refused_by_name_or_valid() -> None:
    """Every command line of virt-install in the corpus."""
    corpus = json.loads(Path(CORPUS).read_text())["virt-install"]
    valid = 0
    for case in corpus:
        try:
            valid += is_valid(case["argv"])
        except FetchError:
            # the corpus has addresses that do not exist
            continue
    assert len(corpus) > 100
    assert valid
