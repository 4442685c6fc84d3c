"""The distributed project: layout, metadata, manual pages and wheel."""

from __future__ import annotations

import configparser
import importlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import virtinstall
from virtinstall.options.introspect import known_sub_options
from virtinstall.options.manual import mark_pages, write_includes
from virtinstall.options.parser import build_parser
from virtinstall.options.read import section_class
from virtinstall.options.table import OPTIONS

PROJECT = Path(__file__).parents[1]
TOP_LEVEL = (
    *("virtinstall", "tests", "man", "kickstarts", "scripts/test", "scripts/quickstart", ".ci/run"),
    *("setup.cfg", "pyproject.toml", "tox.ini", ".ruff.toml", "README.md", "CHANGELOG.md", "LICENSE"),
)


def setup_cfg() -> configparser.ConfigParser:
    """Return the parsed setup.cfg."""
    parsed = configparser.ConfigParser()
    parsed.read(PROJECT / "setup.cfg")
    return parsed


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_top_level_files_exist(name: str) -> None:
    """Scripts are executable."""
    assert (PROJECT / name).exists()
    if name.startswith(("scripts/", ".ci/")):
        assert os.access(PROJECT / name, os.X_OK)


def test_entry_points_exist() -> None:
    """Each command has a function."""
    scripts = setup_cfg()["options.entry_points"]["console_scripts"].strip().splitlines()
    commands = dict(script.split(" = ") for script in scripts)
    assert {"virt-install", "virt-clone"} <= set(commands)
    for target in commands.values():
        module, _, function = target.partition(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_pygobject_is_not_imported() -> None:
    """libosinfo's bindings are not needed either."""
    required = setup_cfg()["options"]["install_requires"].lower()
    assert "gobject" not in required
    assert "pycairo" not in required


def test_version_is_the_first_in_the_changelog() -> None:
    """The newest entry of the changelog is this version."""
    first = next(line for line in (PROJECT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert virtinstall.__version__ in first


def test_licence_is_apache() -> None:
    """LICENSE is the complete Apache License 2.0, and the metadata names it."""
    text = (PROJECT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert setup_cfg()["metadata"]["license"] == "Apache-2.0"


PAGES = {
    "virt-install": ("virtinstall.options.parser", "build_parser"),
    "virt-clone": ("virtinstall.cli.virt_clone", "clone_parser"),
    "virt-xml": ("virtinstall.cli.virt_xml", "xml_parser"),
    "virt-guest": ("virtinstall.cli.virt_guest", "guest_parser"),
}


@pytest.fixture(scope="module")
def man_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The manual pages, built in a temporary directory."""
    folder = tmp_path_factory.mktemp("man")
    for text in (PROJECT / "man").glob("*.text"):
        shutil.copy(text, folder)
    write_includes(folder)
    for program, (module, function) in PAGES.items():
        subprocess.run(
            [
                *(sys.executable, "-c", "from argparse_manpage.cli import main; main()", "--module", module),
                *("--function", function, "--prog", program, "--output", str(folder / f"{program}.1")),
                *("--include", str(folder / f"{program}.include")),
            ],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            check=True,
            timeout=60,
        )
    mark_pages(folder)
    return {program: folder / f"{program}.1" for program in PAGES}


@pytest.fixture(params=sorted(PAGES))
def man_page(request: pytest.FixtureRequest, man_pages: dict[str, Path]) -> Path:
    """One of the manual pages."""
    return man_pages[request.param]


def test_man_page_has_each_option(man_pages: dict[str, Path]) -> None:
    """The options are those of --help."""
    text = man_pages["virt-install"].read_text().replace("\\-", "-")
    shown = [a for a in build_parser()._actions if a.help not in (None, "==SUPPRESS==")]
    names = {name for action in shown for name in action.option_strings}
    assert {name for name in names if name not in text} == set()


def test_description_begins_with_the_first_sentence_of_the_help(man_page: Path) -> None:
    """It is a separate paragraph before the text of man/*.text."""
    _, _, description = man_page.read_text().partition(".SH DESCRIPTION\n")
    assert description.startswith(("Create a virtual", "Copy the disks", "Change the XML", "Manage guests"))
    assert description.split("\n")[1] in (".PP", "")


def test_man_page_has_each_sub_option(man_pages: dict[str, Path]) -> None:
    """The sub-options are those of `--OPTION help`, with their line."""
    text = man_pages["virt-install"].read_text().replace("\\-", "-")
    for option in OPTIONS:
        if option.section and not option.hidden:
            missing = [known.name for known in known_sub_options(section_class(option)) if known.name not in text]
            assert missing == [], option.names


def test_man_page_has_no_backticks(man_page: Path) -> None:
    """Manual pages have other markup."""
    assert "`" not in man_page.read_text()


def test_groff_finds_no_errors_in_man_pages(man_page: Path) -> None:
    """groff prints no warning."""
    if shutil.which("man") is None or shutil.which("groff") is None:
        pytest.skip("NOT RUN: man and groff are missing (Debian: man-db, groff)")
    checked = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(man_page)],
        env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert checked.stderr == ""


def test_wheel_is_complete(tmp_path: Path) -> None:
    """It contains the typed package, the commands, the manual pages and the license, but no tests."""
    if tuple(map(int, importlib.metadata.version("setuptools").split(".")[:2])) < (70, 1):
        pytest.skip("NOT RUN: this environment's setuptools is older than 70.1 and can't build wheels alone")
    source = tmp_path / "source"
    for name in ("setup.cfg", "setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        source.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, source / name)
    for name in ("virtinstall", "man", "completion", "tests"):
        shutil.copytree(PROJECT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.1"))

    built = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"),
            *("-w", str(tmp_path), str(source)),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("virtinstall-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    endings = (
        *("virtinstall/py.typed", "/man/man1/virt-install.1", "/entry_points.txt", "/LICENSE"),
        *("/bash-completion/completions/virt-xml", "/site-functions/_virt-install"),
        "/vendor_completions.d/virt-clone.fish",
    )
    assert [ending for ending in endings if not any(name.endswith(ending) for name in names)] == []
    assert [name for name in names if name.startswith("tests/")] == []
    packages = {path.parent.relative_to(PROJECT).as_posix() for path in (PROJECT / "virtinstall").rglob("*.py")}
    assert {f"{package}/__init__.py" for package in packages} <= set(names)
