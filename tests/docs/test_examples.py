"""Examples of the README and the guides run as printed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import stage
from tests.docs.examples import PAGES, PROJECT, Example, examples
from tests.docs.output import Output, following_outputs, guide_output, missing_lines, on_test_driver, session_outputs
from tests.servers import web_server

SHELL = [example for example in examples("sh") if not example.needs_hypervisor]
PYTHON = [example for example in examples("python") if not example.needs_hypervisor]


GUIDES = sorted((PROJECT / "docs/guides").glob("*.md"))
SECTIONS = ["## Goal", "## Commands", "## Expected output", "## Troubleshooting"]


# only a real host downloads (tests/live/test_images.py)
DOWNLOAD = "Downloading "


def outputs() -> list[Output]:
    """Return the outputs of virt-install that README and guides show."""
    of_guides = [guide_output(guide) for guide in GUIDES]
    return [
        *(output for output in of_guides if output is not None),
        *(output for page in PAGES for output in following_outputs(page)),
        *(output for example in examples("console") for output in session_outputs(example)),
    ]


def sessions() -> list[tuple[str, str]]:
    """Return the commands of this project in `console` blocks, which start with a prompt, each with its place."""
    return [
        (f"{example.page}:{number}", line.removeprefix("# ").removeprefix(".venv/bin/"))
        for example in examples("console")
        for number, line in enumerate(example.text.splitlines(), example.line + 1)
        if line.startswith("# ") and "virt-install " in line
    ]


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Build the stage and return the environment of the examples."""
    if shutil.which("qemu-img") is None:
        pytest.skip("NOT RUN: qemu-img creates the images of the examples (Debian: qemu-utils)")
    stage.build(tmp_path)
    with web_server(tmp_path / "web") as server:
        yield stage.environ(tmp_path, server.url)


@pytest.mark.parametrize("example", SHELL, ids=str)
def test_shell_example_succeeds(example: Example, tmp_path: Path, environ: dict[str, str]) -> None:
    """Each command of a block exits with status 0."""
    done = subprocess.run(
        ["bash", "-e", "-c", example.text], cwd=tmp_path, env=environ, text=True, capture_output=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("place", "command"), sessions())
def test_command_of_a_session_is_valid(place: str, command: str, tmp_path: Path, environ: dict[str, str]) -> None:
    """A command that is shown with its output passes all checks; the test driver needs a named network."""
    text = f"{command} --network default --dry-run"
    done = subprocess.run(
        ["bash", "-e", "-c", text], cwd=tmp_path, env=environ, text=True, capture_output=True, timeout=60
    )

    assert (done.returncode, "completed successfully" in done.stdout) == (0, True), f"{place}: {done.stderr}"


@pytest.mark.parametrize("output", outputs(), ids=str)
def test_output_is_as_shown(output: Output, tmp_path: Path, environ: dict[str, str]) -> None:
    """The command prints each line that the page shows, in this order."""
    home = tmp_path / "home" / ".ssh"
    home.mkdir()
    home.joinpath("id_ed25519.pub").write_text(tmp_path.joinpath("id_ed25519.pub").read_text())
    script = f"from virtinstall.cli.main import main\nraise SystemExit(main({on_test_driver(output.args)!r}))\n"
    tmp_path.joinpath("run.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "-m", "tests.docs.world", "run.py"],
        cwd=tmp_path,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )

    assert missing_lines(output.text, done.stdout, except_for=DOWNLOAD) == [], done.stdout
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_guides_have_the_same_structure(guide: Path) -> None:
    """A guide has a goal, commands, expected output and troubleshooting, in this order, and shows the output."""
    text = guide.read_text()
    headings = [line for line in text.splitlines() if line in SECTIONS]

    assert headings == SECTIONS
    assert "```text" in text.partition(SECTIONS[2])[2]


def test_readme_is_short() -> None:
    """The README has at most 150 lines and links to every guide."""
    text = (PROJECT / "README.md").read_text()

    assert len(text.splitlines()) <= 150
    assert [guide.name for guide in GUIDES if f"docs/guides/{guide.name}" not in text] == []


@pytest.mark.parametrize("example", [each for each in PYTHON if "import virtinstall" in each.text], ids=str)
def test_python_example_succeeds(example: Example, tmp_path: Path, environ: dict[str, str]) -> None:
    """The script exits with status 0."""
    tmp_path.joinpath("script.py").write_text(example.text)
    done = subprocess.run(
        [sys.executable, "-m", "tests.docs.world", "script.py"],
        cwd=tmp_path,
        env=environ,
        text=True,
        capture_output=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", [each for each in PYTHON if "import virtinstall" not in each.text], ids=str)
def test_python_fragment_is_valid(example: Example) -> None:
    """It can be compiled."""
    compile(example.text, str(example), "exec")
