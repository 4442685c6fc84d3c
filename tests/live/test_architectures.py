"""A guest of each architecture starts with its default firmware and devices, until the firmware's first output."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.machine import Connection, Outcome, cache_of, serial_log
from virtinstall.cli.status import Status

pytestmark = [pytest.mark.live, pytest.mark.parametrize("connection", ["system"], indirect=True)]
VirtInstall = Callable[..., Outcome]
# architecture: emulator, Debian package, output of the firmware, further options
ARCHITECTURES = {
    "x86_64": ("x86_64", "qemu-system-x86", "SeaBIOS", ["--boot", "hd,useserial=yes"]),
    "i686": ("i386", "qemu-system-x86", "SeaBIOS", ["--boot", "hd,useserial=yes"]),
    "aarch64": ("aarch64", "qemu-system-arm", "UEFI firmware", []),
    "riscv64": ("riscv64", "qemu-system-misc", "OpenSBI", []),
    "ppc64le": ("ppc64", "qemu-system-ppc", "SLOF", []),
    "s390x": ("s390x", "qemu-system-misc", "LOADPARM", []),
}


def start(virt_install: VirtInstall, name: str, arch: str, work: Path, *args: str) -> Path:
    """Create and start a guest with an empty disk; return the log file of its serial port."""
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


def wait_for_text(log: Path, text: str, seconds: int = 20) -> None:
    """Wait until `text` is in the log of the serial port."""
    end = time.monotonic() + seconds
    while text not in serial_log(log):
        assert time.monotonic() < end, f"{text!r} is not in:\n{serial_log(log)[-2000:]}"
        time.sleep(0.2)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_default_guest_reaches_its_firmware(
    arch: str, virt_install: VirtInstall, guest_name: str, work: Path, connection: Connection
) -> None:
    """The firmware is that of the architecture, and the emulator has all devices."""
    log = start(virt_install, guest_name, arch, work)
    wait_for_text(log, ARCHITECTURES[arch][2])
    assert connection.xml(guest_name).find("os/type[@arch]") is not None


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_cloud_guest_reaches_its_firmware(
    arch: str, virt_install: VirtInstall, guest_name: str, work: Path, connection: Connection
) -> None:
    """The architecture supports the drive of the seed and its SMBIOS data, if any."""
    log = start(virt_install, guest_name, arch, work, "--import", "--cloud-init", "disable=on", *ARCHITECTURES[arch][3])
    wait_for_text(log, ARCHITECTURES[arch][2])
    assert connection.xml(guest_name).find("devices/disk[@device='cdrom']/source") is None


@pytest.mark.parametrize("arch", ["aarch64", "riscv64"])
def test_kernel_without_uefi_starts(
    arch: str, virt_install: VirtInstall, guest_name: str, work: Path, connection: Connection
) -> None:
    """libvirt rejects ACPI on ARM without UEFI. The kernel is all zeros: only its start matters."""
    (work / "kernel").write_bytes(bytes(1 << 16))
    start(virt_install, guest_name, arch, work, "--import", "--boot", f"kernel={work}/kernel")
    assert connection.state(guest_name) in ("running", "crashed", "paused")
    assert connection.xml(guest_name).find("os/loader") is None


def described_features(image: str) -> set[str]:
    """The features of a firmware image according to QEMU's descriptions, whose file names differ between releases."""
    found = [json.loads(path.read_text()) for path in Path("/usr/share/qemu/firmware").glob("*.json")]
    features = [
        set(each["features"]) for each in found if each["mapping"].get("executable", {}).get("filename") == image
    ]
    assert features, f"{image} has no description"
    return set.union(*features)


def test_directly_booted_kernel_gets_firmware_without_keys(
    virt_install: VirtInstall, guest_name: str, work: Path, connection: Connection
) -> None:
    """The image with enrolled keys, which libvirt would prefer, rejects unsigned kernels."""
    (work / "kernel").write_bytes(bytes(1 << 16))
    start(virt_install, guest_name, "aarch64", work, "--install", f"kernel={work}/kernel,initrd={work}/kernel")
    loader = connection.live_xml(guest_name).findtext("os/loader") or ""
    assert "enrolled-keys" not in described_features(loader)
    feature = connection.xml(guest_name).find("os/firmware/feature[@name='enrolled-keys']")
    assert feature is not None and feature.get("enabled") == "no"


# the kernels of scripts/foreign-kernels take a minute on a busy host
KERNEL_SECONDS = 400


@pytest.fixture(scope="module")
def kernels() -> Path:
    """Debian kernels of other architectures, from scripts/foreign-kernels."""
    return cache_of("foreign-kernels") / "kernels"


@pytest.mark.parametrize(
    ("arch", "debian_arch", "console"), [("aarch64", "arm64", "ttyAMA0"), ("ppc64le", "ppc64el", "hvc0")]
)
def test_installer_starts(
    arch: str, debian_arch: str, console: str, virt_install: VirtInstall, guest_name: str, work: Path, kernels: Path
) -> None:
    """--location boots the unsigned kernel of Debian's installer with the architecture's firmware."""
    words = [f"{kernels}/tree/dists/bookworm/main/installer-{debian_arch}/", "--extra-args", f"console={console}"]
    if arch == "aarch64":
        # QEMU emulates the pointer authentication of newer CPUs slowly
        words += ["--cpu", "cortex-a57"]
    log = start(virt_install, guest_name, arch, work, "--memory", "1024", "--osinfo", "debian11", "--location", *words)
    wait_for_text(log, "Linux version", KERNEL_SECONDS)


def test_kernel_starts_on_ibm_z(virt_install: VirtInstall, guest_name: str, work: Path, kernels: Path) -> None:
    """--install kernel= boots the kernel directly; its console is the serial port."""
    files = f"kernel={kernels}/s390x/vmlinuz,initrd={kernels}/tree/dists/bookworm/Release"
    log = start(virt_install, guest_name, "s390x", work, "--install", f"{files},kernel_args=console=ttysclp0")
    wait_for_text(log, "Linux version", KERNEL_SECONDS)


def test_32_bit_guest_reaches_its_uefi(virt_install: VirtInstall, guest_name: str, work: Path) -> None:
    """The only firmware image for i686 requires SMM, and therefore q35."""
    if not Path("/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd").exists():
        pytest.skip("NOT RUN: 32-bit UEFI is missing (Debian: ovmf-ia32)")
    log = start(virt_install, guest_name, "i686", work, "--import", "--boot", "uefi")
    wait_for_text(log, "BdsDxe", KERNEL_SECONDS)


FEATURES = [
    f"uefi,firmware.feature0.name={name},firmware.feature0.enabled={value}"
    for name in ("secure-boot", "enrolled-keys")
    for value in ("yes", "no")
]


@pytest.mark.parametrize("boot", [*FEATURES, "uefi,secure-boot=yes", "uefi,loader_secure=no"])
@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
def test_preview_and_run_agree_on_firmware_features(
    arch: str, boot: str, virt_install: VirtInstall, guest_name: str, work: Path, connection: Connection
) -> None:
    """The firmware features remain after the first boot; a rejected guest leaves no UEFI variables."""
    emulator, package, _, _ = ARCHITECTURES[arch]
    if shutil.which(f"qemu-system-{emulator}") is None:
        pytest.skip(f"NOT RUN: qemu-system-{emulator} is missing (Debian: {package})")
    words = (
        *("--name", guest_name, "--arch", arch, "--memory", "256", "--osinfo", "generic", "--network", "none"),
        *("--disk", f"{work}/disk.qcow2,size=0.1", "--graphics", "none", "--noautoconsole", "--boot", boot),
        *("--import", "--cloud-init", "disable=on"),
    )
    preview = virt_install(*words, "--dry-run")
    outcome = virt_install(*words)

    assert (preview.status == 0) == (outcome.status == 0), f"{preview.output}\n{outcome.output}"
    variables = Path(f"/var/lib/libvirt/qemu/nvram/{guest_name}_VARS.fd")
    if outcome.status == 0:
        assert connection.xml(guest_name).find("os/firmware/feature") is not None
        assert variables.exists()
    else:
        assert not variables.exists()
        assert not (work / "disk.qcow2").exists()
