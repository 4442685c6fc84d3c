"""`--features`: features of the hypervisor, in addition to those of the CPU.

Source: https://libvirt.org/formatdomain.html#hypervisor-features; the schema (domaincommon.rng, `features`) shows which
are merely present and which have a state.
"""

from __future__ import annotations

from virtinstall.domain.section import Section
from virtinstall.xml.field import XmlField
from virtinstall.xml.kinds import INTEGER, ON_OFF, PRESENT, TEXT


def _present(name: str, doc: str) -> XmlField[bool]:
    return XmlField(f"./{name}", PRESENT, doc)


def _state(path: str, doc: str, *aliases: str) -> XmlField[bool]:
    return XmlField(f"./{path}/@state", ON_OFF, doc, aliases=aliases)


class Features(Section):
    """<features>: ACPI, APIC, Hyper-V enlightenments, and KVM and firmware features."""

    tag = "features"

    acpi: XmlField[bool] = _present("acpi", "ACPI, for power management; required for a graceful shutdown.")
    apic: XmlField[bool] = _present("apic", "APIC, the interrupt controller; required for several CPUs.")
    pae: XmlField[bool] = _present("pae", "Physical address extension of 32-bit guests.")
    privnet: XmlField[bool] = _present("privnet", "Separate network namespace for a container.")
    hap: XmlField[bool] = _present("hap", "Hardware-assisted paging (Xen).")
    viridian: XmlField[bool] = _present("viridian", "Hyper-V enlightenments on Xen.")
    apic_eoi: XmlField[bool] = XmlField(
        "./apic/@eoi", ON_OFF, "Paravirtualized end of interrupt for the guest.", aliases=("eoi",)
    )
    pmu_state: XmlField[bool] = _state("pmu", "Performance monitoring unit of the CPU.", "pmu")
    hyperv_mode: XmlField[str] = XmlField(
        "./hyperv/@mode", TEXT, "`passthrough` for all enlightenments that the host supports, otherwise `custom`."
    )
    hyperv_relaxed_state: XmlField[bool] = _state(
        "hyperv/relaxed", "Hyper-V: relaxed timing; a late timer does not cause a crash.", "hyperv_relaxed"
    )
    hyperv_vapic_state: XmlField[bool] = _state("hyperv/vapic", "Hyper-V: virtual APIC.", "hyperv_vapic")
    hyperv_spinlocks_state: XmlField[bool] = _state(
        "hyperv/spinlocks", "Hyper-V: spinlocks that yield the CPU.", "hyperv_spinlocks"
    )
    hyperv_spinlocks_retries: XmlField[int] = XmlField(
        "./hyperv/spinlocks/@retries",
        INTEGER,
        "Hyper-V: number of attempts until a spinlock yields the CPU, at least 4095.",
        aliases=("hyperv_spinlocks_retries",),
    )
    hyperv_vpindex_state: XmlField[bool] = _state("hyperv/vpindex", "Hyper-V: virtual processor index.")
    hyperv_runtime_state: XmlField[bool] = _state("hyperv/runtime", "Hyper-V: time spent in guest and hypervisor.")
    hyperv_synic_state: XmlField[bool] = _state(
        "hyperv/synic", "Hyper-V: synthetic interrupt controller.", "hyperv_synic"
    )
    hyperv_stimer_state: XmlField[bool] = _state("hyperv/stimer", "Hyper-V: synthetic timers.")
    hyperv_stimer_direct_state: XmlField[bool] = _state(
        "hyperv/stimer/direct", "Hyper-V: timers that interrupt directly."
    )
    hyperv_reset_state: XmlField[bool] = _state("hyperv/reset", "Hyper-V: reset by the hypervisor.", "hyperv_reset")
    hyperv_vendor_id_state: XmlField[bool] = _state("hyperv/vendor_id", "Hyper-V: custom vendor ID.")
    hyperv_vendor_id_value: XmlField[str] = XmlField(
        "./hyperv/vendor_id/@value", TEXT, "Hyper-V: the custom vendor ID, up to twelve characters."
    )
    hyperv_frequencies_state: XmlField[bool] = _state("hyperv/frequencies", "Hyper-V: frequency registers.")
    hyperv_reenlightenment_state: XmlField[bool] = _state(
        "hyperv/reenlightenment", "Hyper-V: notification after a migration."
    )
    hyperv_tlbflush_state: XmlField[bool] = _state("hyperv/tlbflush", "Hyper-V: TLB flush by the hypervisor.")
    hyperv_tlbflush_direct_state: XmlField[bool] = _state(
        "hyperv/tlbflush/direct", "Hyper-V: TLB flush for nested guests."
    )
    hyperv_tlbflush_extended_state: XmlField[bool] = _state(
        "hyperv/tlbflush/extended", "Hyper-V: flush of parts of the TLB."
    )
    hyperv_ipi_state: XmlField[bool] = _state("hyperv/ipi", "Hyper-V: interrupts between processors.")
    hyperv_evmcs_state: XmlField[bool] = _state("hyperv/evmcs", "Hyper-V: enlightened VMCS (Intel, nested guests).")
    hyperv_avic_state: XmlField[bool] = _state(
        "hyperv/avic", "Hyper-V: compatibility with hardware APIC virtualization (AVIC)."
    )
    hyperv_xmm_input_state: XmlField[bool] = _state("hyperv/xmm_input", "Hyper-V: hypercall input in XMM registers.")
    hyperv_emsr_bitmap_state: XmlField[bool] = _state("hyperv/emsr_bitmap", "Hyper-V: enlightened MSR bitmap.")
    vmport_state: XmlField[bool] = _state("vmport", "VMware's I/O port, which drivers of VMware's mouse use.", "vmport")
    kvm_hidden_state: XmlField[bool] = _state("kvm/hidden", "Hide KVM from the guest.", "kvm_hidden")
    kvm_hint_dedicated_state: XmlField[bool] = _state(
        "kvm/hint-dedicated", "Hint to the guest that its CPUs are dedicated."
    )
    kvm_poll_control_state: XmlField[bool] = _state("kvm/poll-control", "Let the guest poll before it halts.")
    kvm_pv_ipi_state: XmlField[bool] = _state("kvm/pv-ipi", "Paravirtualized interrupts between processors.")
    pvspinlock_state: XmlField[bool] = _state("pvspinlock", "Paravirtualized spinlocks.")
    gic_version: XmlField[str] = XmlField(
        "./gic/@version",
        TEXT,
        "Version of ARM's interrupt controller: `2`, `3`, `host`.",
        aliases=("gic_version",),
    )
    smm_state: XmlField[bool] = _state("smm", "System management mode, which Secure Boot requires.", "smm")
    vmcoreinfo_state: XmlField[bool] = _state(
        "vmcoreinfo", "Let the guest store details for memory dumps.", "vmcoreinfo"
    )
    ioapic_driver: XmlField[str] = XmlField("./ioapic/@driver", TEXT, "Implementation of the I/O APIC: `kvm`, `qemu`.")
    msrs_unknown: XmlField[str] = XmlField(
        "./msrs/@unknown", TEXT, "Action on access to an unknown MSR: `ignore`, `fault`."
    )

    @classmethod
    def child_order(cls) -> tuple[str, ...]:
        """Return the order in which libvirt writes the child elements."""
        return tuple(f"./{tag}" for tag in _CHILDREN)


_CHILDREN = (
    "acpi",
    "apic",
    "pae",
    "hap",
    "viridian",
    "privnet",
    "hyperv",
    "kvm",
    "xen",
    "pvspinlock",
    "pmu",
    "vmport",
    "gic",
    "smm",
    "ioapic",
    "vmcoreinfo",
    "msrs",
)
