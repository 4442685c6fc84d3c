"""The guest's CPU, if the request does not specify it, or specifies a keyword whose meaning depends on the host.

Source: https://libvirt.org/formatdomain.html#cpu-model-and-topology and
https://libvirt.org/formatdomaincaps.html#cpu-configuration
"""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.domain.cpu import MODES, Cpu
from virtinstall.similar import did_you_mean
from virtinstall.virsh_commands import virsh_command

_MITIGATIONS = ("ibpb", "md-clear", "spec-ctrl", "ssbd", "virt-ssbd")


def fill_cpu(draft: Draft) -> None:
    """Choose the guest's CPU mode and model."""
    cpu = draft.domain.cpu
    _replace_passthrough(draft)
    word = cpu.wanted_model
    if word == "none" or word == "hv-default":
        return
    if word == "host-model-only" or word == "host-copy":
        _copy_host(draft)
    elif word is None and cpu.mode is None and cpu.model is None:
        _default(draft)
    elif word is not None:
        _warn_of_model(draft)
    if wants_mitigations(cpu):
        _add_mitigations(draft)


def _replace_passthrough(draft: Draft) -> None:
    """Use the mode `maximum`, QEMU's emulation with all features, if the host's CPU cannot be passed through."""
    cpu, capabilities = draft.domain.cpu, draft.facts.domain_capabilities
    if cpu.mode != "host-passthrough" or draft.platform.virt_type != "qemu" or capabilities is None:
        return
    if capabilities.cpu_mode("host-passthrough") is None and capabilities.cpu_mode("maximum") is not None:
        cpu.mode = "maximum"
        draft.warnings.append(
            "--cpu host-passthrough requires KVM; using --cpu maximum, which has all features that QEMU emulates"
        )


def wants_mitigations(cpu: Cpu) -> bool:
    """Return whether `cpu` should have the features that mitigate CPU vulnerabilities.

    This is the case if a CPU model was requested by name, unless `secure=off` was requested, too.
    """
    return cpu.wanted_model not in (None, "none", "hv-default", *MODES) and cpu.secure is not False


def _warn_of_model(draft: Draft) -> None:
    """Warn about an unknown model, which libvirt rejects only when the guest starts, and without a suggestion."""
    capabilities, name = draft.facts.domain_capabilities, draft.domain.cpu.model
    known = () if capabilities is None else capabilities.cpu_models
    if name is None or not known or name in known:
        return
    command = virsh_command(draft.facts.host.uri, "domcapabilities")
    hint = did_you_mean(name, [*known, *MODES], f"list the models with: {command}")
    draft.warnings.append(f"--cpu {name}: unknown CPU model; {hint}")


def _default(draft: Draft) -> None:
    platform = draft.platform
    cpu = draft.domain.cpu
    capabilities = draft.facts.domain_capabilities
    if platform.is_kvm:
        if platform.arch == "x86_64" and platform.host_arch == "x86_64":
            _application_default(draft)
        elif platform.is_arm_virt and platform.arch == platform.host_arch:
            cpu.mode = "host-passthrough"
        return
    can_maximum = capabilities is not None and capabilities.cpu_mode("maximum") is not None
    if (
        platform.virt_type == "qemu"
        and can_maximum
        and (platform.is_arm_virt or platform.is_riscv_virt or platform.is_x86)
    ):
        cpu.mode = "maximum"


def _application_default(draft: Draft) -> None:
    """Use host-passthrough if libvirt reports it as migratable, else host-model, else the host's model by name."""
    cpu = draft.domain.cpu
    capabilities = draft.facts.domain_capabilities
    if capabilities is not None:
        passthrough = capabilities.cpu_mode("host-passthrough")
        if passthrough is not None and passthrough.find("enum[@name='hostPassthroughMigratable']") is not None:
            cpu.mode = "host-passthrough"
            return
        if capabilities.cpu_mode("host-model") is not None:
            cpu.mode = "host-model"
            return
    model = draft.facts.host.capabilities.host_cpu_model
    if model is not None:
        cpu.mode, cpu.match, cpu.model = "custom", "exact", model


def _copy_host(draft: Draft) -> None:
    cpu = draft.domain.cpu
    model = draft.facts.host.capabilities.host_cpu_model
    if model is None:
        draft.warnings.append(
            f"--cpu {cpu.wanted_model}: libvirt does not report the host's CPU model; using the hypervisor's default"
        )
        return
    cpu.mode, cpu.match, cpu.model = "custom", "exact", model


def _add_mitigations(draft: Draft) -> None:
    """Add the features against CPU vulnerabilities that the host has and that a named model may lack."""
    capabilities = draft.facts.domain_capabilities
    if not draft.platform.is_x86 or capabilities is None:
        return
    host_model = capabilities.cpu_mode("host-model")
    if host_model is None:
        return
    by_policy = {feature.get("name"): feature.get("policy") for feature in host_model.iterfind("feature")}
    have = {*draft.facts.cpu_model_features, *by_policy} - {
        name for name, policy in by_policy.items() if policy != "require"
    }
    cpu = draft.domain.cpu
    requested = {feature.name for feature in cpu.features}
    wanted = [name for name in _MITIGATIONS if name in have and name not in requested]
    given = [(feature.name, feature.policy) for feature in cpu.features]
    cpu.features.clear()
    for feature_name in wanted:
        cpu.set_feature(feature_name, "require")
    for known, policy in given:
        cpu.set_feature(known or "", policy or "require")
