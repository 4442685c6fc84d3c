"""Hypervisor features, Hyper-V enlightenments, the clock and power management.

Source: https://libvirt.org/formatdomain.html#hypervisor-features, #time-keeping and
#power-management; https://www.qemu.org/docs/master/system/i386/hyperv.html
"""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.compose.firmware import is_uefi
from virtinstall.devices.filesystem import Filesystem
from virtinstall.domain.clock import Timer
from virtinstall.domain.features import Features

_SPINLOCK_RETRIES = 8191
_HYPERV = (
    "relaxed",
    "vapic",
    "spinlocks",
    "vpindex",
    "runtime",
    "synic",
    "stimer",
    "frequencies",
    "tlbflush",
    "ipi",
    "evmcs",
    "avic",
)

_PREREQUISITES = {
    "synic": ("vpindex",),
    "stimer": ("synic",),
    "tlbflush": ("vpindex",),
    "ipi": ("vpindex",),
    "evmcs": ("vapic",),
}
"""What QEMU requires for an enlightenment. Source: https://www.qemu.org/docs/master/system/i386/hyperv.html"""


def fill_features(draft: Draft) -> None:
    """Enable ACPI, APIC and PAE if the host supports them and the request does not specify them.

    ACPI and APIC also require that the guest's operating system supports them. Windows guests also receive Hyper-V
    enlightenments.
    """
    platform = draft.platform
    features = draft.domain.features
    if platform.is_container:
        alone = platform.virt_type == "lxc" and has_root_filesystem(draft)
        if alone and not Features.privnet.is_decided(features):
            features.privnet = True
        return
    if platform.is_xen_pv:
        return
    offered = platform.guest.features
    if "acpi" in offered and not _acpi_needs_uefi(draft) and not Features.acpi.is_decided(features):
        features.acpi = draft.os.supports_acpi or None
    if "apic" in offered and not Features.apic.is_decided(features):
        features.apic = draft.os.supports_apic or None
    if ("pae" in offered or platform.virt_type == "xen") and not Features.pae.is_decided(features):
        features.pae = True
    if draft.os.is_windows and platform.is_x86 and platform.is_kvm:
        _add_enlightenments(draft)


def _acpi_needs_uefi(draft: Draft) -> bool:
    """Return whether libvirt rejects ACPI for the guest: on ARM without UEFI, unless the user specified firmware."""
    if not draft.platform.arch.startswith(("aarch64", "arm")) or is_uefi(draft) or draft.domain.os.loader is not None:
        return False
    capabilities, machine = draft.facts.domain_capabilities, draft.platform.machine or ""
    if capabilities is None or capabilities.arch != draft.platform.arch:
        return False
    # the capabilities of another board do not describe the firmware of this one
    return (capabilities.machine or "").partition("-")[0] == machine.partition("-")[0]


def has_root_filesystem(draft: Draft) -> bool:
    """Return whether the container has a root file system other than the host's."""
    return any(filesystem.target_dir == "/" for filesystem in draft.domain.devices_of(Filesystem))


def _add_enlightenments(draft: Draft) -> None:
    """Add every enlightenment that the host supports, unless the user specified one."""
    features = draft.domain.features
    offered = draft.domcaps_list("features/hyperv", "features")
    if features.hyperv_mode == "passthrough":
        return
    for name in _HYPERV:
        if name not in offered or not _has_prerequisites(draft, name):
            continue
        attribute = f"hyperv_{name}_state"
        if getattr(features, attribute) is None:
            setattr(features, attribute, True)
            if name == "spinlocks" and features.hyperv_spinlocks_retries is None:
                features.hyperv_spinlocks_retries = _SPINLOCK_RETRIES


def _has_prerequisites(draft: Draft, name: str) -> bool:
    """Return whether everything that an enlightenment depends on is enabled or can be enabled."""
    features, timers = draft.domain.features, list(draft.domain.clock.timers)
    if name == "stimer" and timers and not any(_is_hyperv_clock(timer) for timer in timers):
        return False
    return all(
        getattr(features, f"hyperv_{needed}_state") is not False and _has_prerequisites(draft, needed)
        for needed in _PREREQUISITES.get(name, ())
    )


def _is_hyperv_clock(timer: Timer) -> bool:
    return timer.name == "hypervclock" and timer.present is not False


def fill_vmport(draft: Draft) -> None:
    """Disable the VMware port (vmport) of PC guests that use SPICE, because it breaks the mouse."""
    platform = draft.platform
    features = draft.domain.features
    has_spice = any(graphics.type == "spice" for graphics in draft.graphics())
    if platform.is_x86 and platform.is_hvm and has_spice and features.vmport_state is None:
        if draft.facts.host.is_like_qemu:
            features.vmport_state = False


def fill_clock(draft: Draft) -> None:
    """Set the clock offset that the guest's operating system expects, and add timers that keep its clock accurate."""
    platform = draft.platform
    clock = draft.domain.clock
    if platform.is_container or platform.is_xen_pv:
        return
    if clock.offset is None:
        clock.offset = draft.os.clock_offset or "utc"
    if clock.timers or not platform.is_x86 or not platform.is_qemu:
        return
    for name, values in (
        ("rtc", {"tickpolicy": "catchup"}),
        ("pit", {"tickpolicy": "delay"}),
        ("hpet", {"present": False}),
    ):
        timer = clock.timers.new()
        timer.name = name
        for attribute, value in values.items():
            setattr(timer, attribute, value)
    if draft.os.is_windows and platform.is_kvm:
        timer = clock.timers.new()
        timer.name, timer.present = "hypervclock", True


def fill_pm(draft: Draft) -> None:
    """Disable the sleep states of PC guests, because waking up makes guests hang on many hosts."""
    pm = draft.domain.pm
    if not (draft.platform.is_x86 and draft.platform.is_hvm):
        return
    if not draft.facts.host.is_like_qemu:
        return
    if pm.suspend_to_mem is None:
        pm.suspend_to_mem = False
    if pm.suspend_to_disk is None:
        pm.suspend_to_disk = False
