"""Random sequences of actions of users and runs: no data is lost, and no unknown file remains.

VIRTINSTALL_FUZZ sets the number of steps (20000 for long runs), VIRTINSTALL_SEED the first seed.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

import libvirt
import pytest

from tests.model.model import World
from virtinstall.libvirt_host.connection import LibvirtHost, connect
from virtinstall.rollback import leftovers

STEPS = int(os.environ.get("VIRTINSTALL_FUZZ", "300"))
SEED = int(os.environ.get("VIRTINSTALL_SEED", "1"))
_STEPS_OF_ONE_WORLD = 60
_MOST_SECONDS = 20


def walk(folder: Path, connection: libvirt.virConnect, prefix: str, seed: int, steps: int) -> None:
    """Run a model from its initial state."""
    folder.mkdir(mode=0o755)
    files = folder / "files"
    files.mkdir()
    world = World(seed, files, folder / "runs", connection, prefix)
    for _ in range(steps):
        try:
            world.step()
        except BaseException as error:
            error.add_note(f"seed {seed}:\n" + "\n".join(world.history[-30:]))
            raise


def test_no_data_is_lost_with_simulated_guests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guests of libvirt's test driver have disks in files of this machine."""
    monkeypatch.setattr(LibvirtHost, "driver", lambda host: "qemu")
    connection = connect("test:///default").connection
    started = time.monotonic()
    done = 0
    while done < STEPS and ("VIRTINSTALL_FUZZ" in os.environ or time.monotonic() - started < _MOST_SECONDS):
        folder = tmp_path / str(done)
        runs = str(folder / "runs")
        monkeypatch.setattr(leftovers, "journal_folder", lambda environ, uid, runs=runs: runs)
        walk(folder, connection, "model-", SEED + done, _STEPS_OF_ONE_WORLD)
        for domain in connection.listAllDomains(0):
            if domain.isActive():
                domain.destroy()
        for domain in connection.listAllDomains(0):
            domain.undefine()
        done += _STEPS_OF_ONE_WORLD
    assert done


@pytest.mark.live
def test_no_data_is_lost_with_real_guests(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The guests run in QEMU."""
    folder = Path(f"/var/tmp/vitest-model-{uuid.uuid4().hex[:8]}")
    monkeypatch.setattr(leftovers, "journal_folder", lambda environ, uid: str(folder / "runs"))
    connection = connect("qemu:///system").connection
    prefix = f"vitest-{uuid.uuid4().hex[:6]}-"
    steps = int(os.environ.get("VIRTINSTALL_FUZZ", "20"))
    try:
        walk(folder, connection, prefix, SEED, steps)
    finally:
        import shutil

        for domain in connection.listAllDomains(0):
            if domain.name().startswith(prefix):
                if domain.isActive():
                    domain.destroy()
                if domain.name() in {each.name() for each in connection.listAllDomains(0)}:
                    domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)
        shutil.rmtree(folder)
