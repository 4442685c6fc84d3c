"""The boot loader, Secure Boot, the TPM and memory encryption.

Source: https://kubevirt.io/user-guide/compute/virtual_hardware/ (BIOS/UEFI), .../persistent_tpm_and_uefi_state/,
https://kubevirt.io/user-guide/cluster_admin/confidential_computing/
"""

from __future__ import annotations

from virtinstall.devices.tpm import Tpm
from virtinstall.kubevirt.conversion import Conversion, Node, add, leave_device, section

_SEV_NO_DEBUG, _SEV_ENCRYPTED_STATE = 0x1, 0x4


def map_firmware(conversion: Conversion) -> None:
    """Add the firmware and the TPM.

    With UEFI, Secure Boot is always set explicitly, because KubeVirt enables it by default.
    """
    os = conversion.domain.os
    uefi, kind = conversion.take(os, "uefi"), conversion.take(os, "firmware")
    secure, stateless = conversion.take(os, "loader_secure"), conversion.take(os, "loader_stateless")
    use_serial = conversion.take(os, "bios_useserial")
    wanted: dict[str, bool | None] = {}
    for feature in list(os.firmware_features):
        if feature.name in ("secure-boot", "enrolled-keys"):
            wanted[str(feature.name)] = feature.enabled
        else:
            conversion.refuse("boot", "firmware.feature", feature.name, "KubeVirt chooses the firmware image")
        os.firmware_features.remove(feature)
    if wanted.get("secure-boot") and wanted.get("enrolled-keys") is False:
        conversion.refuse(
            "boot", "firmware.enrolled-keys", "no", "KubeVirt's firmware with Secure Boot has enrolled keys"
        )
    secure = secure or wanted.get("secure-boot") or wanted.get("enrolled-keys") or secure
    needed = conversion.os.requires_efi(conversion.arch) and conversion.defaults
    confidential = conversion.domain.launch_security.type in ("sev", "sev-snp", "tdx")
    if secure and (kind == "bios" or uefi is False):
        conversion.break_rule("Secure Boot requires UEFI", "omit secure-boot=, or use --boot uefi", "boot.secure-boot")
    efi = uefi or kind == "efi" or secure or (uefi is None and kind is None and (needed or confidential))
    efi = efi or conversion.arch == "aarch64"
    if use_serial and efi:
        conversion.refuse("boot", "bios.useserial", "yes", "UEFI has no such setting")
    persistent = _map_tpm(conversion, bool(efi and needed))
    if conversion.arch == "s390x":
        if efi or kind or use_serial:
            conversion.refuse("boot", "uefi", "yes", "s390x has neither UEFI nor BIOS")
        return
    if not efi:
        if kind == "bios" or uefi is False or use_serial:
            bios: Node = {"useSerial": True} if use_serial else {}
            section(conversion.machine, "firmware", "bootloader")["bios"] = bios
        return
    off = False in wanted.values() or secure is False
    secure = bool(secure or (needed and not off and conversion.os.is_windows and conversion.arch == "x86_64"))
    loader: Node = {"secureBoot": secure}
    if stateless is not None or persistent:
        loader["persistent"] = not stateless if stateless is not None else True
    section(conversion.machine, "firmware", "bootloader")["efi"] = loader
    if secure:
        _need_smm(conversion)
    if secure and confidential:
        conversion.break_rule(
            "--launchSecurity and Secure Boot cannot be used together", "use --boot uefi,secure-boot=no"
        )


def _need_smm(conversion: Conversion) -> None:
    features = conversion.domain.features
    if features.smm_state is False:
        conversion.break_rule(
            "Secure Boot requires system management mode (smm)", "omit --features smm.state=off", "features.smm.state"
        )
    if conversion.arch != "x86_64":
        conversion.break_rule(f"Secure Boot is not available for {conversion.arch}", "omit secure-boot=")
    section(conversion.machine, "features")["smm"] = {"enabled": True}


def _map_tpm(conversion: Conversion, needed: bool) -> bool:
    """Fill in `tpm`; return whether its state is kept, as libvirt keeps it."""
    tpms = conversion.domain.devices_of(Tpm)
    if not tpms:
        if not needed or "tpm" in conversion.request.without:
            return False
        conversion.devices["tpm"] = {"persistent": True}
        return True
    persistent = True
    for number, tpm in enumerate(tpms):
        kind, version = conversion.take(tpm, "backend_type"), conversion.take(tpm, "backend_version")
        kept = conversion.take(tpm, "backend_persistent_state")
        persistent = kept is not False
        if kind not in (None, "emulator"):
            conversion.refuse("tpm", "backend.type", kind, "a node's TPM cannot be shared; use --tpm emulator")
        if version not in (None, "2.0"):
            conversion.refuse("tpm", "backend.version", version, "use 2.0")
        if number:
            conversion.refuse("tpm", "", kind or "emulator", "a guest can have only one TPM")
        leave_device(conversion, tpm)
    conversion.devices["tpm"] = {"persistent": True} if persistent else {}
    return persistent


def map_launch_security(conversion: Conversion) -> None:
    """Add the memory encryption of the guest (`launchSecurity`)."""
    security = conversion.domain.launch_security
    kind = conversion.take(security, "type")
    policy, session, certificate = (conversion.take(security, name) for name in ("policy", "session", "dh_cert"))
    if kind != "sev":
        for name, value in (("policy", policy), ("session", session), ("dhCert", certificate)):
            if value is not None:
                conversion.refuse("launchSecurity", name, value, "only type=sev has this value")
    if kind is None:
        return
    node: Node = {}
    if kind == "sev":
        node["sev"] = _sev(conversion, policy, session, certificate)
    elif kind in ("sev-snp", "tdx"):
        node["snp" if kind == "sev-snp" else "tdx"] = {}
    elif kind == "s390-pv":
        conversion.machine["launchSecurity"] = {}
        return
    else:
        conversion.refuse("launchSecurity", "type", kind, "use sev, sev-snp, tdx or s390-pv")
        return
    conversion.machine["launchSecurity"] = node


def _sev(conversion: Conversion, policy: str | None, session: str | None, certificate: str | None) -> Node:
    node: Node = {}
    if policy is not None:
        try:
            bits = int(policy, 0)
        except ValueError:
            bits = -1
        if bits not in (_SEV_NO_DEBUG, _SEV_NO_DEBUG | _SEV_ENCRYPTED_STATE):
            conversion.refuse(
                "launchSecurity",
                "policy",
                policy,
                "use 0x1 (no debugging) or 0x5 (no debugging, encrypted state)",
            )
        elif bits & _SEV_ENCRYPTED_STATE:
            node["policy"] = {"encryptedState": True}
    add(node, "session", session)
    add(node, "dhCert", certificate)
    return node
