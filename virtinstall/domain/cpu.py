"""`--cpu`: the CPU that the guest sees.

Source: https://libvirt.org/formatdomain.html#cpu-model-and-topology
"""

from __future__ import annotations

from collections.abc import Callable

from virtinstall.domain.cpu_numa import NumaBandwidth, NumaCell, NumaLatency
from virtinstall.domain.section import Section
from virtinstall.xml.children import Children
from virtinstall.xml.element import Element
from virtinstall.xml.field import Setting, Suboption, XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, SWITCH, TEXT

MODES = ("host-passthrough", "host-model", "maximum")
"""Model names that are libvirt CPU modes."""

HOST_MODES = ("host-model-only", "host-copy", "hv-default")
"""Model names whose meaning depends on the host or the hypervisor."""


class CpuFeature(Element):
    """<feature>: one CPU feature and its policy, such as `require` or `forbid`."""

    tag = "feature"

    policy: XmlField[str] = XmlField("./@policy", TEXT, "Policy: `require`, `force`, `optional`, `disable`, `forbid`.")
    name: XmlField[str] = XmlField("./@name", TEXT, "Name of the feature, such as `vmx`.")


def _set_model(cpu: Cpu, text: str) -> None:
    """Set the model: a mode of libvirt, a name that composition resolves, `none`, or a model."""
    if text in ("none", "clear"):
        secure = cpu.secure
        cpu.clear()
        cpu.prune()
        cpu.secure = secure
        cpu.wanted_model = "none"
        return
    word = {"host": "host-model", "default": ""}.get(text, text)
    cpu.wanted_model = word or None
    if word in MODES:
        cpu.mode, cpu.model = word, None
    elif word in HOST_MODES:
        cpu.mode = cpu.model = cpu.match = None
    elif word:
        cpu.mode, cpu.match, cpu.model = "custom", "exact", word
    else:
        cpu.model = None


def _feature_setter(policy: str) -> Callable[[Cpu, str], None]:
    def set_feature(cpu: Cpu, text: str) -> None:
        if text:
            cpu.set_feature(text, policy)
        else:
            for feature in [feature for feature in cpu.features if feature.policy == policy]:
                cpu.features.remove(feature)

    return set_feature


class Cpu(Section):
    """<cpu>: model, features, topology and NUMA cells."""

    tag = "cpu"
    none_word = "value"
    bare = ("model",)

    secure: Setting[bool] = Setting(
        SWITCH,
        "Add the host's mitigations for known CPU vulnerabilities to a named model; default: `on`.",
        match=True,
    )
    model_option = Suboption(
        "model",
        _set_model,
        "`host-passthrough`, `host-model`, `maximum`, a model such as `Skylake-Client`,"
        " or `none` for the hypervisor's default.",
        match=True,
    )
    wanted_model: Setting[str] = Setting(TEXT, "Requested model, if it depends on the host.", name=None)
    model: XmlField[str] = XmlField("./model", TEXT, "Name of the model in mode `custom`.", name=None)
    model_fallback: XmlField[str] = XmlField(
        "./model/@fallback", TEXT, "Use of a less capable model if the host lacks the requested one: `allow`, `forbid`."
    )
    model_vendor_id: XmlField[str] = XmlField(
        "./model/@vendor_id", TEXT, "CPU vendor ID that the guest sees, twelve characters."
    )
    vendor: XmlField[str] = XmlField("./vendor", TEXT, "Required vendor of the host's CPU: `Intel`, `AMD`.")
    mode: XmlField[str] = XmlField("./@mode", TEXT, "CPU mode: `custom`, `host-model`, `host-passthrough`, `maximum`.")
    match: XmlField[str] = XmlField(
        "./@match", TEXT, "How closely the guest's CPU must match the model: `exact`, `minimum`, `strict`."
    )
    check: XmlField[str] = XmlField(
        "./@check",
        TEXT,
        "How libvirt checks that the guest's CPU matches the configuration: `none`, `partial`, `full`.",
    )
    migratable: XmlField[bool] = XmlField(
        "./@migratable", ON_OFF, "Omit features that block migration (mode `host-passthrough`)."
    )
    topology_sockets: XmlField[int] = XmlField("./topology/@sockets", INTEGER, "Number of CPU sockets.")
    topology_dies: XmlField[int] = XmlField("./topology/@dies", INTEGER, "Number of dies per socket.")
    topology_clusters: XmlField[int] = XmlField("./topology/@clusters", INTEGER, "Number of clusters per die.")
    topology_cores: XmlField[int] = XmlField("./topology/@cores", INTEGER, "Number of cores per die or cluster.")
    topology_threads: XmlField[int] = XmlField("./topology/@threads", INTEGER, "Number of threads per core.")
    cache_level: XmlField[int] = XmlField("./cache/@level", INTEGER, "Cache level for `cache.mode`: `3`.")
    cache_mode: XmlField[str] = XmlField(
        "./cache/@mode", TEXT, "Cache information that the guest sees: `emulate`, `passthrough`, `disable`."
    )
    maxphysaddr_mode: XmlField[str] = XmlField(
        "./maxphysaddr/@mode", TEXT, "Width of physical addresses: `emulate` or `passthrough`."
    )
    maxphysaddr_bits: XmlField[int] = XmlField(
        "./maxphysaddr/@bits", INTEGER, "Number of bits in a physical address, with `maxphysaddr.mode=emulate`."
    )
    force_option = Suboption("force", _feature_setter("force"), "Feature that the guest always sees.", repeat=True)
    plus_option = Suboption("+", _feature_setter("force"), "Short form of `force`: `+vmx`.", repeat=True)
    require_option = Suboption(
        "require",
        _feature_setter("require"),
        "Feature that the host must have; otherwise the guest does not start.",
        repeat=True,
    )
    optional_option = Suboption(
        "optional", _feature_setter("optional"), "Feature that the guest sees if the host has it.", repeat=True
    )
    disable_option = Suboption("disable", _feature_setter("disable"), "Feature hidden from the guest.", repeat=True)
    minus_option = Suboption("-", _feature_setter("disable"), "Short form of `disable`: `-vmx`.", repeat=True)
    forbid_option = Suboption(
        "forbid",
        _feature_setter("forbid"),
        "Feature that the host must not have; otherwise the guest does not start.",
        repeat=True,
    )
    features: Children[CpuFeature] = Children("./feature", CpuFeature, prefix=None)
    cells: Children[NumaCell] = Children("./numa/cell", NumaCell, "NUMA nodes of the guest.", prefixes=("cell",))
    latencies: Children[NumaLatency] = Children("./numa/interconnects/latency", NumaLatency, "Latencies between cells.")
    bandwidths: Children[NumaBandwidth] = Children(
        "./numa/interconnects/bandwidth", NumaBandwidth, "Bandwidths between cells."
    )

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """Return the order in which libvirt writes the child elements."""
        return ("./model", "./vendor", "./topology", "./cache", "./maxphysaddr", "./feature", "./numa")

    @classmethod
    def read_word(cls, word: str) -> tuple[str, str] | None:
        """Return the name and value of the sub-option for a feature (`+vmx` or `-vmx`); None for any other word."""
        return (word[0], word[1:]) if word[:1] in ("+", "-") and len(word) > 1 else None

    def set_feature(self, name: str, policy: str) -> None:
        """Set the policy of the CPU feature `name`, which is added if necessary."""
        for feature in self.features:
            if feature.name == name:
                feature.policy = policy
                return
        self.features.append(CpuFeature(policy=policy, name=name))
