"""Every example that README and the guides print runs as it is printed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import stage
from tests.docs.examples import Example, examples
from tests.servers import web_server

SHELL = [example for example in examples("sh") if not example.needs_hypervisor]
PYTHON = list(examples("python"))


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
    done = subprocess.run(
        ["python3", "-c", example.text], cwd=tmp_path, env=environ, text=True, capture_output=True, timeout=60
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", [each for each in PYTHON if "import virtinstall" not in each.text], ids=str)
def test_python_fragment(example: Example) -> None:
    """What is shown in part is Python."""
    compile(example.text, str(example), "exec")
