"""A guest with default options and an OS starts: QEMU accepts all defaults."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, finish, start_virt_install

pytestmark = pytest.mark.live

SYSTEMS = ("linux2022", "debian11", "fedora36", "win10", "win11")


@pytest.fixture
def name(system: Connection) -> Iterator[str]:
    """A guest's name; the guest and its files are removed after the test."""
    name = "vitest-starts"
    system.remove(name)
    yield name
    system.remove(name)
    leftovers = [f"/var/lib/libvirt/qemu/nvram/{name}_VARS.fd", f"/etc/libvirt/qemu/{name}.xml"]
    assert not [path for path in leftovers if Path(path).exists()]


def start(system: Connection, name: str, work: Path, *args: str) -> Outcome:
    """Run virt-install with an empty disk until the guest runs."""
    return finish(
        start_virt_install(
            *(
                "--connect",
                system.option,
                "--virt-type",
                "qemu",
                "--name",
                name,
                "--noautoconsole",
                "--network",
                "none",
            ),
            *("--import", "--disk", f"path={work}/disk.qcow2,size=1", *args),
        )
    ).ok()


@pytest.mark.parametrize("system_name", SYSTEMS)
def test_default_guest_runs(system: Connection, name: str, work: Path, system_name: str) -> None:
    """Only --osinfo is specified; machine type, firmware, TPM, graphics and channels are defaults."""
    if system_name == "win11" and shutil.which("swtpm") is None:
        pytest.skip("NOT RUN: swtpm is missing (Debian: swtpm, swtpm-tools)")
    start(system, name, work, "--osinfo", system_name, "--memory", "512")
    assert system.state(name) == "running"
    live = system.live_xml(name)
    machine = live.find("os/type")
    assert machine is not None and machine.get("machine", "").startswith("pc-q35-")
    uefi = live.find("os/loader[@type='pflash']") is not None
    assert uefi == (system_name == "win11")
    assert (live.find("devices/tpm/backend[@type='emulator']") is not None) == (system_name == "win11")


def test_aarch64_guest_runs_on_a_pc(system: Connection, name: str, work: Path) -> None:
    """It has the virt board, UEFI from AAVMF, and virtio devices."""
    if shutil.which("qemu-system-aarch64") is None:
        pytest.skip("NOT RUN: qemu-system-aarch64 is missing (Debian: qemu-system-arm)")
    start(system, name, work, "--arch", "aarch64", "--osinfo", "debian11", "--memory", "512")
    assert system.state(name) == "running"
    live = system.live_xml(name)
    assert "AAVMF" in (live.findtext("os/loader") or "")
    assert live.find("devices/disk/target[@bus='virtio']") is not None
