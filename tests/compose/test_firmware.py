"""UEFI and Secure Boot: a word is enough, the rest follows from it."""

from __future__ import annotations

import pytest

from tests.compose.hosts import DATA, HostFiles, PlatformRequest, composed, os_named
from virtinstall.devices.tpm import Tpm
from virtinstall.domain.domain import Domain

CAPABILITIES = (DATA / "capabilities-debian12.xml").read_text()
PC = HostFiles(CAPABILITIES, (DATA / "domain-capabilities-kvm-q35.xml").read_text())
ARM = HostFiles(CAPABILITIES, (DATA / "domain-capabilities-qemu-aarch64.xml").read_text())


def guest(*words: str) -> Domain:
    """A KVM guest of no OS in particular."""
    return composed(PC, PlatformRequest("hvm", "x86_64", "kvm"), os_named("generic"), *words).final


def features(domain: Domain) -> dict[str | None, bool | None]:
    """What the firmware must have."""
    return {feature.name: feature.enabled for feature in domain.os.firmware_features}


def test_a_pc_boots_with_bios() -> None:
    """Nothing said: no firmware is named, and there is no TPM."""
    domain = guest()
    assert domain.os.firmware is None and domain.os.loader is None
    assert domain.devices_of(Tpm) == []


@pytest.mark.parametrize("word", ["uefi", "firmware=efi"])
def test_uefi_brings_a_tpm(word: str) -> None:
    """libvirt chooses the image; a TPM is emulated beside it."""
    domain = guest("--boot", word)
    assert domain.os.firmware == "efi"
    assert [tpm.backend_type for tpm in domain.devices_of(Tpm)] == ["emulator"]


@pytest.mark.parametrize("word", ["secure-boot=yes", "uefi,secure-boot=yes", "firmware.secure-boot=yes"])
def test_secure_boot_in_one_word(word: str) -> None:
    """It wants UEFI, so that needn't be said."""
    domain = guest("--boot", word)
    assert domain.os.firmware == "efi"
    assert True in features(domain).values()
    assert len(domain.devices_of(Tpm)) == 1


def test_secure_boot_switched_off_is_no_wish_for_uefi() -> None:
    """Without UEFI nothing is checked at boot anyway; with it the firmware mustn't."""
    assert guest("--boot", "secure-boot=no").os.firmware is None
    domain = guest("--boot", "uefi,secure-boot=no")
    assert domain.os.firmware == "efi" and features(domain)["secure-boot"] is False


def test_given_firmware_stays() -> None:
    """An image that was named is taken, and no other is looked for."""
    domain = guest("--boot", "loader=/fw/CODE.fd,loader.readonly=yes,loader.type=pflash,nvram.template=/fw/VARS.fd")
    assert domain.os.firmware is None and domain.os.loader == "/fw/CODE.fd"


def test_arm_boots_with_uefi() -> None:
    """The virt board has nothing else: libvirt 9.0 doesn't offer to choose there, so the image is named."""
    domain = composed(ARM, PlatformRequest("hvm", "aarch64", "qemu"), os_named("generic")).final
    assert domain.os.firmware == "efi" or "AAVMF_CODE" in (domain.os.loader or "")
