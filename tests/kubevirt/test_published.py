"""Published command lines and the conformance cases: each is an error that names options, or a valid manifest."""

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
# replaces files of a host with media that a cluster can read
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
    """Return the command line with media that a cluster can read."""
    for old, new in ADAPTED.items():
        line = line.replace(old, new)
    return line


def args_of(line: str) -> list[str]:
    """Return the arguments of a published line, with paths in place of its variables."""
    return shlex.split(line.replace("{", "/files/").replace("}", ""))


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment with the system's OS database; what was found in it is read again from a cache."""
    cache = tmp_path_factory.mktemp("cache")
    return {**ENVIRONMENT, "OSINFO_SYSTEM_DIR": "/usr/share/osinfo", "XDG_CACHE_HOME": str(cache)}


def is_valid(args: list[str], environ: dict[str, str]) -> bool:
    """Return whether there are manifests; they must conform to the schemas, and errors must name options."""
    try:
        found = manifests(request_of(args), environ=environ)
    except FetchError:
        raise
    except VirtInstallError as error:
        assert_names_options(error)
        return False
    assert [each for document in found.documents for each in problems(document)] == [], args
    return True


@needs_schemas
@pytest.mark.parametrize("line", PUBLISHED)
def test_published_line_is_an_error_or_valid(line: str, environ: dict[str, str]) -> None:
    """Its media are files of a host, as published."""
    is_valid(args_of(line), environ)


@needs_schemas
@pytest.mark.parametrize("line", [adapted(line) for line in PUBLISHED])
def test_published_line_with_cluster_media_is_an_error_or_valid(line: str, environ: dict[str, str]) -> None:
    """Its media are URLs and persistent volume claims, as after a migration to a cluster."""
    is_valid(args_of(line), environ)


@needs_schemas
def test_many_published_lines_are_valid_with_cluster_media(environ: dict[str, str]) -> None:
    """The others use an install tree, a device or a bridge of the host."""
    valid = sum(is_valid(args_of(adapted(line)), environ) for line in PUBLISHED)

    assert len(PUBLISHED) >= 60
    assert valid * 4 > len(PUBLISHED)


@needs_schemas
@pytest.mark.skipif(not CORPUS.exists(), reason=f"the conformance corpus is not in {CORPUS.parent}")
def test_conformance_case_is_an_error_or_valid(environ: dict[str, str]) -> None:
    """All command lines of virt-install in the file are tested."""
    corpus = json.loads(Path(CORPUS).read_text())["virt-install"]
    valid = 0
    for case in corpus:
        try:
            valid += is_valid(case["argv"], environ)
        except FetchError:
            # some URLs in the file do not exist
            continue
    assert len(corpus) > 100
    assert valid
