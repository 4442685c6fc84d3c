"""`--tpm`: a trusted platform module.

Source: https://libvirt.org/formatdomain.html#tpm-device
"""

from __future__ import annotations

from virtinstall.devices.device import Device, unless_default
from virtinstall.xml.field import Suboption, XmlField
from virtinstall.xml.kinds import PRESENT, TEXT, YES_NO


def _set_backend(tpm: Tpm, text: str) -> None:
    """Set the kind, or the path of the host's TPM, which is passed through."""
    if text.startswith("/"):
        tpm.backend_type, tpm.backend_device_path = "passthrough", text
    else:
        tpm.backend_type = unless_default(text) or None


def _bank(name: str) -> XmlField[bool]:
    return XmlField(f"./backend/active_pcr_banks/{name}", PRESENT, f"Activate the PCR bank {name}.")


class Tpm(Device):
    """<tpm>: a TPM emulated by swtpm, or the host's TPM."""

    tag = "tpm"
    none_word = "suppress"
    bare = ("backend.type",)

    model: XmlField[str] = XmlField("./@model", TEXT, "Device that the guest sees: `tpm-crb`, `tpm-tis`, `tpm-spapr`.")
    backend_option = Suboption(
        "backend.type",
        _set_backend,
        "Backend: `emulator`, `passthrough`, `external`, or the host's device, such as `/dev/tpm0`.",
        aliases=("type",),
        match=True,
    )
    backend_type: XmlField[str] = XmlField("./backend/@type", TEXT, "Kind of backend.", name=None)
    backend_version: XmlField[str] = XmlField(
        "./backend/@version", TEXT, "TPM version: `2.0`, `1.2`.", aliases=("version",)
    )
    backend_device_path: XmlField[str] = XmlField(
        "./backend/device/@path", TEXT, "Device of the host's TPM.", aliases=("path",)
    )
    backend_encryption_secret: XmlField[str] = XmlField(
        "./backend/encryption/@secret", TEXT, "UUID of the libvirt secret that encrypts the state."
    )
    backend_persistent_state: XmlField[bool] = XmlField(
        "./backend/@persistent_state", YES_NO, "Keep the state when a transient guest stops."
    )
    backend_debug: XmlField[str] = XmlField("./backend/@debug", TEXT, "Log level of swtpm.")
    backend_source_type: XmlField[str] = XmlField(
        "./backend/source/@type", TEXT, "Kind of an external TPM's socket: `unix`."
    )
    backend_source_mode: XmlField[str] = XmlField(
        "./backend/source/@mode", TEXT, "Role of QEMU at the socket: `connect`."
    )
    backend_source_path: XmlField[str] = XmlField(
        "./backend/source/@path", TEXT, "Socket of an external TPM, or location of the state."
    )
    backend_profile_source: XmlField[str] = XmlField("./backend/profile/@source", TEXT, "Name of the swtpm profile.")
    backend_profile_remove_disabled: XmlField[str] = XmlField(
        "./backend/profile/@removeDisabled",
        TEXT,
        "Removal of algorithms that FIPS mode disables: `check`, `fips-host`.",
    )
    backend_active_pcr_banks_sha1: XmlField[bool] = _bank("sha1")
    backend_active_pcr_banks_sha256: XmlField[bool] = _bank("sha256")
    backend_active_pcr_banks_sha384: XmlField[bool] = _bank("sha384")
    backend_active_pcr_banks_sha512: XmlField[bool] = _bank("sha512")
