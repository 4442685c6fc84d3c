"""UEFI or BIOS: libvirt's own choice of firmware where it has one, else a loader from what it lists.

Source: https://libvirt.org/formatdomain.html#bios-bootloader; names of firmware images are
those of Debian's, Fedora's and SUSE's packages (edk2/OVMF, AAVMF, bhyve's).
"""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.errors import RequestError

_WITHOUT_UEFI = ("ppc", "ppc64", "ppc64le", "s390x")
_PREFERRED = {
    "x86_64": ("OVMF_CODE.secboot.fd", "OVMF_CODE_4M.secboot.fd", "OVMF_CODE.fd", "OVMF_CODE_4M.fd", "BHYVE_UEFI.fd"),
    "i686": ("OVMF32_CODE_4M.secboot.fd", "OVMF_CODE.fd"),
    "aarch64": ("AAVMF_CODE.fd", "QEMU_EFI-pflash.raw", "QEMU_EFI-silent-pflash.raw", "QEMU_EFI.fd"),
    "armv7l": ("AAVMF32_CODE.fd", "QEMU_EFI-pflash.raw"),
    "riscv64": ("RISCV_VIRT_CODE.fd",),
    "loongarch64": ("QEMU_EFI.fd", "loongarch64-code.fd"),
}
_PATTERNS = ("ovmf", "aavmf", "qemu_efi", "edk2", "uefi", "code")


def fill_firmware(draft: Draft) -> None:
    """Settle the firmware. Raises: RequestError, when UEFI is asked for and the host has none."""
    os = draft.domain.os
    wanted = os.uefi
    if wanted is None and _is_given(draft):
        return
    if wanted is None and any(feature.enabled for feature in os.firmware_features):
        # secure boot and its keys are something that only UEFI has
        wanted = True
    if wanted is None:
        wanted = _needs_uefi(draft)
        if not wanted or not _host_has_uefi(draft):
            return
    if not wanted:
        return
    if draft.platform.arch in _WITHOUT_UEFI:
        raise RequestError(
            f"there is no UEFI for {draft.platform.arch}",
            hint=f"leave --boot uefi out: {draft.platform.arch} boots without",
        )
    if os.firmware is None and os.loader is None:
        _set_uefi(draft)


def _is_given(draft: Draft) -> bool:
    os = draft.domain.os
    values = (os.kernel, os.loader, os.nvram, os.nvram_template, os.firmware, draft.domain.bootloader)
    return any(value is not None for value in values)


def _needs_uefi(draft: Draft) -> bool:
    platform = draft.platform
    if not platform.is_hvm:
        return False
    if platform.virt_type == "bhyve":
        return True
    if platform.is_x86:
        return platform.is_qemu and draft.os.requires_efi(platform.arch)
    return platform.is_arm_virt or platform.is_riscv_virt or platform.is_loongarch


def _host_has_uefi(draft: Draft) -> bool:
    return draft.offers("os", "firmware", "efi", unknown=False) or _loader(draft) is not None


def _loader(draft: Draft) -> str | None:
    """The firmware image that libvirt lists and that suits the guest, or None."""
    capabilities = draft.facts.domain_capabilities
    if capabilities is None:
        return None
    for name in _PREFERRED.get(draft.platform.arch, ()):
        for path in capabilities.loaders:
            if path.rpartition("/")[2].lower() == name.lower():
                return path
    for path in capabilities.loaders:
        if any(word in path.lower() for word in _PATTERNS):
            return path
    return None


def _set_uefi(draft: Draft) -> None:
    os = draft.domain.os
    if draft.offers("os", "firmware", "efi", unknown=False):
        os.firmware = "efi"
        return
    path = _loader(draft)
    if path is None:
        raise RequestError(
            f"UEFI was asked for, but the host has no UEFI firmware for {draft.platform.arch}",
            hint="install it (Debian: apt-get install ovmf), or name one: --boot loader=PATH,nvram.template=PATH",
        )
    os.loader = path
    os.loader_readonly = True
    os.loader_type = "pflash"
    if draft.platform.is_x86 and "secboot" in path.lower():
        os.loader_secure = True
        if draft.domain.features.smm_state is None:
            draft.domain.features.smm_state = True
        if draft.request.platform.machine is None and "q35" in draft.platform.guest.machines:
            draft.use_machine("q35")


def is_uefi(draft: Draft) -> bool:
    """Whether the guest boots through UEFI, as far as the XML tells."""
    os = draft.domain.os
    if os.firmware == "efi":
        return True
    name = (os.loader or "").lower()
    return os.loader_type == "pflash" or any(word in name for word in ("ovmf", "aavmf", "efi"))
