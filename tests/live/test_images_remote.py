"""Images on another host: uploaded once, stored as a volume named by digest, and used by later disks."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.disks import MIB, qcow2
from tests.images.vendor import Vendor, serve
from tests.live.machine import Outcome, finish, start_virt_install, wait_until
from tests.live.second_daemon import Daemon, second_daemon

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def remote(qemu: None) -> Iterator[Daemon]:
    """Another host with a pool named default."""
    with second_daemon() as daemon:
        daemon.pool("default")
        yield daemon


@pytest.fixture
def environ(work: Path) -> Iterator[dict[str, str]]:
    """The environment of a user whose catalogue has an image of 48 MiB."""
    with serve(Vendor()) as vendor:
        url = vendor.publish("/golden.qcow2", qcow2(work, padding=48 * MIB))
        catalogue = work / "images.yaml"
        catalogue.write_text(f"images: [{{name: golden, url: '{url}', checksums: [SHA256SUMS], seed: none}}]")
        yield {**os.environ, "VIRTINSTALL_IMAGES": str(catalogue), "VIRTINSTALL_IMAGE_CACHE": str(work / "cache")}


@pytest.fixture(autouse=True)
def unchanged_host(remote: Daemon) -> Iterator[None]:
    """Assert that the test leaves no guest and no volume on the host."""
    yield
    remote.remove_guests()
    for path in (remote.root / "pools").rglob("*"):
        if path.is_file():
            path.unlink()
    remote.connection.virsh("pool-refresh", "default")


def start(remote: Daemon, environ: dict[str, str], name: str, *args: str) -> subprocess.Popen[str]:
    """Start virt-install for a guest on the remote host."""
    return start_virt_install(
        *("--connect", remote.connection.option, "--virt-type", "qemu", "--memory", "32", "--osinfo", "fedora36"),
        *("--network", "none", "--graphics", "none", "--noautoconsole", "--name", name, *args),
        environ=environ,
    )


def info(path: Path) -> str:
    """Return the output of `qemu-img info`."""
    return subprocess.run(["qemu-img", "info", "-U", str(path)], capture_output=True, text=True, check=True).stdout


def test_image_is_uploaded_once(remote: Daemon, environ: dict[str, str]) -> None:
    """Three guests in parallel and a later one share one base volume."""
    pool = remote.root / "pools" / "default"
    runs = [start(remote, environ, f"vitest-{number}", "--disk", "image=golden,size=1") for number in range(3)]
    outcomes: list[Outcome] = [finish(run).ok() for run in runs]
    outcomes.append(finish(start(remote, environ, "vitest-late", "--disk", "image=golden")).ok())
    assert sum("Uploading" in outcome.output for outcome in outcomes) == 1
    (base,) = pool.glob("sha256-*.qcow2")
    overlays = sorted(path.name for path in pool.iterdir() if path != base)
    assert overlays == ["vitest-0.qcow2", "vitest-1.qcow2", "vitest-2.qcow2", "vitest-late.qcow2"]
    for name in overlays:
        shown = info(pool / name)
        assert f"backing file: {base}" in shown
        assert f"virtual size: {'8 MiB' if name == 'vitest-late.qcow2' else '1 GiB'}" in shown


def test_image_of_a_killed_run_is_uploaded_again(remote: Daemon, environ: dict[str, str], work: Path) -> None:
    """An incomplete volume is never used as a backing file."""
    pool = remote.root / "pools" / "default"
    run = start(remote, environ, "vitest-killed", "--disk", "image=golden")
    wait_until(run, "the volume is there", lambda: any(pool.glob("sha256-*.qcow2")))
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    time.sleep(1)
    if not list((work / "cache" / "sources").glob("*.part.json")):
        pytest.skip("NOT RUN: the image was sent before the run could be killed")
    finish(start(remote, environ, "vitest-next", "--disk", "image=golden")).ok()
    (cached,) = (work / "cache" / "by-digest").iterdir()
    (base,) = pool.glob("sha256-*.qcow2")
    assert base.read_bytes() == cached.read_bytes()


@pytest.mark.parametrize("form", ["qcow2", "raw"])
def test_copy_has_the_requested_size(remote: Daemon, environ: dict[str, str], form: str) -> None:
    """It has no backing file."""
    pool = remote.root / "pools" / "default"
    finish(start(remote, environ, "vitest-copy", "--disk", f"image=golden,image.copy=yes,format={form},size=1")).ok()
    (disk,) = pool.iterdir()
    shown = info(disk)
    assert "backing file" not in shown
    assert f"file format: {form}" in shown
    assert "virtual size: 1 GiB" in shown
