"""`--launchSecurity`: memory encryption of a guest.

Source: https://libvirt.org/formatdomain.html#launch-security
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, PRESENT, TEXT, YES_NO


class LaunchSecurity(Section):
    """<launchSecurity>: AMD SEV and SEV-SNP, Intel TDX, and s390 protected virtualization."""

    tag = "launchSecurity"
    bare = ("type",)

    type: XmlField[str] = XmlField("./@type", TEXT, "Kind: `sev`, `sev-snp`, `tdx`, `s390-pv`.")
    cbitpos: XmlField[int] = XmlField(
        "./cbitpos", INTEGER, "SEV: position of the address bit that marks encrypted memory."
    )
    reduced_phys_bits: XmlField[int] = XmlField(
        "./reducedPhysBits", INTEGER, "SEV: number of physical address bits that the encryption uses."
    )
    policy: XmlField[str] = XmlField("./policy", TEXT, "Policy that the firmware enforces, in hexadecimal: `0x03`.")
    session: XmlField[str] = XmlField("./session", TEXT, "SEV: session blob of the guest's owner, in base64.")
    dh_cert: XmlField[str] = XmlField("./dhCert", TEXT, "SEV: Diffie-Hellman key of the guest's owner, in base64.")
    guest_visible_workarounds: XmlField[str] = XmlField(
        "./guestVisibleWorkarounds", TEXT, "SEV-SNP: workarounds that the guest sees, in base64."
    )
    id_block: XmlField[str] = XmlField("./idBlock", TEXT, "SEV-SNP: identity block, in base64.")
    id_auth: XmlField[str] = XmlField("./idAuth", TEXT, "SEV-SNP: authentication of the identity block, in base64.")
    host_data: XmlField[str] = XmlField("./hostData", TEXT, "SEV-SNP: host data for the attestation, in base64.")
    kernel_hashes: XmlField[bool] = XmlField(
        "./@kernelHashes", YES_NO, "Measure kernel, initrd and command line of a direct kernel boot."
    )
    author_key: XmlField[bool] = XmlField("./@authorKey", YES_NO, "SEV-SNP: whether `idAuth` has an author key.")
    vcek: XmlField[bool] = XmlField("./@vcek", YES_NO, "SEV-SNP: attest with the chip's key (VCEK).")
    mr_config_id: XmlField[str] = XmlField("./mrConfigId", TEXT, "TDX: ID of the guest's configuration, in base64.")
    mr_owner: XmlField[str] = XmlField("./mrOwner", TEXT, "TDX: ID of the guest's owner, in base64.")
    mr_owner_config: XmlField[str] = XmlField(
        "./mrOwnerConfig", TEXT, "TDX: ID of the owner's configuration, in base64."
    )
    quote_generation_service: XmlField[bool] = XmlField(
        "./quoteGenerationService", PRESENT, "TDX: let the guest request attestation quotes."
    )
    quote_generation_service_path: XmlField[str] = XmlField(
        "./quoteGenerationService/@path",
        TEXT,
        "TDX: socket of the service that creates attestation quotes.",
        name="quoteGenerationSocket",
    )
