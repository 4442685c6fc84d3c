"""Undefine a guest; files with the guest's state are deleted only on request.

Source: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainUndefineFlagsValues
"""

from __future__ import annotations

from typing import Any

import libvirt

from virtinstall.libvirt_host.error_translation import UNSUPPORTED

_KEEP_TPM = "VIR_DOMAIN_UNDEFINE_KEEP_TPM"
_TPM = "VIR_DOMAIN_UNDEFINE_TPM"


def undefine(domain: Any, *, remove_nvram: bool, remove_tpm: bool, remove_saved: bool) -> None:
    """Remove the definition of a guest and, if requested, the guest's other state.

    `domain` is the guest's domain object from libvirt. `remove_nvram` removes the UEFI variables, `remove_tpm` the TPM
    state, and `remove_saved` the managed save and the metadata for snapshots and checkpoints. If a managed save or such
    metadata exists and `remove_saved` is false, libvirt refuses to remove the definition.

    Raises: libvirtError.
    """
    flags = libvirt.VIR_DOMAIN_UNDEFINE_NVRAM if remove_nvram else libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM
    if remove_saved:
        flags |= (
            libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
            | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
            | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
        )
    if "<tpm" in domain.XMLDesc(0):
        # both flags are newer than the oldest supported libvirt
        flags |= getattr(libvirt, _TPM if remove_tpm else _KEEP_TPM, 0)
    try:
        domain.undefineFlags(flags)
    except libvirt.libvirtError as error:
        if error.get_error_code() not in UNSUPPORTED or domain.connect().getType() == "QEMU":
            raise
        # drivers other than QEMU's keep no such files, and reject the flags
        domain.undefine()
