"""The generated pages of the site: a page and an example for each option, a page for each error."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import virtinstall
from tests.docs import stage
from tests.docs.examples import PROJECT
from tests.servers import web_server

sys.path.insert(0, str(PROJECT / "docs"))

import error_pages
import option_pages

EXAMPLES = option_pages.examples()
OPTIONS = {option_pages.long_name(option): option for option in option_pages.visible_options()}
# the test driver has no such guest, architecture or firmware
PARSED_ONLY = {"--arch", "--boot", "--finish", "--launchSecurity", "--nvram"}


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Build the files that the examples name, in the working directory of the commands."""
    folder = tmp_path_factory.mktemp("stage")
    stage.build(folder)
    for name in ("vmlinuz", "initrd.img"):
        folder.joinpath(name).write_bytes(b"kernel")
    with web_server(folder / "web") as server:
        yield {**stage.environ(folder, server.url), "PWD": str(folder)}


def test_every_option_has_an_example() -> None:
    """docs/option_examples.txt has exactly one example for each option that --help lists."""
    assert sorted(EXAMPLES) == sorted(OPTIONS)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_example_of_an_option_is_valid(name: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It uses the option, is parsed, and can be planned."""
    arguments = shlex.split(EXAMPLES[name].replace("\\\n", ""))[1:]
    assert any(word in OPTIONS[name].names or word.startswith(f"{name}=") for word in arguments)
    monkeypatch.chdir(environ["PWD"])
    for variable in ("HOME", "http_proxy", "VIRTINSTALL_IMAGES", "LIBVIRT_DEFAULT_URI"):
        monkeypatch.setenv(variable, environ[variable])

    request = virtinstall.parse_request(arguments)

    if name not in PARSED_ONLY and "--connect" not in arguments:
        with virtinstall.connect() as hypervisor:
            assert hypervisor.plan(request).steps


def test_every_option_has_a_page() -> None:
    """The page of an option shows its syntax, the example and its sub-options."""
    pages = dict(option_pages.pages())

    assert {f"options/{name.lstrip('-')}.md" for name in OPTIONS} | {"options/index.md"} == set(pages)
    assert all(EXAMPLES[name] in pages[f"options/{name.lstrip('-')}.md"] for name in OPTIONS)
    assert "| `size` |" in pages["options/disk.md"]
    assert "Values of yes/no and on/off: yes, no, on, off." in pages["options/disk.md"]


def test_names_of_options_keep_their_hyphens() -> None:
    """Sphinx does not convert `--` of a heading or a message to a dash."""
    assert "\nsmartquotes = False" in (PROJECT / "docs/conf.py").read_text()


def test_every_error_has_a_page() -> None:
    """The page of an error names its base and the messages that the source raises."""
    pages = dict(error_pages.pages())
    public = {
        name
        for name in virtinstall.__all__
        if isinstance(cls := getattr(virtinstall, name), type) and issubclass(cls, virtinstall.VirtInstallError)
    }

    assert {f"errors/{name}.md" for name in public} <= set(pages)
    assert "## Messages" in pages["errors/StorageError.md"]
    assert all(path in pages["errors/index.md"] for path in (f"({name}.md)" for name in public))


def test_generated_pages_are_not_edited() -> None:
    """Generated pages are marked and are not part of the repository."""
    ignored = Path(PROJECT / ".gitignore").read_text().splitlines()
    assert {"docs/reference/options/", "docs/reference/errors/"} <= set(ignored)
