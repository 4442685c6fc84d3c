"""A guest of each architecture starts with its default firmware and devices, until the firmware's first output."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, serial_log
from virtinstall.cli.status import Status

pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["system"], indirect=True)]
VirtInstall = Callable[..., Outcome]
# architecture: its emulator, the Debian package with it, what its firmware prints, further options
ARCHITECTURES = {
    "x86_64": ("x86_64", "qemu-system-x86", "SeaBIOS", ["--boot", "hd,useserial=yes"]),
    "i686": ("i386", "qemu-system-x86", "SeaBIOS", ["--boot", "hd,useserial=yes"]),
    "aarch64": ("aarch64", "qemu-system-arm", "UEFI firmware", []),
    "riscv64": ("riscv64", "qemu-system-misc", "OpenSBI", []),
    "ppc64le": ("ppc64", "qemu-system-ppc", "SLOF", []),
    "s390x": ("s390x", "qemu-system-misc", "LOADPARM", []),
}


def start(virt_install: VirtInstall, name: str, arch: str, work: Path, *args: str) -> Path:
    """Create and start a guest whose disk is empty; return the file with what its serial port prints."""
    emulator, package, _, more = ARCHITECTURES[arch]
    if shutil.which(f"qemu-system-{emulator}") is None:
        pytest.skip(f"NOT RUN: qemu-system-{emulator} is missing (Debian: {package})")
    log = work / "serial.log"
    outcome = virt_install(
        *("--name", name, "--arch", arch, "--memory", "512", "--osinfo", "generic", "--network", "user"),
        *("--disk", f"{work}/disk.qcow2,size=0.1", "--graphics", "none", "--serial", f"file,path={log}"),
        *("--noautoconsole", *(args or ["--import", *more])),
    )
    # without a system to boot, IBM Z's firmware stops the CPU, which counts as a crash
    assert outcome.status == 0 or (arch == "s390x" and outcome.status == Status.CRASHED), outcome.output
    return log


def wait_for_text(log: Path, text: str) -> None:
    """Wait until the serial port has printed `text`."""
    end = time.monotonic() + 20
    while text not in serial_log(log):
        assert time.monotonic() < end, f"{text!r} is not in:\n{serial_log(log)[-2000:]}"
        time.sleep(0.2)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_default_guest_reaches_its_firmware(
    arch: str, virt_install: VirtInstall, guest_name: str, work: Path, connection: Connection
) -> None:
    """No firmware of another architecture is used, and nothing that the emulator doesn't have."""
    log = start(virt_install, guest_name, arch, work)
    wait_for_text(log, ARCHITECTURES[arch][2])
    assert connection.xml(guest_name).find("os/type[@arch]") is not None


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_cloud_guest_reaches_its_firmware(
    arch: str, virt_install: VirtInstall, guest_name: str, work: Path, connection: Connection
) -> None:
    """The seed, and what points to it, is there in a form that the architecture has."""
    log = start(virt_install, guest_name, arch, work, "--import", "--cloud-init", "disable=on", *ARCHITECTURES[arch][3])
    wait_for_text(log, ARCHITECTURES[arch][2])
    assert connection.xml(guest_name).find("devices/disk[@device='cdrom']/source") is None


@pytest.mark.parametrize("arch", ["aarch64", "riscv64"])
def test_kernel_without_uefi_starts(
    arch: str, virt_install: VirtInstall, guest_name: str, work: Path, connection: Connection
) -> None:
    """libvirt rejects ACPI on ARM without UEFI. The kernel is a loop of no instructions: only its start counts."""
    (work / "kernel").write_bytes(bytes(1 << 16))
    start(virt_install, guest_name, arch, work, "--import", "--boot", f"kernel={work}/kernel")
    assert connection.state(guest_name) in ("running", "crashed", "paused")
    assert connection.xml(guest_name).find("os/loader") is None


def test_directly_booted_kernel_gets_firmware_without_keys(
    virt_install: VirtInstall, guest_name: str, work: Path, connection: Connection
) -> None:
    """The image with enrolled keys, which libvirt would prefer, rejects unsigned kernels."""
    (work / "kernel").write_bytes(bytes(1 << 16))
    start(virt_install, guest_name, "aarch64", work, "--install", f"kernel={work}/kernel,initrd={work}/kernel")
    loader = connection.live_xml(guest_name).findtext("os/loader") or ""
    assert loader.endswith("AAVMF_CODE.fd")
    feature = connection.xml(guest_name).find("os/firmware/feature[@name='enrolled-keys']")
    assert feature is not None and feature.get("enabled") == "no"
