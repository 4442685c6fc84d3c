"""Checks for requests that libvirt accepts, although QEMU cannot start the guest.

Tests with randomly generated guests revealed these requests. libvirt checks everything else (`accepted.py`).
"""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.devices.disk import Disk
from virtinstall.devices.parallel import Parallel
from virtinstall.devices.sound import Sound
from virtinstall.domain.features import Features
from virtinstall.errors import RequestError

# QEMU's only parallel port is an ISA device
_WITHOUT_ISA = ("aarch64", "armv7l", "armv6l", "loongarch64", "ppc64", "ppc64le", "riscv32", "riscv64", "s390x")


def validate_for_qemu(draft: Draft) -> None:
    """Check that QEMU supports the requested devices and security models; warn about unsupported enlightenments.

    Raises: RequestError, for the first device or security model that QEMU or libvirt does not support.
    """
    platform = draft.platform
    if not platform.is_qemu or draft.facts.host.driver != "qemu":
        return
    if platform.arch in _WITHOUT_ISA and draft.domain.devices_of(Parallel):
        raise RequestError(f"--parallel: QEMU has no parallel port on {platform.arch}", hint="use --serial")
    if platform.is_s390x and draft.domain.devices_of(Sound):
        raise RequestError("--sound: QEMU has no sound card on s390x", hint="use --sound none")
    has_card_slot = platform.is_fixed_board or not (platform.is_x86 or platform.arch in _WITHOUT_ISA)
    if not has_card_slot and any(disk.target_bus == "sd" for disk in draft.domain.devices_of(Disk)):
        raise RequestError(
            f"--disk bus=sd: the machine type {platform.machine} has no slot for SD cards", hint="use bus=virtio"
        )
    _validate_security_models(draft)
    _warn_of_enlightenments(draft)


def _validate_security_models(draft: Draft) -> None:
    offered = [model for model in draft.facts.host.capabilities.security_models if model]
    for label in draft.domain.seclabels:
        if offered and label.model is not None and label.model not in offered:
            raise RequestError(
                f"--seclabel model={label.model}: libvirt on this host does not use this security driver",
                hint=f"use {' or '.join(f'model={model}' for model in offered)}",
            )


def _warn_of_enlightenments(draft: Draft) -> None:
    """Warn about Hyper-V enlightenments that the host's kernel does not support; QEMU ignores some of them."""
    offered = draft.domcaps_list("features/hyperv", "features")
    missing = [
        name
        for attribute, declared in Features.declarations()
        for name in (attribute.removeprefix("hyperv_").removesuffix("_state"),)
        if declared.path == f"./hyperv/{name}/@state"
        and getattr(draft.domain.features, attribute)
        and name not in offered
    ]
    if offered and missing:
        draft.warnings.append(
            f"--features {','.join(f'hyperv.{name}.state=on' for name in missing)}: not supported by this host for "
            f"guests of type {draft.platform.virt_type}; the guest may not start"
        )
