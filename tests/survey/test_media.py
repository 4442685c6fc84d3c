"""Facts about an install medium with a specified kernel or OS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compose.hosts import DATA, HostFiles, os_named
from tests.media.trees import treeinfo
from tests.servers import web_server
from virtinstall.errors import RequestError
from virtinstall.options.command import parse_request
from virtinstall.osinfo.catalog import Catalog
from virtinstall.survey.media import survey_media, tree_url
from virtinstall.survey.operating_system import survey_os

FACTS = HostFiles((DATA / "capabilities-debian12.xml").read_text()).facts()
HOST, PLATFORM = FACTS.host, FACTS.platform


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An install tree of Fedora 28 that also contains another kernel."""
    os_named("fedora28")
    (tmp_path / "images/pxeboot").mkdir(parents=True)
    for name in ("images/pxeboot/vmlinuz", "images/pxeboot/initrd.img", "own.kernel", "own.initrd"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / ".treeinfo").write_text(treeinfo("Fedora", "28"))
    return tmp_path


def catalog() -> Catalog:
    """Return the installed OS database."""
    return Catalog({"HOME": "/nonexistent"}, cache=False)


def test_specified_kernel_keeps_the_facts_of_the_tree(tree: Path) -> None:
    """The OS and the kernel arguments are those of the tree."""
    with web_server(tree) as server:
        url = server.url.rstrip("/")
        request = parse_request(["--location", f"{url},kernel=own.kernel,initrd=own.initrd"])
        media = survey_media(request, HOST, catalog())
        plain = survey_media(parse_request(["--location", url]), HOST, catalog())
    assert media is not None
    assert plain is not None
    assert (media.kernel, media.initrd) == ("own.kernel", "own.initrd")
    assert media.os_names == plain.os_names != ()
    assert media.kernel_arguments == plain.kernel_arguments != ()


def test_specified_kernel_makes_an_unknown_tree_usable(tree: Path) -> None:
    """The OS and the kernel arguments are unknown."""
    (tree / ".treeinfo").unlink()
    (tree / "images/pxeboot/vmlinuz").unlink()
    request = parse_request(["--location", f"{tree},kernel=own.kernel,initrd=own.initrd"])
    media = survey_media(request, HOST, catalog())
    assert media is not None
    assert (media.kernel, media.os_names, media.kernel_arguments) == ("own.kernel", (), ())


def test_install_option_determines_the_os(tree: Path) -> None:
    """`--install OS` overrides the OS of the tree."""
    media = survey_media(parse_request(["--location", str(tree)]), HOST, catalog())
    chosen = survey_os(parse_request(["--install", "debian11"]), media, catalog(), PLATFORM, {})
    assert chosen.record.short_id == "debian11"
    assert survey_os(parse_request([]), media, catalog(), PLATFORM, {}).record.short_id == "fedora28"


@pytest.mark.parametrize("name", ["debian99", "debian"])
def test_install_requires_an_exact_os_name(name: str) -> None:
    """The settings of a similar release would suit the guest, but its tree would install that release."""
    with pytest.raises(
        RequestError, match=f"--install {name}: the OS database does not contain this operating system"
    ) as caught:
        tree_url(parse_request([]), catalog(), name)
    assert "--location URL" in str(caught.value.hint)
