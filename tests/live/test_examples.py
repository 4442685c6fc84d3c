"""Examples of the README and the guides with a connection, as printed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import stage
from tests.docs.examples import PROJECT, Example, examples, fenced
from tests.docs.output import EXPECTED, missing_lines
from tests.live.machine import Connection

pytestmark = pytest.mark.live
CONNECTING = [example for example in examples("sh") if "--connect" in example.text]


@pytest.fixture
def default_pool(system: Connection, work: Path) -> Iterator[None]:
    """The pool `default`, which the guides require; a transient one if it does not exist."""
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
def test_example_with_a_connection_succeeds(example: Example, system: Connection, work: Path) -> None:
    """The simulated `ssh` to the other host connects to this one."""
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


def test_delete_prints_the_output_of_the_guide(system: Connection, work: Path, guest_name: str) -> None:
    """The guest is running and has one new disk."""
    guide = (PROJECT / "docs/guides/remove.md").read_text().partition(EXPECTED)[2]
    shown = next(fenced("remove", guide)).text.replace("app", guest_name).replace("/var/lib/libvirt/images", str(work))
    stage.build(work)
    create = [
        *("virt-install", "--name", guest_name, "--memory", "128", "--osinfo", "generic", "--virt-type", "qemu"),
        *("--disk", f"{work}/{guest_name}.qcow2,size=1", "--import", "--network", "none", "--graphics", "none"),
    ]
    delete = ["virt-guest", "delete", guest_name, "--force", "--yes"]
    environ = {**stage.environ(work, proxy=""), "LIBVIRT_DEFAULT_URI": system.uri}
    for command in (create, delete):
        done = subprocess.run(command, cwd=work, env=environ, text=True, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr

    assert missing_lines(shown, done.stdout) == [], done.stdout
