"""The domains of a guest: one for the installation, one for the first boot, and the final one.

Each of them is a copy of the composed domain with a few changes. For example, media that only the installation needs
are removed from the final domain.

Source: https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html (SMBIOS serial number)
"""

from __future__ import annotations

from virtinstall.compose.boot_order import boot_first, has_order, set_order
from virtinstall.compose.draft import Draft
from virtinstall.compose.ignition import hand_over
from virtinstall.compose.uploads import path_there
from virtinstall.devices.disk import Disk
from virtinstall.devices.tpm import Tpm
from virtinstall.domain.domain import Domain
from virtinstall.domain.sysinfo import Sysinfo
from virtinstall.plan import BootFile
from virtinstall.units import KIB, MIB

_REMOVABLE = {"cdrom": "cdrom", "floppy": "fd"}
_WITHOUT_SMBIOS = ("ppc64", "ppc64le", "s390x", "riscv32", "riscv64", "loongarch64")


def install_kind(draft: Draft) -> str | None:
    """Return what the guest boots from for its installation; None if there is no installation.

    The result is `kernel`, one of the device classes `cdrom`, `network`, `hd` and `fd`, or `seed`. With `seed`, nothing
    is installed: the guest boots its disk once and reads its seed.
    """
    install = draft.request.install
    cloud_init = None if _keeps_seed(draft) else install.cloud_init
    if install.boot_disk and (cloud_init is not None or install.ignition is not None):
        return "seed"
    boots_once = bool(install.boot_device or draft.boot_files)
    if install.no_install or install.live_cdrom or (install.boot_disk and not boots_once):
        return None
    if draft.boot_files:
        return "kernel"
    if install.boot_device:
        return install.boot_device
    if install.cdrom is not None or draft.install_cdrom is not None:
        return "cdrom"
    if install.pxe:
        return "network"
    if any(option is not None for option in (cloud_init, install.unattended, install.ignition)):
        return "seed"
    return None


def _keeps_seed(draft: Draft) -> bool:
    return any(seed.keep for seed in draft.seeds)


def final_domain(draft: Draft) -> Domain:
    """Return the domain of the finished guest, without the media that only the installation reads.

    If no boot order was requested, the guest usually boots from its first disk.
    """
    domain = draft.domain.clone()
    kind = install_kind(draft)
    if kind is not None:
        _eject_install_media(draft, domain)
    if _keeps_seed(draft):
        _point_to_seed(draft, domain)
    if not draft.platform.is_container and not has_order(domain) and domain.os.kernel is None:
        set_order(domain, _final_order(draft, domain), draft.platform)
    return domain


def _final_order(draft: Draft, domain: Domain) -> list[str]:
    install = draft.request.install
    disks = domain.devices_of(Disk)
    if install.live_cdrom or (install.cdrom is not None and install.no_install):
        kinds = ["cdrom", "hd"]
    elif install_kind(draft) is None and disks and disks[0].device in _REMOVABLE:
        # nothing is installed: the first disk is what the guest is to boot from
        kinds = [_REMOVABLE[disks[0].device], "hd"]
    elif any((disk.device or "disk") in ("disk", "lun") for disk in disks):
        kinds = ["hd"]
    elif any(disk.device == "cdrom" for disk in disks):
        kinds = ["cdrom"]
    elif install.pxe or install.boot_device == "network":
        kinds = ["network"]
    else:
        kinds = ["hd"]
    return kinds


def _eject_install_media(draft: Draft, domain: Domain) -> None:
    """Remove the media that only the installation reads; Windows needs its CD-ROM after the first reboot as well."""
    for position, disk in enumerate(domain.devices_of(Disk)):
        ejected = position in draft.seed_disks or (position == draft.install_cdrom and not draft.os.is_windows)
        if ejected and disk.device == "cdrom":
            disk.eject()
        elif ejected:
            domain.remove(disk)


def install_domain(draft: Draft) -> Domain | None:
    """Return the domain with which the guest boots for its installation, or None if there is no installation."""
    kind = install_kind(draft)
    if kind is None:
        return None
    domain = draft.domain.clone()
    # a list given with --boot is for the finished guest; numbers given at the devices count for both
    by_class = bool(domain.os.boot_devices)
    if by_class and kind != "seed":
        domain.os.set_boot_devices([] if kind == "kernel" else _install_order(kind))
    if kind == "kernel":
        for boot_file in draft.boot_files:
            setattr(domain.os, boot_file.what, _boot_path(draft, boot_file))
        domain.os.cmdline = draft.kernel_arguments or None
    elif kind != "seed" and not has_order(domain):
        set_order(domain, _install_order(kind), draft.platform)
    elif not by_class and kind != "seed":
        boot_first(domain, kind, draft.install_cdrom)
    if draft.request.install.cloud_init is not None:
        _adapt_to_cloud_init(draft, domain)
    hand_over(draft, domain)
    _grow_for_network_install(draft, domain)
    # CoreOS reboots for kernel arguments during its first boot, and then reads its configuration again
    if kind != "seed" or draft.facts.seeds.ignition is None or draft.request.run.noreboot:
        domain.on_reboot = "destroy"
    return domain


def first_boot_domain(draft: Draft) -> Domain | None:
    """Return the domain for the first start of a guest whose disk already contains an operating system.

    The domain differs from the finished guest only in the seed. Therefore, the guest can be rebooted, saved, restored
    and migrated during its first boot like any other guest. The result is None if something is installed, or if the
    guest must be off after its first boot (--noreboot). Previews show the result of `install_domain` instead.
    """
    install = draft.request.install
    if install_kind(draft) != "seed" or install.unattended is not None or draft.request.run.noreboot:
        return None
    domain = draft.domain.clone()
    if install.cloud_init is not None:
        _point_to_seed(draft, domain)
    hand_over(draft, domain)
    disks = domain.devices_of(Disk)
    for position in draft.seed_disks:
        if disks[position].device == "cdrom":
            # the seed is deleted after the start; a guest that is restored has an empty drive
            disks[position].source_startup_policy = "optional"
    if not has_order(domain) and domain.os.kernel is None:
        set_order(domain, _final_order(draft, domain), draft.platform)
    return domain


def _boot_path(draft: Draft, boot_file: BootFile) -> str:
    """Return the path of a boot file on the hypervisor's host, where a path that the user specified may exist."""
    if boot_file.source == boot_file.path and boot_file.path not in draft.facts.storage.local_files:
        return boot_file.path
    return path_there(draft, boot_file.path)


def _adapt_to_cloud_init(draft: Draft, domain: Domain) -> None:
    if draft.default_tpm:
        # as virt-install has it
        for tpm in domain.devices_of(Tpm):
            domain.remove(tpm)
    _point_to_seed(draft, domain)


def _point_to_seed(draft: Draft, domain: Domain) -> None:
    # the serial number enables cloud-init in images that do not search for a seed by default
    if domain.os.smbios_mode is None and draft.platform.arch not in _WITHOUT_SMBIOS:
        domain.os.smbios_mode = "sysinfo"
        domain.sysinfos.append(Sysinfo(type="smbios", system_serial="ds=nocloud"))


def _grow_for_network_install(draft: Draft, domain: Domain) -> None:
    """Add memory for installers that keep their downloads in memory and need more than the installed guest."""
    media = draft.facts.media
    if media is None or media.kernel is None or media.is_iso:
        return
    needed = draft.os.amounts("network_install", draft.platform.arch).ram_bytes
    maximum = domain.memory_kib or 0
    if needed is None or needed <= (domain.current_memory_kib or maximum) * KIB:
        return
    draft.notes.append(
        f"Using --memory {needed // MIB} while {draft.os.short_id} is installed over the network, "
        f"--memory {(domain.current_memory_kib or maximum) // 1024} afterwards"
    )
    domain.current_memory_kib = needed // KIB
    domain.memory_kib = max(maximum, needed // KIB)


def _install_order(kind: str) -> list[str]:
    return [kind] if kind == "hd" else [kind, "hd"]
