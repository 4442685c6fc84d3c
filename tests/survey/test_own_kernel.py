"""Specified kernels and install trees are checked before anything is created."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compose.hosts import DATA, HostFiles, os_named
from tests.servers import web_server
from virtinstall.errors import FetchError, RequestError
from virtinstall.options.command import parse_request
from virtinstall.osinfo.catalog import Catalog
from virtinstall.survey.media import survey_media, tree_url

HOST = HostFiles((DATA / "capabilities-debian12.xml").read_text()).facts().host


def catalog() -> Catalog:
    """Return the installed OS database."""
    return Catalog({"HOME": "/nonexistent"}, cache=False)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with a kernel and an initrd."""
    for name in ("vmlinuz", "initrd.gz"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize("words", ["kernel={}/vmlinuz,initrd={}/initrd.gz", "kernel={}/vmlinuz"])
def test_existing_files_are_accepted(files: Path, words: str) -> None:
    """They are downloaded later, when the guest is created."""
    with web_server(files) as server:
        url = server.url.rstrip("/")
        survey_media(parse_request(["--install", words.replace("{}", url)]), HOST, catalog())


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("kernel={}/none,initrd={}/initrd.gz", "kernel"),
        ("kernel={}/vmlinuz,initrd={}/none", "initrd"),
        ("kernel={}/none", "kernel"),
    ],
)
def test_missing_file_is_an_error_in_a_preview(files: Path, words: str, what: str) -> None:
    """Previews and runs share this check."""
    with web_server(files) as server:
        url = server.url.rstrip("/")
        with pytest.raises(RequestError, match=f"--install {what}=.*/none: no such file"):
            survey_media(parse_request(["--install", words.replace("{}", url)]), HOST, catalog())


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_unreachable_server_is_an_error(scheme: str) -> None:
    """The message contains its address."""
    with pytest.raises(FetchError, match=r"127\.0\.0\.1"):
        survey_media(parse_request(["--install", f"kernel={scheme}://127.0.0.1:1/k,initrd=/i"]), HOST, catalog())


@pytest.mark.parametrize("name", ["fedora30", "fedora34", "fedora36", "fedora37"])
def test_fedora_is_installed_from_the_everything_tree(name: str) -> None:
    """The trees of Server and Workstation lack packages of other variants."""
    os_named(name)

    assert "/Everything/" in tree_url(parse_request(["--install", name]), catalog(), name)
