"""Ignition: the file with the guest's configuration, which exists only during the first boot.

QEMU reads the file when it starts, so a guest that reboots during its first boot, as CoreOS does to change kernel
arguments, still finds the configuration. To restore or migrate the guest during its first boot, QEMU needs a file of
the same name again.

Source: https://coreos.github.io/ignition/supported-platforms/ (QEMU: fw_cfg `opt/com.coreos/config`, a virtio block
device with serial `ignition` where there is no fw_cfg); https://libvirt.org/formatdomain.html#smbios-system-information
"""

from __future__ import annotations

from virtinstall.compose.draft import Draft
from virtinstall.compose.seeds import first_boot_path
from virtinstall.compose.sysinfo import resolve_sysinfo
from virtinstall.compose.uploads import path_there
from virtinstall.devices.disk import Disk
from virtinstall.domain.domain import Domain
from virtinstall.domain.sysinfo import FwCfgEntry, Sysinfo
from virtinstall.errors import RequestError
from virtinstall.plan import SeedFile

FW_CFG_NAME = "opt/com.coreos/config"
_SERIAL = "ignition"
_PC = ("x86_64", "i686")
_VIRT_BOARDS = ("aarch64", "armv7l", "riscv64", "riscv32", "loongarch64")


def add_ignition(draft: Draft) -> None:
    """Plan the file with the requested Ignition configuration; attach the file as a disk if there is no fw_cfg.

    Raises: RequestError, if the hypervisor is not QEMU.
    """
    content = draft.facts.seeds.ignition
    if content is None:
        return
    if not draft.platform.is_like_qemu:
        raise RequestError(
            f"--ignition: {draft.platform.virt_type} does not support passing an Ignition configuration",
            hint="use QEMU: --virt-type kvm or --virt-type qemu",
        )
    path = _path(draft)
    files = (("config.ign", content),)
    draft.seeds.append(SeedFile(path=path, label=_SERIAL, files=files, bare=True, placeholder=True))
    if _has_fw_cfg(draft):
        return
    draft.seed_disks.append(len(draft.domain.devices_of(Disk)))
    draft.domain.add(
        Disk(
            device="disk",
            type="file",
            source_file=path_there(draft, path),
            driver_type="raw",
            target_bus="virtio",
            serial=_SERIAL,
            readonly=True,
        )
    )


def hand_over(draft: Draft, domain: Domain) -> None:
    """Add the Ignition configuration to `domain`, the domain for the first boot, if the machine has fw_cfg."""
    if draft.facts.seeds.ignition is None or not _has_fw_cfg(draft):
        return
    block = Sysinfo(type="fwcfg")
    block.entries.append(FwCfgEntry(name=FW_CFG_NAME, file=path_there(draft, _path(draft))))
    domain.sysinfos.append(block)
    resolve_sysinfo(domain)


def _path(draft: Draft) -> str:
    return first_boot_path(draft, "config.ign")


def _has_fw_cfg(draft: Draft) -> bool:
    """Return whether the machine has fw_cfg: every PC does, and the `virt` boards of other architectures."""
    machine = draft.platform.machine or draft.domain.os.type_machine or ""
    if draft.platform.arch in _PC:
        return True
    return draft.platform.arch in _VIRT_BOARDS and machine.partition("-")[0] == "virt"
