"""UEFI or BIOS: libvirt chooses the firmware if possible; otherwise, a loader from libvirt's list is used.

libvirt chooses by architecture and machine. If libvirt has no firmware for the guest's architecture, it lists loaders
of other architectures, so a loader is only used if its path names the guest's architecture.

Source: https://libvirt.org/formatdomain.html#bios-bootloader; names of firmware images are
those of Debian's, Fedora's and SUSE's packages (edk2/OVMF, AAVMF, bhyve's).
"""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.compose.platform import requested_platform
from virtinstall.errors import RequestError

_WITHOUT_UEFI = ("ppc", "ppc64", "ppc64le", "s390x")
_PREFERRED = {
    "x86_64": ("OVMF_CODE.secboot.fd", "OVMF_CODE_4M.secboot.fd", "OVMF_CODE.fd", "OVMF_CODE_4M.fd", "BHYVE_UEFI.fd"),
    "i686": ("OVMF32_CODE_4M.fd", "OVMF32_CODE_4M.secboot.fd"),
    "aarch64": (
        "AAVMF_CODE.fd",
        "AAVMF_CODE.no-secboot.fd",
        "QEMU_EFI-pflash.raw",
        "QEMU_EFI-silent-pflash.raw",
        "QEMU_EFI.fd",
    ),
    "armv7l": ("AAVMF32_CODE.fd", "QEMU_EFI-pflash.raw"),
    "riscv64": ("RISCV_VIRT_CODE.fd",),
    "loongarch64": ("QEMU_EFI.fd", "loongarch64-code.fd"),
}
# parts of a loader's path that identify the architecture; the first match counts
_ARCHITECTURE_MARKS = (
    ("loongarch", "loongarch64"),
    ("riscv", "riscv64"),
    ("aavmf32", "armv7l"),
    ("efi-arm/", "armv7l"),
    ("edk2/arm/", "armv7l"),
    ("aavmf", "aarch64"),
    ("aarch64", "aarch64"),
    ("ovmf32", "i686"),
    ("ovmf-ia32", "i686"),
    ("i386", "i686"),
    ("ia32", "i686"),
    ("ovmf", "x86_64"),
    ("x86_64", "x86_64"),
    ("x64", "x86_64"),
    ("bhyve", "x86_64"),
)
_DEBIAN_PACKAGES = {
    "x86_64": "ovmf",
    "i686": "ovmf-ia32",
    "aarch64": "qemu-efi-aarch64",
    "armv7l": "qemu-efi-arm",
    "riscv64": "qemu-efi-riscv64",
    "loongarch64": "qemu-efi-loongarch64",
}
_FEATURES_SINCE_LIBVIRT = 7_002_000


def fill_firmware(draft: Draft) -> None:
    """Choose the guest's firmware, and a machine type that supports it.

    Raises: RequestError, if UEFI is requested, but not available for the guest's architecture.
    """
    _choose_firmware(draft)
    _choose_machine(draft)
    _accept_unsigned_kernel(draft)


def _choose_firmware(draft: Draft) -> None:
    os = draft.domain.os
    wanted = os.uefi
    if wanted is None and _is_given(draft):
        return
    if wanted is None and any(feature.enabled for feature in os.firmware_features):
        # only UEFI has secure boot and its keys
        wanted = True
    if wanted is None:
        wanted = _needs_uefi(draft)
        if not wanted or not _host_has_uefi(draft):
            return
    if not wanted:
        return
    if draft.platform.arch in _WITHOUT_UEFI:
        raise RequestError(
            f"UEFI is not supported on the architecture {draft.platform.arch}",
            hint="omit --boot uefi" if os.uefi else "omit the firmware features from --boot",
        )
    if os.firmware is None and os.loader is None:
        _set_uefi(draft)


def _choose_machine(draft: Draft) -> None:
    """Use q35 for Secure Boot if the machine that was chosen by default has no SMM."""
    os, platform = draft.domain.os, draft.platform
    secure = os.loader_secure or any(
        feature.enabled and feature.name in ("secure-boot", "enrolled-keys") for feature in os.firmware_features
    )
    chosen_by_user = requested_platform(draft.request).machine is not None
    if not secure or os.loader is not None or chosen_by_user or platform.is_q35 or not platform.is_x86:
        return
    if "q35" in platform.guest.machines_for(platform.virt_type) and not draft.offers("os/loader", "secure", "yes"):
        draft.use_machine("q35")


def _accept_unsigned_kernel(draft: Draft) -> None:
    """Request firmware without enrolled keys if the guest boots a kernel directly, because enrolled keys reject
    unsigned kernels.

    The finished guest has the same firmware, because both share the file with the UEFI variables.
    """
    os, install, media = draft.domain.os, draft.request.install, draft.facts.media
    _avoid_unusable_image(draft)
    direct = os.kernel is not None or install.kernel is not None or (media is not None and media.kernel is not None)
    if not direct or os.firmware != "efi" or os.firmware_features or os.loader is not None:
        return
    if draft.platform.is_qemu and draft.facts.host.libvirt_version >= _FEATURES_SINCE_LIBVIRT:
        os.set_firmware_feature("enrolled-keys", False)
        _avoid_unusable_image(draft)


def _avoid_unusable_image(draft: Draft) -> None:
    """Request firmware without Secure Boot if libvirt would choose an image that the guest cannot use.

    Without keys on ARM: Debian 12 describes an image with Secure Boot, but does not ship it. On i686: libvirt supports
    Secure Boot on x86_64 only, but prefers the image that has it.
    """
    os, platform = draft.domain.os, draft.platform
    known = {feature.name: feature.enabled for feature in os.firmware_features}
    if "secure-boot" in known:
        return
    no_keys = platform.is_arm_virt and known.get("enrolled-keys") is False
    unsupported = platform.arch == "i686" and os.firmware == "efi" and os.loader is None
    if no_keys or (unsupported and not known.get("enrolled-keys") and not _has_secure_boot(_loader(draft))):
        os.set_firmware_feature("secure-boot", False)


def _has_secure_boot(path: str | None) -> bool:
    """Return whether a firmware image has Secure Boot according to its name; True if there is no image."""
    return path is None or "secboot" in path.lower().replace("no-secboot", "")


def _is_given(draft: Draft) -> bool:
    os = draft.domain.os
    values = (os.kernel, os.loader, os.nvram, os.firmware, draft.domain.bootloader)
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
    """Return the firmware image that libvirt lists for the guest's architecture, or None.

    With a template of variables, which fits only one image, the images of the template's size and the image next to it
    are considered.
    """
    capabilities, arch = draft.facts.domain_capabilities, draft.platform.arch
    if capabilities is None:
        return None
    loaders, template = capabilities.loaders, draft.domain.os.nvram_template
    if template is not None:
        loaders = tuple(path for path in loaders if _is_large(path) == _is_large(template))
    for name in _PREFERRED.get(arch, ()):
        for path in loaders:
            if path.rpartition("/")[2].lower() == name.lower() and _architecture(path) in (arch, None):
                return path
    known = next((path for path in loaders if _architecture(path) == arch), None)
    return known if known is not None or template is None else _image_of(template)


def _is_large(path: str) -> bool:
    """Return whether a firmware file has 4 MiB according to its name; the variables of such a file take more space."""
    return "_4m" in path.rpartition("/")[2].lower()


def _image_of(template: str) -> str | None:
    """Return the image that belongs to a template by its name (OVMF_CODE.fd to OVMF_VARS.fd), or None."""
    folder, slash, name = template.rpartition("/")
    return f"{folder}{slash}{name.replace('VARS', 'CODE')}" if "VARS" in name else None


def _architecture(path: str) -> str | None:
    """Return the architecture that the path of a firmware image names, or None."""
    return next((arch for mark, arch in _ARCHITECTURE_MARKS if mark in path.lower()), None)


def _set_uefi(draft: Draft) -> None:
    os = draft.domain.os
    path = _loader(draft)
    # libvirt rejects these together with firmware=efi
    by_path = path is not None and any((os.nvram_template, os.loader_type, os.loader_readonly is not None))
    if draft.offers("os", "firmware", "efi", unknown=False) and not by_path:
        os.firmware = "efi"
        return
    if path is None:
        arch, machine = draft.platform.arch, draft.platform.machine
        package = _DEBIAN_PACKAGES.get(arch)
        install = "" if package is None else f"install the firmware (Debian: apt-get install {package}), or "
        raise RequestError(
            f"UEFI was requested, but the host has no UEFI firmware for {arch}" + (f" ({machine})" if machine else ""),
            hint=f"{install}specify its path: "
            "--boot loader=PATH,loader.readonly=yes,loader.type=pflash,nvram.template=PATH",
        )
    os.loader = path
    if os.loader_readonly is None:
        os.loader_readonly = True
    os.loader_type = os.loader_type or "pflash"
    if draft.platform.is_x86 and _has_secure_boot(path):
        if os.loader_secure is None:
            # libvirt supports Secure Boot on x86_64 only; the image works without it
            os.loader_secure = draft.platform.arch == "x86_64"
        if draft.domain.features.smm_state is None:
            draft.domain.features.smm_state = True
        if draft.request.platform.machine is None and "q35" in draft.platform.guest.machines:
            draft.use_machine("q35")


def is_uefi(draft: Draft) -> bool:
    """Return whether the guest boots with UEFI according to the draft's domain."""
    os = draft.domain.os
    if os.firmware == "efi":
        return True
    name = (os.loader or "").lower()
    return os.loader_type == "pflash" or any(word in name for word in ("ovmf", "aavmf", "efi"))
