"""Every example that README and the guides print runs as it is printed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import stage
from tests.docs.examples import Example, examples
from tests.servers import web_server

SHELL = [example for example in examples("sh") if not example.needs_hypervisor]
PYTHON = [example for example in examples("python") if not example.needs_hypervisor]


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The stage, and the environment of what plays on it."""
    if shutil.which("qemu-img") is None:
        pytest.skip("NOT RUN: qemu-img makes the images of the examples (Debian: qemu-utils)")
    stage.build(tmp_path)
    with web_server(tmp_path / "web") as server:
        yield stage.environ(tmp_path, server.url)


@pytest.mark.parametrize("example", SHELL, ids=str)
def test_shell_example(example: Example, tmp_path: Path, environ: dict[str, str]) -> None:
    """A block of commands ends well, each command of it."""
    done = subprocess.run(
        ["bash", "-e", "-c", example.text], cwd=tmp_path, env=environ, text=True, capture_output=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("example", [each for each in PYTHON if "import virtinstall" in each.text], ids=str)
def test_python_example(example: Example, tmp_path: Path, environ: dict[str, str]) -> None:
    """A script runs to its end."""
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
def test_python_fragment(example: Example) -> None:
    """What is shown in part is Python."""
    compile(example.text, str(example), "exec")
