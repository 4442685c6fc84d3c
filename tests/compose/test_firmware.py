"""UEFI and Secure Boot: a word is enough, the rest follows from it."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, GuestKind, HostFiles, composed, os_named
from virtinstall.devices.tpm import Tpm
from virtinstall.domain.domain import Domain
from virtinstall.errors import RequestError

CAPABILITIES = (DATA / "capabilities-debian12.xml").read_text()
PC = HostFiles(CAPABILITIES, (DATA / "domain-capabilities-kvm-q35.xml").read_text())
ARM = HostFiles(CAPABILITIES, (DATA / "domain-capabilities-qemu-aarch64.xml").read_text())


def guest(*args: str) -> Domain:
    """A KVM guest of no OS in particular."""
    return composed(PC, GuestKind("hvm", "x86_64", "kvm"), os_named("generic"), *args).final


def features(domain: Domain) -> dict[str | None, bool | None]:
    """What the firmware must have."""
    return {feature.name: feature.enabled for feature in domain.os.firmware_features}


def test_a_pc_boots_with_bios() -> None:
    """Without options no firmware is named, and there is no TPM."""
    domain = guest()
    assert domain.os.firmware is None and domain.os.loader is None
    assert domain.devices_of(Tpm) == []


@pytest.mark.parametrize("word", ["uefi", "firmware=efi"])
def test_uefi_brings_a_tpm(word: str) -> None:
    """libvirt chooses the image; a TPM is emulated as well."""
    domain = guest("--boot", word)
    assert domain.os.firmware == "efi"
    assert [tpm.backend_type for tpm in domain.devices_of(Tpm)] == ["emulator"]


@pytest.mark.parametrize("word", ["secure-boot=yes", "uefi,secure-boot=yes", "firmware.secure-boot=yes"])
def test_secure_boot_in_one_word(word: str) -> None:
    """Secure Boot implies UEFI, which need not be given."""
    domain = guest("--boot", word)
    assert domain.os.firmware == "efi"
    assert True in features(domain).values()
    assert len(domain.devices_of(Tpm)) == 1


def test_secure_boot_switched_off_does_not_request_uefi() -> None:
    """Without UEFI nothing is checked at boot anyway; with it the firmware mustn't."""
    assert guest("--boot", "secure-boot=no").os.firmware is None
    domain = guest("--boot", "uefi,secure-boot=no")
    assert domain.os.firmware == "efi" and features(domain)["secure-boot"] is False


def test_given_firmware_stays() -> None:
    """A requested image is used, and no other is searched for."""
    domain = guest("--boot", "loader=/fw/CODE.fd,loader.readonly=yes,loader.type=pflash,nvram.template=/fw/VARS.fd")
    assert domain.os.firmware is None and domain.os.loader == "/fw/CODE.fd"


def test_arm_boots_with_uefi() -> None:
    """The virt board has nothing else: libvirt 9.0 doesn't offer to choose there, so the image is named."""
    domain = composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("generic")).final
    assert domain.os.firmware == "efi" or "AAVMF_CODE" in (domain.os.loader or "")


# what libvirt 9.0 lists on a host that has firmware for x86 and ARM only
LOADERS = ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_CODE.secboot.fd", "/usr/share/AAVMF/AAVMF_CODE.fd")
_DOMAIN_CAPABILITIES = """<domainCapabilities><path>/usr/bin/qemu-system-{arch}</path><domain>qemu</domain>
<machine>virt</machine><arch>{arch}</arch><os supported="yes"><enum name="firmware"/>
<loader supported="yes">{loaders}</loader></os>
<devices><tpm supported="yes"><enum name="backendModel"><value>emulator</value></enum></tpm></devices>
</domainCapabilities>"""


def host_with(arch: str, *loaders: str) -> HostFiles:
    """A host whose libvirt chooses no firmware for `arch` and lists `loaders`."""
    values = "".join(f"<value>{path}</value>" for path in loaders)
    capabilities = CAPABILITIES
    if f"name='{arch}'" not in capabilities:
        # its boards are called as ARM's
        capabilities = capabilities.replace("name='aarch64'", f"name='{arch}'")
    return HostFiles(capabilities, _DOMAIN_CAPABILITIES.format(arch=arch, loaders=values))


@pytest.mark.parametrize(
    ("arch", "path"),
    [
        ("riscv64", "/usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd"),
        ("aarch64", "/usr/share/AAVMF/AAVMF_CODE.fd"),
        ("armv7l", "/usr/share/AAVMF/AAVMF32_CODE.fd"),
        ("i686", "/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd"),
        ("i686", "/usr/share/edk2/ovmf-ia32/OVMF_CODE.fd"),
        ("x86_64", "/usr/share/OVMF/OVMF_CODE.secboot.fd"),
    ],
)
def test_a_loader_is_of_the_guests_architecture(arch: str, path: str) -> None:
    """libvirt lists those of all architectures together."""
    host = host_with(arch, "/usr/share/AAVMF/AAVMF_CODE.fd", *LOADERS, path)
    domain = composed(host, GuestKind("hvm", arch, "qemu"), os_named("generic"), "--boot", "uefi").final
    assert domain.os.loader == path


@pytest.mark.parametrize(("arch", "loaders"), [("riscv64", LOADERS), ("aarch64", LOADERS[:2]), ("armv7l", LOADERS)])
def test_without_firmware_for_the_architecture_there_is_none(arch: str, loaders: tuple[str, ...]) -> None:
    """UEFI was not requested, so the board boots without it, and without a TPM that only UEFI supports."""
    host = host_with(arch, *loaders)
    domain = composed(host, GuestKind("hvm", arch, "qemu"), os_named("generic")).final
    assert (domain.os.firmware, domain.os.loader, domain.devices_of(Tpm)) == (None, None, [])
    assert domain.features.acpi is not True or arch == "riscv64"


@pytest.mark.parametrize(
    ("arch", "package"),
    [("riscv64", "qemu-efi-riscv64"), ("i686", "ovmf-ia32"), ("armv7l", "qemu-efi-arm")],
)
def test_the_package_with_the_firmware_is_named(arch: str, package: str) -> None:
    """UEFI was requested, and only other architectures have some."""
    with pytest.raises(RequestError, match=arch) as error:
        composed(host_with(arch, *LOADERS), GuestKind("hvm", arch, "qemu"), os_named("generic"), "--boot", "uefi")
    assert f"apt-get install {package})" in str(error.value.hint)


@pytest.mark.parametrize("boot", ["kernel=/k,initrd=/i", "uefi=off"])
def test_acpi_on_arm_needs_uefi(boot: str) -> None:
    """libvirt rejects it otherwise."""
    domain = composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("generic"), "--boot", boot).final
    assert domain.features.acpi is None and domain.os.firmware is None
    assert composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("generic")).final.features.acpi is True


@pytest.mark.parametrize("args", [("--boot", "uefi,kernel=/k"), ("--boot", "uefi", "--install", "kernel=/k")])
def test_a_kernel_that_is_booted_directly_needs_firmware_without_keys(args: tuple[str, ...]) -> None:
    """Enrolled keys reject unsigned kernels; the finished guest shares the variables of the first boot."""
    created = composed(PC, GuestKind("hvm", "x86_64", "kvm"), os_named("generic"), *args)
    for domain in (created.started, created.final):
        assert domain.os.firmware == "efi" and features(domain) == {"enrolled-keys": False}


def test_requested_keys_stay_with_a_kernel() -> None:
    """The user knows that the kernel is signed."""
    assert features(guest("--boot", "uefi,secure-boot=yes,kernel=/k")) == {"enrolled-keys": True}


def test_firmware_without_keys_on_arm_has_no_secure_boot() -> None:
    """Debian 12 describes an image with Secure Boot and without keys that it doesn't have."""
    host = HostFiles(CAPABILITIES, _DOMAIN_CAPABILITIES.format(arch="aarch64", loaders="").replace(
        '<enum name="firmware"/>', '<enum name="firmware"><value>efi</value></enum>'
    ))  # fmt: skip
    created = composed(host, GuestKind("hvm", "aarch64", "qemu"), os_named("generic"), "--install", "kernel=/k")
    assert features(created.final) == features(created.started) == {"enrolled-keys": False, "secure-boot": False}
