"""The examples of README and the guides that name a connection, as they are printed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import stage
from tests.docs.examples import Example, examples
from tests.live.machine import Connection

pytestmark = pytest.mark.live
CONNECTING = [example for example in examples("sh") if "--connect" in example.text]


@pytest.fixture
def default_pool(system: Connection, work: Path) -> Iterator[None]:
    """The pool `default`, which every host of the guides has; where this one hasn't, a transient one."""
    virsh = ["virsh", "-q", "-c", system.uri]
    if subprocess.run([*virsh, "pool-info", "default"], capture_output=True).returncode == 0:
        yield
        return
    target = work / "pool"
    target.mkdir()
    subprocess.run([*virsh, "pool-create-as", "default", "dir", "--target", str(target)], check=True)
    try:
        yield
    finally:
        subprocess.run([*virsh, "pool-destroy", "default"], check=True)


@pytest.mark.usefixtures("default_pool")
@pytest.mark.parametrize("example", CONNECTING, ids=str)
def test_example_with_a_connection(example: Example, system: Connection, work: Path) -> None:
    """It ends well; `ssh` to the other host comes back to this one."""
    stage.build(work)

    done = subprocess.run(
        ["bash", "-e", "-c", example.text],
        cwd=work,
        env=stage.environ(work, proxy=""),
        text=True,
        capture_output=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
