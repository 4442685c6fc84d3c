"""UEFI and Secure Boot: one sub-option is sufficient, and the other settings are derived from it."""

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
    """Return a KVM guest with an unknown OS."""
    return composed(PC, GuestKind("hvm", "x86_64", "kvm"), os_named("generic"), *args).final


def features(domain: Domain) -> dict[str | None, bool | None]:
    """Return the firmware features that the guest requires or excludes."""
    return {feature.name: feature.enabled for feature in domain.os.firmware_features}


def test_a_pc_boots_with_bios() -> None:
    """By default, the XML requests no firmware and has no TPM."""
    domain = guest()
    assert domain.os.firmware is None and domain.os.loader is None
    assert domain.devices_of(Tpm) == []


@pytest.mark.parametrize("word", ["uefi", "firmware=efi"])
def test_uefi_adds_an_emulated_tpm(word: str) -> None:
    """libvirt chooses the firmware image."""
    domain = guest("--boot", word)
    assert domain.os.firmware == "efi"
    assert [tpm.backend_type for tpm in domain.devices_of(Tpm)] == ["emulator"]


@pytest.mark.parametrize("word", ["secure-boot=yes", "uefi,secure-boot=yes", "firmware.secure-boot=yes"])
def test_secure_boot_implies_uefi(word: str) -> None:
    """`--boot secure-boot=yes` is sufficient."""
    domain = guest("--boot", word)
    assert domain.os.firmware == "efi"
    assert True in features(domain).values()
    assert len(domain.devices_of(Tpm)) == 1


def test_secure_boot_off_does_not_request_uefi() -> None:
    """With `uefi`, firmware without Secure Boot is requested."""
    assert guest("--boot", "secure-boot=no").os.firmware is None
    domain = guest("--boot", "uefi,secure-boot=no")
    assert domain.os.firmware == "efi" and features(domain)["secure-boot"] is False


def test_specified_firmware_image_is_used() -> None:
    """libvirt does not choose another image."""
    domain = guest("--boot", "loader=/fw/CODE.fd,loader.readonly=yes,loader.type=pflash,nvram.template=/fw/VARS.fd")
    assert domain.os.firmware is None and domain.os.loader == "/fw/CODE.fd"


def test_arm_boots_with_uefi() -> None:
    """The virt board has no other firmware; libvirt 9.0 cannot choose it, so the XML contains its path."""
    domain = composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("generic")).final
    assert domain.os.firmware == "efi" or "AAVMF_CODE" in (domain.os.loader or "")


# the loaders that libvirt 9.0 lists on a host with firmware for x86 and ARM only
LOADERS = ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_CODE.secboot.fd", "/usr/share/AAVMF/AAVMF_CODE.fd")
_DOMAIN_CAPABILITIES = """<domainCapabilities><path>/usr/bin/qemu-system-{arch}</path><domain>qemu</domain>
<machine>virt</machine><arch>{arch}</arch><os supported="yes"><enum name="firmware"/>
<loader supported="yes">{loaders}</loader></os>
<devices><tpm supported="yes"><enum name="backendModel"><value>emulator</value></enum></tpm></devices>
</domainCapabilities>"""


def host_with(arch: str, *loaders: str) -> HostFiles:
    """Return a host whose libvirt chooses no firmware for `arch` and lists `loaders`."""
    values = "".join(f"<value>{path}</value>" for path in loaders)
    capabilities = CAPABILITIES
    if f"name='{arch}'" not in capabilities:
        # the boards have the same names as those of ARM
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
def test_loader_is_of_the_guests_architecture(arch: str, path: str) -> None:
    """libvirt lists the loaders of all architectures together."""
    host = host_with(arch, "/usr/share/AAVMF/AAVMF_CODE.fd", *LOADERS, path)
    domain = composed(host, GuestKind("hvm", arch, "qemu"), os_named("generic"), "--boot", "uefi").final
    assert domain.os.loader == path


@pytest.mark.parametrize(("arch", "loaders"), [("riscv64", LOADERS), ("aarch64", LOADERS[:2]), ("armv7l", LOADERS)])
def test_board_boots_without_uefi_if_it_is_not_installed(arch: str, loaders: tuple[str, ...]) -> None:
    """UEFI was not requested; a TPM, which requires UEFI, is not added either."""
    host = host_with(arch, *loaders)
    domain = composed(host, GuestKind("hvm", arch, "qemu"), os_named("generic")).final
    assert (domain.os.firmware, domain.os.loader, domain.devices_of(Tpm)) == (None, None, [])
    assert domain.features.acpi is not True or arch == "riscv64"


@pytest.mark.parametrize(
    ("arch", "package"),
    [("riscv64", "qemu-efi-riscv64"), ("i686", "ovmf-ia32"), ("armv7l", "qemu-efi-arm")],
)
def test_missing_firmware_hint_names_the_package(arch: str, package: str) -> None:
    """UEFI was requested, and only firmware of other architectures is installed."""
    with pytest.raises(RequestError, match=arch) as error:
        composed(host_with(arch, *LOADERS), GuestKind("hvm", arch, "qemu"), os_named("generic"), "--boot", "uefi")
    assert f"apt-get install {package})" in str(error.value.hint)


@pytest.mark.parametrize("boot", ["kernel=/k,initrd=/i", "uefi=off"])
def test_acpi_on_arm_needs_uefi(boot: str) -> None:
    """libvirt rejects ACPI on ARM without UEFI."""
    domain = composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("generic"), "--boot", boot).final
    assert domain.features.acpi is None and domain.os.firmware is None
    assert composed(ARM, GuestKind("hvm", "aarch64", "qemu"), os_named("generic")).final.features.acpi is True


@pytest.mark.parametrize("args", [("--boot", "uefi,kernel=/k"), ("--boot", "uefi", "--install", "kernel=/k")])
def test_direct_kernel_boot_uses_firmware_without_keys(args: tuple[str, ...]) -> None:
    """Firmware with enrolled keys rejects unsigned kernels; the finished guest uses the same UEFI variables."""
    created = composed(PC, GuestKind("hvm", "x86_64", "kvm"), os_named("generic"), *args)
    for domain in (created.started, created.final):
        assert domain.os.firmware == "efi" and features(domain) == {"enrolled-keys": False}


def test_direct_kernel_boot_keeps_requested_keys() -> None:
    """With `secure-boot=yes`, the user's kernel must be signed."""
    assert features(guest("--boot", "uefi,secure-boot=yes,kernel=/k")) == {"enrolled-keys": True}


def test_firmware_without_keys_on_arm_has_no_secure_boot() -> None:
    """Debian 12 describes an image with Secure Boot and without keys, but does not contain it."""
    host = HostFiles(CAPABILITIES, _DOMAIN_CAPABILITIES.format(arch="aarch64", loaders="").replace(
        '<enum name="firmware"/>', '<enum name="firmware"><value>efi</value></enum>'
    ))  # fmt: skip
    created = composed(host, GuestKind("hvm", "aarch64", "qemu"), os_named("generic"), "--install", "kernel=/k")
    assert features(created.final) == features(created.started) == {"enrolled-keys": False, "secure-boot": False}


IMAGES_32 = "/usr/share/OVMF/OVMF32_CODE_4M"


@pytest.mark.parametrize(
    ("suffixes", "expected"), [(("secboot.fd", "fd"), {"secure-boot": False}), (("secboot.fd",), {})]
)
def test_32_bit_guest_gets_an_image_without_secure_boot(suffixes: tuple[str, ...], expected: dict[str, bool]) -> None:
    """libvirt supports it on x86_64 only. An image with it, the only one of Debian 12, is used without it."""
    loaders = "".join(f"<value>{IMAGES_32}.{suffix}</value>" for suffix in suffixes)
    text = _DOMAIN_CAPABILITIES.format(arch="i686", loaders=loaders)
    efi = text.replace('<enum name="firmware"/>', '<enum name="firmware"><value>efi</value></enum>')
    host, kind = HostFiles(CAPABILITIES, efi), GuestKind("hvm", "i686", "qemu")
    chosen = composed(host, kind, os_named("generic"), "--boot", "uefi", "--arch", "i686").final
    assert chosen.os.firmware == "efi" and features(chosen) == expected
    template = ("--boot", "uefi,nvram.template=/usr/share/OVMF/OVMF32_VARS_4M.fd", "--arch", "i686")
    by_path = composed(host, kind, os_named("generic"), *template).final
    assert by_path.os.loader == f"{IMAGES_32}.{suffixes[-1]}" and not by_path.os.loader_secure
