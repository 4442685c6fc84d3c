"""The treatment of each option: mapped, refused with a reason, or without effect with a reason.

The mapping is in the other modules; values that they do not use are refused with the reason in this table. A test
compares the table with the declared options and with what the mapping does, so that no option can be forgotten.

Patterns are those of fnmatch, over names without numbers (`source.host.name`).

Source: https://kubevirt.io/api-reference/ (VirtualMachineInstanceSpec), https://kubevirt.io/user-guide/
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from virtinstall.kubevirt.device_table import DEVICE_REASONS
from virtinstall.kubevirt.reasons import DISPLAY, HOST_FILE, LABEL, NO_FIELD, NODE, NUMA, PLACING

_SMBIOS = "this value is set in KubeVirt's configuration (smbios)"

WHOLE: Mapping[str, str] = {
    "xml": "the manifest is derived from the options, not from libvirt's XML",
    "idmap": "KubeVirt does not run libvirt containers",
    "seclabel": LABEL,
    "keywrap": NO_FIELD,
    "memtune": PLACING,
    "blkiotune": PLACING,
    "resource": PLACING,
    "pm": "KubeVirt has no field for suspend modes",
    "qemu-commandline": "KubeVirt does not pass raw arguments to QEMU; a hook sidecar can change the XML",
    "qemu-override": "KubeVirt does not pass raw settings to QEMU; a hook sidecar can change the XML",
    "qemu-capabilities": "KubeVirt does not pass raw settings to QEMU; a hook sidecar can change the XML",
    "qemu-deprecation": "KubeVirt does not pass raw settings to QEMU; a hook sidecar can change the XML",
    "lxc-namespace": "KubeVirt does not run libvirt containers",
    "bhyve-commandline": "KubeVirt runs guests with KVM only",
    "xen-commandline": "KubeVirt runs guests with KVM only",
    "throttle": "use a storage class with I/O limits",
    "perf": "performance events are counted on a single host",
    "iommufd": NO_FIELD,
    "location": "KubeVirt does not boot the kernel of an install tree; use --cdrom URL or --image",
    "extra-args": "KubeVirt does not boot an install kernel; use --cdrom URL, or --image with --cloud-init",
    "initrd-inject": "KubeVirt does not boot an install initrd; use --image with --cloud-init",
    "reinstall": "this option reinstalls an existing guest on a libvirt host",
    "hostdev": "use --kubevirt-device RESOURCE, which requests a device by the name of its resource",
    "controller": "KubeVirt adds the controllers that the devices need",
    "smartcard": NO_FIELD,
    "parallel": NO_FIELD,
    "audio": DISPLAY,
    "shmem": NO_FIELD,
    "memdev": "use --memory maxMemory=, which limits the memory that KubeVirt can hot-plug",
    "crypto": NO_FIELD,
    "iommu": NO_FIELD,
    "pstore": NO_FIELD,
    "lease": NO_FIELD,
    "hub": NO_FIELD,
    "nvram": NO_FIELD,
    "redirfilter": NO_FIELD,
    "paravirt": "KubeVirt runs guests with KVM only",
    "container": "KubeVirt runs virtual machines; use a Deployment for a container",
    "transient": "a VirtualMachine is always defined; use --kubevirt-run-strategy Once",
}
"""Options that have no sub-option that can be expressed."""

IGNORED: Mapping[str, str] = {
    "connect": "it selects a host",
    "check": "the checks are about a host",
    "destroy-on-exit": "there is no console to close",
    "wait": "nothing is run",
    "finish": "it is another action",
    "output": "it selects the manifest",
    "wait-for": "nothing is run",
    "timeout": "nothing is run",
    "autoconsole": "nothing is run",
    "noautoconsole": "nothing is run",
    "print-xml": "the manifest is printed instead",
    "dry-run": "nothing is changed anyway",
    "quiet": "it is about messages",
    "debug": "it is about messages",
    "hvm": "KubeVirt runs nothing else",
    "kubevirt-drop": "it belongs to the manifest",
    "disk.format": "the storage class defines how a volume is stored",
    "disk.driver.type": "the storage class defines how a volume is stored",
    "disk.driver.name": "KubeVirt uses QEMU's block layer",
    "disk.image.refresh": "the importer downloads the image",
    "disk.type": "it is the kind of the source",
    "cloud-init.keep": "the seed always stays with the guest",
    "osinfo.detect": "the name is used as it is",
    "osinfo.require": "it is checked before",
    "install.no_install": "the guest boots as configured",
    "launchSecurity.cbitpos": "it is read from the node",
    "launchSecurity.reducedPhysBits": "it is read from the node",
}
"""Options and sub-options without an effect on the manifest."""

REFUSED: Mapping[str, Mapping[str, str]] = {
    **DEVICE_REASONS,
    "memory": {"maxMemory.slots": "KubeVirt hot-plugs memory without slots"},
    "cpu": {
        "secure": "the node's CPU determines the mitigations; omit secure=",
        "model.fallback": NO_FIELD,
        "model.vendor_id": NO_FIELD,
        "vendor": NO_FIELD,
        "match": "KubeVirt starts the guest only on nodes with the CPU model",
        "check": NO_FIELD,
        "migratable": "KubeVirt decides which CPU features are migratable",
        "topology.dies": "KubeVirt supports sockets, cores and threads only",
        "topology.clusters": "KubeVirt supports sockets, cores and threads only",
        "cache.*": NO_FIELD,
        "maxphysaddr.*": NO_FIELD,
        "numa.*": NUMA,
    },
    "vcpus": {
        "dies": "KubeVirt supports sockets, cores and threads only",
        "vcpu.cpuset": "KubeVirt chooses the CPUs; use cpuset=auto",
        "vcpus.*": "KubeVirt hot-plugs whole sockets; use maxvcpus=",
    },
    "metadata": {
        "hwuuid": "use --metadata uuid=, which sets the firmware UUID",
        "genid": NO_FIELD,
        "genid_enable": NO_FIELD,
    },
    "unattended": {
        "reg-login": "Windows does not have a registration login",
    },
    "install": {
        "kernel": "use a kernel from a container image: --boot kernel=docker://IMAGE#/PATH",
        "initrd": "use an initrd from a container image: --boot initrd=docker://IMAGE#/PATH",
        "kernel_args": "KubeVirt does not boot an install kernel",
        "kernel_args_overwrite": "KubeVirt does not boot an install kernel",
        "os": "KubeVirt does not boot the kernel of an install tree; use --cdrom URL or --image",
    },
    "cloud-init": {"meta-data": "KubeVirt generates the meta-data, that is, the instance ID and the host name"},
    "boot": {
        "refresh-machine-type": "this sub-option changes an existing guest",
        "os_type": "KubeVirt runs guests with KVM only",
        "bootloader*": "KubeVirt does not run a boot loader on the host",
        "domain_type": "KubeVirt runs guests with KVM only",
        "type": "KubeVirt runs guests with KVM only",
        "emulator": "KubeVirt uses the QEMU of its container image",
        "loader": HOST_FILE,
        "loader.readonly": HOST_FILE,
        "loader.type": HOST_FILE,
        "nvram": HOST_FILE,
        "nvram.*": HOST_FILE,
        "bootmenu.*": NO_FIELD,
        "bios.rebootTimeout": NO_FIELD,
        "dtb": HOST_FILE,
        "acpi.*": HOST_FILE,
        "init*": "KubeVirt does not run libvirt containers",
    },
    "iothreads": {
        "iothreadids.*": "KubeVirt numbers the threads itself",
        "defaultiothread.*": NO_FIELD,
    },
    "cputune": {
        "shares": PLACING,
        "period": PLACING,
        "quota": PLACING,
        "global_*": PLACING,
        "emulator_*": PLACING,
        "iothread_*": PLACING,
        "iothreadpin.*": "KubeVirt pins vCPUs and the emulator only",
        "emulatorsched.*": "KubeVirt schedules vCPUs only",
        "iothreadsched.*": "KubeVirt schedules vCPUs only",
        "cachetune.*": NO_FIELD,
        "memorytune.*": NO_FIELD,
    },
    "numatune": {
        "memory.nodeset": NUMA,
        "memory.mode": NUMA,
        "memnode.*": NUMA,
    },
    "memorybacking": {
        "hugepages.page.nodeset": "KubeVirt uses one page size for the whole guest",
        "nosharepages": NODE,
        "locked": "KubeVirt locks memory where a device needs it",
        "access.mode": "KubeVirt shares memory where a device needs it",
        "source.type": "KubeVirt chooses the memory backend",
        "discard": NO_FIELD,
        "allocation.*": NO_FIELD,
    },
    "features": {
        "pae": NO_FIELD,
        "privnet": "KubeVirt does not run libvirt containers",
        "hap": "KubeVirt runs guests with KVM only",
        "viridian": "KubeVirt runs guests with KVM only",
        "pmu.state": NO_FIELD,
        "hyperv.avic.state": NO_FIELD,
        "hyperv.xmm_input.state": NO_FIELD,
        "hyperv.emsr_bitmap.state": NO_FIELD,
        "vmport.state": NO_FIELD,
        "kvm.hint-dedicated.state": NO_FIELD,
        "kvm.poll-control.state": NO_FIELD,
        "kvm.pv-ipi.state": NO_FIELD,
        "gic.version": NO_FIELD,
        "vmcoreinfo.state": NO_FIELD,
        "ioapic.driver": NO_FIELD,
        "msrs.unknown": NO_FIELD,
    },
    "clock": {
        "platform_present": "use the timers hpet, kvmclock, pit, rtc or hypervclock",
        "tsc_present": "use the timers hpet, kvmclock, pit, rtc or hypervclock",
        "timer.mode": NO_FIELD,
        "timer.frequency": NO_FIELD,
        "timer.catchup.*": NO_FIELD,
    },
    "events": {"on_lockfailure": "KubeVirt uses no lock manager"},
    "sysinfo": {
        "bios.*": NO_FIELD,
        "system.manufacturer": _SMBIOS,
        "system.product": _SMBIOS,
        "system.version": _SMBIOS,
        "system.sku": _SMBIOS,
        "system.family": _SMBIOS,
        "baseBoard.*": NO_FIELD,
        "oemStrings.*": NO_FIELD,
        "entry*": NO_FIELD,
    },
    "launchSecurity": {
        "guestVisibleWorkarounds": NO_FIELD,
        "idBlock": NO_FIELD,
        "idAuth": NO_FIELD,
        "hostData": NO_FIELD,
        "kernelHashes": NO_FIELD,
        "authorKey": NO_FIELD,
        "vcek": NO_FIELD,
        "mrConfigId": NO_FIELD,
        "mrOwner": NO_FIELD,
        "mrOwnerConfig": NO_FIELD,
        "quoteGeneration*": NO_FIELD,
    },
}
"""Reasons by option and sub-option."""


def reason(option: str, name: str) -> str:
    """Return the reason why KubeVirt does not support a sub-option.

    `option` is the option without dashes, and `name` the name of the sub-option without numbers.
    """
    if option in WHOLE:
        return WHOLE[option]
    return declared_reason(option, name) or NO_FIELD


def declared_reason(option: str, name: str) -> str | None:
    """Return the reason in the table why KubeVirt does not support a sub-option; None if the table has no reason.

    The parameters are the same as for `reason`.
    """
    rows = REFUSED.get(option, {})
    found = rows.get(name)
    return found or next((text for pattern, text in rows.items() if fnmatchcase(name, pattern)), None)
