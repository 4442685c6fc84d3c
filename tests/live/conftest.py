"""Fixtures of the live tests: connections, the tiny install tree, and directories that QEMU's user can search."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import virtinstall
from tests.live.machine import Connection, Outcome, cache_of, finish, start_virt_install
from tests.servers import WebServer, web_server
from virtinstall import Hypervisor
from virtinstall.libvirt_host.embed import embed_root, embed_uri

SYSTEM = "qemu:///system"


def _short_folder(prefix: str) -> Path:
    # not pytest's tmp_path: QEMU runs as another user and needs access, and the paths of sockets must be short
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/var/tmp"))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def qemu() -> None:
    """Skip the test with a message if no guest can run at all."""
    if os.geteuid() != 0:
        pytest.skip("NOT RUN: the live tests need root")
    for program, package in (("qemu-system-x86_64", "qemu-system-x86"), ("virsh", "libvirt-clients")):
        if shutil.which(program) is None:
            pytest.skip(f"NOT RUN: {program} is missing (Debian: {package})")


@pytest.fixture(scope="session")
def system(qemu: None) -> Connection:
    """The system's libvirtd."""
    try:
        subprocess.run(["virsh", "-q", "-c", SYSTEM, "version"], check=True, capture_output=True, timeout=60, text=True)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"NOT RUN: no libvirtd answers (scripts/test starts it): {error.stderr.strip()}")
    return Connection(SYSTEM, SYSTEM)


@pytest.fixture(scope="session")
def embed(qemu: None) -> Iterator[Connection]:
    """The embedded driver, with a data directory of this test run."""
    data = _short_folder("vi")
    environ = {"XDG_DATA_HOME": str(data)}
    yield Connection("embed", embed_uri(embed_root(environ, os.geteuid())), environ)
    shutil.rmtree(data)


@pytest.fixture(params=["system", "embed"])
def connection(request: pytest.FixtureRequest) -> Connection:
    """Each connection on which a guest can be created."""
    found: Connection = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def tiny_tree(qemu: None) -> Path:
    """An install tree whose installer takes seconds, from scripts/tiny-tree and scripts/tiny-init."""
    return cache_of("tiny-tree") / "tree"


@pytest.fixture
def tree_server(tiny_tree: Path) -> Iterator[WebServer]:
    """A web server on loopback with the tiny install tree."""
    with web_server(tiny_tree) as server:
        yield server


@pytest.fixture
def work() -> Iterator[Path]:
    """A directory for disks and logs."""
    folder = _short_folder("vitest-")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def guest_name(connection: Connection) -> Iterator[str]:
    """A name that no guest has; the guest with the name is removed after the test."""
    name = f"vitest-{uuid.uuid4().hex[:8]}"
    yield name
    if Path(connection.environ.get("XDG_DATA_HOME", "/")).exists():
        connection.remove(name)


@pytest.fixture
def hypervisor(system: Connection) -> Iterator[Hypervisor]:
    """The public API, connected to the system's libvirtd."""
    with virtinstall.connect(system.option) as connected:
        yield connected


@pytest.fixture
def name(system: Connection) -> Iterator[str]:
    """A name that no guest of the system has; the guest with the name is removed after the test."""
    chosen = f"vitest-{uuid.uuid4().hex[:8]}"
    yield chosen
    system.remove(chosen)


@pytest.fixture
def virt_install(connection: Connection) -> Callable[..., Outcome]:
    """A function that runs virt-install on the connection to its end: `virt_install("--name", ...)`."""

    def run(*args: str | Path) -> Outcome:
        process = start_virt_install(
            *("--connect", connection.option, "--virt-type", "qemu", *args),
            environ=connection.full_environ(),
            prefix=connection.prefix,
        )
        return finish(process)

    return run
