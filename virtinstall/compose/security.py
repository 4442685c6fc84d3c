"""Security labels and confidential guests (SEV, SEV-SNP, TDX).

Source: https://libvirt.org/formatdomain.html#security-label, #launch-security
"""

from __future__ import annotations

from collections.abc import Sequence

from virtinstall.compose.draft import Draft
from virtinstall.compose.firmware import is_uefi
from virtinstall.domain.seclabel import Seclabel
from virtinstall.errors import RequestError

_SEV_POLICY = "0x03"
_SEV_ES_POLICY = "0x07"


def fill_seclabels(draft: Draft) -> None:
    """Add the default type to each security label that has only a model, and the model to each that has only a type."""
    models = [model for model in draft.facts.host.capabilities.security_models if model]
    for label in draft.domain.seclabels:
        if label.model is not None and label.type is None:
            label.type = "dynamic"
        if label.type is not None:
            fill_model(label, models)


def fill_model(label: Seclabel, models: Sequence[str]) -> None:
    """Set the model of `label` if it has none; `models` are the models that the host supports.

    If the text of the label consists of numeric IDs, the model is `dac`, or the first one in `models` if the host does
    not support `dac`. If the label has no text, the model is the first one in `models`; for any other text, the first
    one other than `dac`. If there is no such model, the label's model remains None.
    """
    if label.model is None and models:
        label.model = _model_of(label.label, models)


def _model_of(label: str | None, models: Sequence[str]) -> str | None:
    """Return the model of a label: `dac` for numbers, the first one without a label; None if it is unclear."""
    if label is None:
        return models[0]
    if label.replace(":", "").replace("+", "").isdigit():
        return "dac" if "dac" in models else models[0]
    return next((model for model in models if model not in ("dac", "none")), None)


def fill_launch_security(draft: Draft) -> None:
    """Check the requirements of SEV, SEV-SNP and TDX, and fill in the default SEV policy.

    Raises: RequestError, if SEV, SEV-SNP or TDX is requested, but the guest's machine type is not q35, or the guest
    does not boot with UEFI.
    """
    security = draft.domain.launch_security
    kind = security.type
    if kind is None:
        return
    if kind in ("sev", "sev-snp", "tdx"):
        if not draft.platform.is_q35:
            firmware, more = ("", "") if is_uefi(draft) else (" and UEFI firmware", " --boot uefi")
            raise RequestError(
                f"--launchSecurity {kind} requires the machine type q35{firmware}", hint=f"use --machine q35{more}"
            )
        if not is_uefi(draft):
            raise RequestError(f"--launchSecurity {kind} requires UEFI firmware", hint="add --boot uefi")
    if kind == "sev" and security.policy is None:
        capabilities = draft.facts.domain_capabilities
        sev = None if capabilities is None else capabilities.feature("sev")
        has_es = sev is not None and int(sev.findtext("maxESGuests") or 0) > 0
        security.policy = _SEV_ES_POLICY if has_es else _SEV_POLICY
