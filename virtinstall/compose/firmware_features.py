"""Firmware by path and firmware by features: one rule for the old and the new forms of `--boot`.

Source: https://libvirt.org/formatdomain.html#operating-system-booting: if libvirt chooses the firmware
(`firmware=efi`), Secure Boot is a feature of the firmware; if a path is specified, Secure Boot is an attribute of the
loader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtinstall.xml.paths import remove

if TYPE_CHECKING:
    from virtinstall.domain.domain import Domain
    from virtinstall.domain.os import Os

_X86 = ("x86_64", "i686", None)


def merge_firmware_features(domain: Domain) -> None:
    """Request Secure Boot in the form that libvirt accepts, and enable SMM if Secure Boot requires it.

    If libvirt chooses the firmware, Secure Boot is a firmware feature. If the domain contains the path of the firmware,
    Secure Boot is an attribute of <loader> and requires SMM on x86.
    """
    os = domain.os
    _use_last_values(os)
    if os.loader is None and (os.uefi or os.firmware == "efi") and os.loader_secure is not None:
        secure = os.loader_secure
        os.loader_secure = None
        os.set_firmware_feature("secure-boot", secure)
        if not secure:
            os.set_firmware_feature("enrolled-keys", False)
    if os.loader is not None and os.loader_secure and os.type_arch in _X86 and domain.features.smm_state is None:
        domain.features.smm_state = True


def _use_last_values(os: Os) -> None:
    """Use the last value of a feature that was named in two ways; secure-boot=yes alone implies enrolled keys."""
    for feature in os.firmware_features:
        if [each.name for each in os.firmware_features].count(feature.name) > 1:
            os.firmware_features.remove(feature)
            if feature.name == "enrolled-keys" and feature.enabled:
                os.set_firmware_feature("secure-boot", True)


def use_chosen_firmware(os: Os) -> None:
    """Have libvirt choose UEFI firmware: remove the paths of the firmware image and of its variables."""
    _remove(os, "loader", "nvram", "varstore")
    os.firmware = "efi"


def use_firmware_path(os: Os) -> None:
    """Have libvirt use the firmware at the path in <loader> instead of choosing one."""
    _remove(os, "firmware")
    os.firmware = None


def leave_uefi(os: Os) -> None:
    """Make the guest boot with BIOS: remove the UEFI image, its variables and its features."""
    _remove(os, "loader", "nvram", "varstore", "firmware")
    os.firmware = None


def leave_bios(os: Os) -> None:
    """Remove the path of a BIOS image, so that UEFI can be used instead."""
    if os.loader is not None and os.loader_type != "pflash":
        _remove(os, "loader")


def _remove(os: Os, *tags: str) -> None:
    node = os.ensure_node()
    for tag in tags:
        for below in node.findall(tag):
            remove(below)
